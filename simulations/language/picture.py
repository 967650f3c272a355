"""Pictures of the three studies: points are means over seeds, bars their standard errors."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from simulations.language.summary import Point, curves, error_name, law
from workbench.picture import Panel, Picture
from workbench.records import Record, Value, as_text, grouped, number, numbers
from workbench.style import fraction_colours

STROKES = ("-", "--", ":", "-.")  # of curves of one fraction
LINEAR_BELOW = 0.001  # nats a token, where collapses of both signs are drawn


def draw(rows: list[Record], folder: Path, suffixes: list[str]) -> list[Path]:
    """Draw the studies that are among the rows; the pictures' paths."""
    paths = []
    for study, picture in PICTURES.items():
        chosen = [row for row in rows if row["study"] == study]
        if any(row["p2"] for row in chosen):
            picture(chosen).save(folder, study, suffixes)
            paths += [folder / f"{study}.{suffix}" for suffix in suffixes]
    return paths


def scaling(rows: list[Record]) -> Picture:
    """Error and collapse against the number of stories, a colour a fraction."""
    picture = _beside(rows, "training stories n", "p₂")
    lines = curves(rows)
    colours = fraction_colours([curve[0].fraction for curve in lines])
    for colour, curve in zip(colours, lines, strict=True):
        _curve(picture, curve, [point.n for point in curve], _name(curve, lines), colour)
        if curve[0].limit > LINEAR_BELOW / 20:
            picture.panels[1].level(curve[0].limit, color=f"C{colour % 8}")
    clean = [curve for curve in lines if not curve[0].fraction]
    fitted = len(clean) == 1 and _law(picture.panels[0], clean[0])
    mixed = [row for row in rows if row["p2"]]
    if len(grouped(mixed, *KINDS)) == 1:
        seeds = {row["seed"]: row for row in mixed}.values()
        picture.panels[0].level(float(numbers(seeds, f"generator_{error_name(rows)}").mean()))
    picture.caption = (
        f"{_models(rows)} Dotted, left: the generators' own {_error(rows)}; right: the limit of "
        "the collapse for endless stories and a learner without bounds, known from the generators' and the grammar's "
        f"probabilities of real stories.{' Dashed: the law A n^-α + plateau fitted to p₂ = 0.' if fitted else ''} "
        f"{_collapse(rows)}"
    )
    return picture


def size(rows: list[Record]) -> Picture:
    """Error and collapse against the number of parameters, a colour a fraction, a stroke a size of the data."""
    picture = _beside(rows, "parameters [thousands]", "")
    kinds: dict[str, list[Point]] = {}
    depths = {row["depth"] for row in rows}
    for curve in curves(rows):
        for point in curve:
            name = f"n = {point.n}, p₂ = {point.fraction:g}"
            if len(depths) > 1:
                name += f", depth {point.row['depth']}"
            kinds.setdefault(name, []).append(point)
    fractions = sorted({points[0].fraction for points in kinds.values()})
    colours, drawn = dict(zip(fractions, fraction_colours(fractions), strict=True)), Counter[float]()
    for name, points in kinds.items():
        points.sort(key=lambda point: point.parameters)
        fraction, at = points[0].fraction, [point.parameters / 1000 for point in points]
        style = {"linestyle": STROKES[drawn[fraction] % len(STROKES)]}
        drawn[fraction] += 1
        _curve(picture, points, at, name, colours[fraction], **style)
    picture.caption = f"{_models(rows, shapes=False)} Model size by width (and depth). {_collapse(rows)}"
    return picture


def filtered(rows: list[Record]) -> Picture:
    """Error and collapse with and without the verifier, a colour a fraction."""
    picture = _beside(rows, "training stories n", "p₂")
    lines = curves(rows)
    fractions = sorted({curve[0].fraction for curve in lines})
    colours = dict(zip(fractions, fraction_colours(fractions), strict=True))
    for curve in lines:
        style = {"linestyle": "--", "markerfacecolor": "white"} if curve[0].verified else {}
        colour = colours[curve[0].fraction]
        _curve(picture, curve, [point.n for point in curve], _name(curve, lines), colour, **style)
    picture.caption = (
        f"{_models(rows)} Verified: of what the generators wrote only stories that the grammar's parser knows were kept. "
        f"{_collapse(rows)}"
    )
    return picture


