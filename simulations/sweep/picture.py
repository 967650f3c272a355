"""The picture of a sweep: theory as lines, simulation as points with error bars."""

import textwrap
from typing import Any

import numpy as np

from simulations.sweep.fields import Field
from simulations.sweep.grid import Point, swept
from simulations.sweep.study import Study
from simulations.sweep.theory import predictions, stacked
from simulations.whole import whole
from workbench.picture import Panel, Picture
from workbench.records import NONE, Record, numbers
from workbench.style import fraction_colours

LINE_POINTS = 256


def draw(study: Study, points: list[Point], rows: list[Record]) -> Picture:
    """Total error against the field x, a curve for each value of the others; one colour each of one."""
    x, colour, panel = _roles(study, points)
    values = _values(points, panel)
    fields = study.model.fields
    picture = Picture(
        ["" if panel is None else f"{fields[panel].label} = {_text(value)}" for value in values],
        x=fields[x].label,
        y="excess test error",
        scales=_scales(points, rows, x),
        legend="" if colour is None else fields[colour].label,
    )
    for axes, value in zip(picture.panels, values, strict=True):
        chosen = [i for i, point in enumerate(points) if panel is None or point[panel] == value]
        _panel(axes, study, [points[i] for i in chosen], [rows[i] for i in chosen], x, colour)
    picture.caption = _caption(study, points)
    return picture


def _roles(study: Study, points: list[Point]) -> tuple[str, str | None, str | None]:
    """Fields on the x axis, in colour and across panels; the study's wishes first."""
    free = sorted(swept(points), key=lambda name: -len(_values(points, name)))
    fields = list(study.model.fields)
    x = study.x if study.x in free else next(iter(free), "n" if "n" in fields else fields[0])
    others = [name for name in free if name != x]
    colour = study.colour if study.colour in others else next(iter(others), None)
    others = [name for name in others if name != colour]
    if len(others) > 1:  # one panel field at most: the rest of the points share its panels
        others = [study.panel] if study.panel in others else others[:1]
    return x, colour, others[0] if others else None


def _scales(points: list[Point], rows: list[Record], x: str) -> tuple[str, str]:
    values = [point[x] for point in points if point[x] is not None]
    wide = bool(values) and min(values) > 0 and max(values) > 10 * min(values)
    errors = np.append(numbers(rows, "predicted_total"), numbers(rows, "simulated_total"))
    return ("log" if wide else "linear"), ("log" if (errors > 0).any() else "linear")


def _panel(
    panel: Panel, study: Study, points: list[Point], rows: list[Record], x: str, colour: str | None
) -> None:
    values = _values(points, colour)
    numbered = fraction_colours(values) if colour == "synthetic_fraction" else range(len(values))
    for index, value in zip(numbered, values, strict=True):
        label = "" if colour is None else _text(value)
        chosen = [i for i, point in enumerate(points) if colour is None or point[colour] == value]
        for i in chosen:
            if points[i][x] is None and "predicted_total" in rows[i]:  # no place on the x axis
                level = float(rows[i]["predicted_total"])  # type: ignore[arg-type]
                panel.level(level, color=f"C{index % 8}", linestyle="--")
        chosen = [i for i in chosen if points[i][x] is not None]
        for key in dict.fromkeys(_others(points[i], x) for i in chosen):
            curve = [points[i] for i in chosen if _others(points[i], x) == key]
            places, limit, total = _line(study, curve, x)
            panel.line(places, limit, label=label, colour=index, finite=total)
        done = [rows[i] for i in chosen if "simulated_total" in rows[i]]
        columns = (x, "simulated_total", "stderr_total")
        places, mean, stderr = (numbers(done, name) for name in columns)
        panel.points(places, mean, stderr, label=label, colour=index)


def _line(study: Study, curve: list[Point], x: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Theory between the ends of a curve: places, the limit, and with its finite-size term.

    Only at its points where x is a whole number but n or a width.  Along n and parts of it sample sizes
    are not rounded, so that curves are smooth.
    """
    places = np.array(sorted(point[x] for point in curve), dtype=float)
    field: Field = study.model.fields[x]
    smooth = not field.whole or x in ("n", "width")
    if smooth and len(places) > 1:
        space = np.geomspace if places[0] > 0 else np.linspace
        # Where curves bend most, at a threshold, there is usually a point: all of them are on the line.
        places = np.union1d(space(places[0], places[-1], LINE_POINTS), places)
    rows = [curve[0] | {x: value if smooth else int(value)} for value in places]
    unrounded = x in ("n", "width") or "fraction" in x
    function = study.model.function
    stacks = stacked(lambda row: function(**row) if unrounded else whole(function(**row)), rows)
    theory = predictions(stacks, study.run["features"])
    return (
        places,
        np.array([point.limit.total for point in theory]),
        np.array([point.total for point in theory]),
    )


def _others(point: Point, x: str) -> tuple[Any, ...]:
    return tuple(value for name, value in point.items() if name != x)


def _values(points: list[Point], name: str | None) -> list[Any]:
    return [None] if name is None else list(dict.fromkeys(point[name] for point in points))


def _text(value: Any) -> str:
    return NONE if value is None else f"{value:g}"


def _caption(study: Study, points: list[Point]) -> str:
    """All that the axes do not say: what it is, fixed fields and how the points were made."""
    fixed = [
        f"{study.model.fields[name].label} = {_text(value)}"
        for name, value in points[0].items()
        if name not in swept(points) and value is not None
    ]
    text = f"{study.description[:1].upper()}{study.description[1:]}. {', '.join(fixed)}. Lines: theory; "
    text += f"points: mean of {study.run['seeds']} simulations, bars: standard error."
    if any(value is None for point in points for name, value in point.items() if name in swept(points)):
        text += " Dashed: the classical model."
    return textwrap.dedent(text)
