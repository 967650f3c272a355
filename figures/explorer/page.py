"""The explorer as one HTML file: modules, library, style and data inlined, so that it works without a server."""

import json
import re
from pathlib import Path
from typing import Any

from figures.explorer.presets import PRESETS, Preset
from figures.explorer.sentences import TEXTS
from workbench.fingerprint import fingerprint
from workbench.style import COLOURS

FOLDER = Path(__file__).parent
WEB, POINTS = FOLDER / "web", FOLDER / "points.json"
# Each after those that it imports.
MODULES = (
    "spectrum",
    "root",
    "theory",
    "state",
    "text",
    "curves",
    "python",
    "marks",
    "chart",
    "controls",
    "page",
)
IMPORT = re.compile(r'^import .*? from "\./(\w+)\.js";\n', re.MULTILINE)
EXPORT = re.compile(r"^export ", re.MULTILINE)


def page() -> str:
    """The explorer, from its sources and the committed points."""
    content = json.loads(POINTS.read_text(encoding="utf-8"))
    parts = {
        "style": _coloured(_read("vendor/uPlot.min.css") + _read("style.css")).strip(),
        "library": f"/*\n{_read('vendor/LICENSE')}*/\n{_read('vendor/uPlot.iife.min.js')}".strip(),
        "modules": bundle(MODULES).strip(),
        "data": _data(content["points"]),
        "seeds": str(content["seeds"]),
        "code": content["code"],
        "outdated": "" if content["code"] == code() else ", which has changed since",
    }
    # In one pass: nothing that is put in is read as a place for something else.
    return re.sub(r"\{\{(\w+)\}\}", lambda match: parts[match[1]], _read("index.html"))


def code() -> str:
    """The fingerprint of the code that computes the points."""
    return fingerprint("figures.explorer.points")


def bundle(modules: tuple[str, ...]) -> str:
    """Modules as one, each in the scope of all: their names at the top level are different.

    Raises ValueError where a module comes before one that it imports.
    """
    texts: list[str] = []
    for position, name in enumerate(modules):
        source = _read(f"{name}.js")
        for imported in IMPORT.findall(source):
            if imported not in modules[:position]:
                raise ValueError(f"modules = {modules}: expected {imported} before {name}")
        texts.append(f"// {name}.js\n" + EXPORT.sub("", IMPORT.sub("", source)).strip())
    return "\n\n".join(texts) + "\n"


def _data(points: dict[str, Any]) -> str:
    presets = []
    for preset in PRESETS:
        title, sentence = TEXTS[preset.name]
        measured = {key: points[preset.name][key] for key in ("x", "mean", "stderr")}
        presets.append(
            {
                "name": preset.name,
                "title": title,
                "sentence": sentence,
                "state": state_of(preset),
                "points": measured,
            }
        )
    text = json.dumps({"presets": presets}, ensure_ascii=False, separators=(",", ":"))
    return text.replace("</", "<\\/")  # nothing in it ends the script


def state_of(preset: Preset) -> dict[str, Any]:
    """The state of the page that shows this preset."""
    fields = ("n", "p", "quality", "noise", "ridge", "width", "d", "exponent", "weight")
    low, high = preset.ends
    state: dict[str, Any] = {field: getattr(preset, field) for field in fields}
    state |= {preset.axis: preset.place, "axis": preset.axis, "low": low, "high": high}
    return state | {"stacked": preset.stacked}


def _coloured(style: str) -> str:
    return re.sub(r"\{\{C(\d)\}\}", lambda match: COLOURS[int(match[1])], style)


def _read(name: str) -> str:
    return (WEB / name).read_text(encoding="utf-8")