PICTURES: dict[str, Callable[[list[Record]], Picture]] = {
    "scaling": scaling,
    "size": size,
    "filter": filtered,
}


def _beside(rows: list[Record], x: str, legend: str) -> Picture:
    """A panel for errors and one for collapses."""
    names = [f"{_error(rows)} [nats/token]", "collapse [nats/token]"]
    picture = Picture(["", ""], x=[x, x], y=names, legend=legend)
    picture.panels[1].axes.set_yscale("symlog", linthresh=LINEAR_BELOW)
    picture.panels[1].level(0.0)
    return picture


def _curve(
    picture: Picture,
    points: list[Point],
    at: list[int] | list[float],
    label: str,
    colour: int,
    **style: Any,
) -> None:
    style = {"linestyle": "-", "linewidth": 0.8, **style}
    above, below = picture.panels
    errors, bars = np.transpose([[point.error, point.stderr] for point in points])
    above.points(at, errors, bars, label=label, colour=colour, **style)
    if points[0].fraction:
        collapses, bars = np.transpose([[point.collapse, point.collapse_stderr] for point in points])
        below.points(at, collapses, bars, colour=colour, **style)


def _law(panel: Panel, curve: list[Point]) -> bool:
    """Draw the fitted law of a curve; whether its points give one."""
    try:
        fitted = law(curve)
    except (ArithmeticError, ValueError):
        return False
    x = np.geomspace(curve[0].n, curve[-1].n, 100)
    panel.guide(x, fitted(x))
    return True


def _name(curve: list[Point], lines: list[list[Point]]) -> str:
    """The fraction, and what else tells the curve from others."""
    first = curve[0]
    name = f"{first.fraction:g}" + (", verified" if first.verified else "")
    if len({other[0].shape for other in lines}) > 1:
        name += f", {first.shape}"
    kinds = {tuple(o[0].row[k] for k in KINDS) for o in lines if o[0].fraction}
    if len(kinds) > 1 and first.fraction:
        name += "".join(
            f", {k.replace('_', ' ')} {as_text(first.row[k])}" for k in KINDS if _varies(k, kinds)
        )
    return name


KINDS = ("generator_stories", "temperature", "top_p")


def _varies(name: str, kinds: set[tuple[Value, ...]]) -> bool:
    return len({kind[KINDS.index(name)] for kind in kinds}) > 1


def _error(rows: list[Record]) -> str:
    return "loss above entropy" if error_name(rows) == "excess" else "test loss"


def _models(rows: list[Record], shapes: bool = True) -> str:
    name, vocabulary, length = str(rows[0]["corpus"]).rsplit(" ", 2)
    what = "stories of the grammar" if name == "grammar" else f"stories of {name}"
    counts = [len(point) for point in grouped(rows, "study", "width", "depth", "n", "p2", "verified")]
    seeds = f"{min(counts)} to {max(counts)}" if min(counts) < max(counts) else str(max(counts))
    sizes = sorted({(int(number(row, "width")), int(number(row, "depth"))) for row in rows})
    mixed = [row for row in rows if row["p2"]]
    models = "GPT-2 models" + (
        f" ({', '.join(f'{w} x {d}' for w, d in sizes)}: width x depth)" if shapes else ""
    )
    sentences = [
        f"{models} of {what} ({vocabulary} tokens, at most {length} a story), {seeds} seeds with data, generators and "
        "initial weights of their own, each model at its lowest validation loss."
    ]
    if mixed:
        row = mixed[0]
        sentences.append(
            f"Generators: width {row['author_width']}, depth {row['author_depth']}, "
            f"{', '.join(f'{n:g}' for n in np.unique(numbers(mixed, 'generator_stories')))} real stories."
        )
    return " ".join(sentences)


def _collapse(rows: list[Record]) -> str:
    return (
        f"Collapse: {_error(rows)} less that of the same seeds with real stories alone (symmetric logarithmic axis, linear "
        f"below {LINEAR_BELOW:g})."
    )
