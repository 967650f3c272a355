"""Pictures of the readouts: points are trained models, lines the closed form at the same points."""

from pathlib import Path

from workbench.picture import Panel, Picture
from workbench.records import Record, grouped, number, numbers
from workbench.style import fraction_colours

CURVE = 3  # sizes of a curve, at least


def draw(rows: list[Record], folder: Path, suffixes: list[str]) -> list[Path]:
    """Draw the readouts of whole stories; the pictures' paths."""
    if not any(row["rows"] == "stories" for row in rows):
        return []
    picture = readouts if len({row["stories"] for row in rows}) > 1 else widths
    picture(rows).save(folder, "readouts", suffixes)
    return [folder / f"readouts.{suffix}" for suffix in suffixes]


def readouts(rows: list[Record]) -> Picture:
    """Error and collapse against the number of tokens, a column for each corpus, a colour for each p_2."""
    rows = [row for row in rows if row["rows"] == "stories"]
    groups = _shown(rows)
    rows = [row for group in groups for row in group]
    titles = [f"{group[0]['study']}, m = {group[0]['width']}" for group in groups]
    names, count = ("error above the best readout's", "collapse"), len(groups)
    picture = Picture(
        [f"{title}: {name}" for name in ("error", "collapse") for title in titles],
        x=[*[""] * count, *["training tokens n"] * count],
        y=[label for name in names for label in (name, *[""] * (count - 1))],
        rows=2,
        legend="p₂",
    )
    for panel, title in zip(picture.panels, [*titles, *[""] * count], strict=True):
        panel.axes.set_title(title)
    for column, group in enumerate(groups):
        curves = sorted(grouped(group, "p2"), key=lambda curve: number(curve[0], "p2"))
        colours = fraction_colours([number(curve[0], "p2") for curve in curves])
        above, below = picture.panels[column::count]
        for colour, curve in zip(colours, curves, strict=True):
            _curve(above, curve, "error", colour)
            if curve[0]["p2"]:
                _curve(below, curve, "collapse", colour)
                for panel, level in ((above, "plateau"), (below, "plateau_collapse")):
                    panel.level(number(curve[0], level), color=f"C{colour}", linewidth=0.7)
    limits = numbers(rows, "plateau_collapse")
    if (limits > 0).any():  # the axis, one for all corpora, is logarithmic
        below.axes.set_ylim(bottom=limits[limits > 0].min() / 5)
    picture.caption = _caption(rows)
    return picture


def widths(rows: list[Record]) -> Picture:
    """Error and collapse at one n against the number of features, a row for each corpus."""
    studies = grouped([row for row in rows if row["rows"] == "stories"], "study")
    names = ("error above the best readout's", "collapse")
    picture = Picture(
        [f"{group[0]['study']}: {name}" for group in studies for name in ("error", "collapse")],
        x="features m",
        y=[*names] * len(studies),
        rows=len(studies),
        legend="p₂",
    )
    for row, group in enumerate(studies):
        curves = sorted(grouped(group, "p2"), key=lambda curve: number(curve[0], "p2"))
        colours = fraction_colours([number(curve[0], "p2") for curve in curves])
        left, right = picture.panels[2 * row : 2 * row + 2]
        for colour, curve in zip(colours, curves, strict=True):
            curve = sorted(curve, key=lambda row: number(row, "width"))
            _curve(left, curve, "error", colour, "width")
            if curve[0]["p2"]:
                _curve(right, curve, "collapse", colour, "width")
                for panel, name in ((left, "plateau"), (right, "plateau_collapse")):
                    at, level = numbers(curve, "width"), numbers(curve, name)
                    panel.guide(at, level, color=f"C{colour}", linestyle=":")
    chosen = [row for group in studies for row in group]
    tokens = numbers(chosen, "tokens").mean()
    picture.caption = f"Readouts of {tokens:.2g} tokens. {_caption(chosen)}"
    return picture


def _curve(panel: Panel, curve: list[Record], name: str, colour: int, against: str = "tokens") -> None:
    at, label = numbers(curve, against), f"{curve[0]['p2']:g}"
    predicted = numbers(curve, f"predicted_{name}")
    expected = predicted if name == "error" else None  # the collapse is a difference of two errors
    panel.points(
        at, numbers(curve, name), numbers(curve, f"{name}_stderr"), expected, None, label, colour
    )
    panel.line(at, predicted, label, colour)


def _shown(rows: list[Record]) -> list[list[Record]]:
    """The rows of each corpus and width, where there are sizes enough for a curve if any has them."""
    groups = grouped(rows, "study", "width")
    sizes = [len(grouped(group, "stories")) for group in groups]
    return [group for group, count in zip(groups, sizes, strict=True) if count >= min(CURVE, max(sizes))]


def _caption(rows: list[Record]) -> str:
    row = rows[0]
    qualities = ", ".join(f"{group[0]['c2']:.2g}" for group in grouped(rows, "study", "width"))
    files = {
        str(row["corpus"]).split(" ")[0].rpartition("-")[0] for row in rows if row["study"] == "text"
    }
    text = f" Text: stories of {files.pop()}" if files else ""
    law = "whose law is that of drawing them with replacement"
    if "order" in row:
        features = f"m random ReLU features of the last {row['order']} tokens"
        laws = f"{text}, {law}." if text else ""
    else:
        features = (
            "the last hidden states of a frozen GPT-2, or m random ReLU features of them; it had learnt from "
            f"at most {row['reader_stories']} other stories"
        )
        laws = f"{text or ' Stories of the grammar'}, {law}."
    return (
        f"Next-token ridge regression on {features}, λ = {row['ridge']:g}; a part p₂ of the stories was "
        f"written by a GPT-2 that had learnt from {row['author_stories']} real ones (temperature {row['temperature']:g}; c² = {qualities} from left to "
        f"right).{laws} Points: mean over {row['seeds']} draws of whole stories, bars: standard error. Lines: closed form of two sources with covariances of "
        "their own, which knows the laws of the stories and no trained readout. Dotted: its limit for endless stories. Collapse: error less that of as "
        "many real stories."
    )
