"""The modules of the explorer at work: in the committed page in Chromium, or else in Node."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from figures.explorer.page import bundle

PAGE = Path(__file__).parents[3] / "docs" / "explorer" / "index.html"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM = ("--headless", "--no-sandbox", "--disable-gpu", "--dump-dom")
# Those that need no page.
MODULES = ("spectrum", "root", "theory", "state", "text", "curves", "python")
NAMES = "{ curves, fromHash, plateau, powerLaw, problemAt, python, risk, toHash }"
SECONDS = 60
WRITE = '(_, x) => typeof x === "number" && !Number.isFinite(x) ? String(x) : x'


def evaluate(script: str, data: Any, folder: Path) -> Any:
    """What the JavaScript function `script` of (explorer, data) returns.

    In Chromium it runs in the committed page, `explorer` being what that gives to the console.  Numbers
    that JSON does not have come as the texts "Infinity" and "NaN", which `float` reads.
    """
    call = f"({script})(globalThis.explorer, {json.dumps(data)})"
    if browser := chromium():
        answer = f"document.documentElement.textContent = JSON.stringify({call}, {WRITE});"
        page = PAGE.read_text(encoding="utf-8") + f'<script type="module">{answer}</script>'
        path = folder / "check.html"
        path.write_text(page, encoding="utf-8")
        text = (
            content(browser, path.as_uri(), folder)
            .partition("<html")[2]
            .partition(">")[2]
            .rpartition("</html>")[0]
        )
        for sign, entity in (("<", "&lt;"), (">", "&gt;"), ("&", "&amp;")):
            text = text.replace(entity, sign)
    elif shutil.which("node"):
        path = folder / "check.mjs"
        lines = [
            bundle(MODULES),
            f"globalThis.explorer = {NAMES};",
            f"console.log(JSON.stringify({call}, {WRITE}));",
        ]
        path.write_text("\n".join(lines), encoding="utf-8")
        text = _output(["node", str(path)])
    else:
        pytest.skip("neither Chromium nor Node is installed")
    return json.loads(text)


def chromium() -> str | None:
    """The path of a Chromium, if there is one."""
    return next((path for name in BROWSERS if (path := shutil.which(name))), None)


def content(browser: str, address: str, folder: Path) -> str:
    """The HTML of a page as it is after three seconds of its own time."""
    profile = f"--user-data-dir={folder / 'profile'}"
    return _output([browser, *CHROMIUM, "--virtual-time-budget=3000", profile, address])


def _output(command: list[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout
