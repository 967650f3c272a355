"""The picture of a sweep: theory as lines, simulation as points with error bars."""

from importlib.resources import files
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np

matplotlib.use("Agg")

import matplotlib.pyplot as plt

from simulations.sweep.grid import FIELDS, Point, counts, swept, unrounded
from simulations.sweep.study import Study
from simulations.sweep.theory import predictions
from simulations.table import Row, atomic_write

STYLE = str(files("simulations") / "house.mplstyle")
LINE_POINTS = 256


def draw(study: Study, points: list[Point], rows: list[Row], paths: list[Path]) -> None:
    """Draw the rows and save one file per path: x against total error, a colour a curve."""
    x, colour, panel = _roles(study, points)
    panels = _values(points, panel)
    with plt.style.context(STYLE):
        width = 3.4 * len(panels) + 1.2
        figure, axes = plt.subplots(1, len(panels), figsize=(width, 3.2), sharey=True, squeeze=False)
        for axis, value in zip(axes[0], panels, strict=True):
            chosen = [i for i, point in enumerate(points) if panel is None or point[panel] == value]
            _panel(axis, [points[i] for i in chosen], [rows[i] for i in chosen], x, colour)
            if panel is not None:
                axis.set_title(f"{FIELDS[panel].label} = {_label(value)}")
        axes[0, 0].set_ylabel("excess test error")
        if colour is not None:
            place = {"loc": "center left", "bbox_to_anchor": (1.0, 0.5)}
            axes[0, -1].legend(title=FIELDS[colour].label, **place)
        figure.text(0.01, -0.02, _caption(study, points), va="top")
        for path in paths:
            kind = path.suffix.removeprefix(".")
            atomic_write(path, lambda partial, kind=kind: figure.savefig(partial, format=kind))  # type: ignore[misc]
        plt.close(figure)


def _roles(study: Study, points: list[Point]) -> tuple[str, str | None, str | None]:
    """Fields on the x axis, in colour and across panels; the study's wishes first."""
    free = sorted(swept(points), key=lambda name: -len(_values(points, name)))
    x = study.x if study.x in free else next(iter(free), "n")
    others = [name for name in free if name != x]
    colour = study.colour if study.colour in others else next(iter(others), None)
    others = [name for name in others if name != colour]
    if len(others) > 1:  # one panel field at most: the rest of the points share its panels
        others = [study.panel] if study.panel in others else others[:1]
    return x, colour, others[0] if others else None


def _panel(axis: Any, points: list[Point], rows: list[Row], x: str, colour: str | None) -> None:
    values = [point[x] for point in points if point[x] is not None]
    for index, value in enumerate(_values(points, colour)):
        chosen = [
            i
            for i, point in enumerate(points)
            if (colour is None or point[colour] == value) and point[x] is not None
        ]
        for level in _levels(points, rows, x, colour, value):
            axis.axhline(level, color=f"C{index % 8}", linestyle="--", linewidth=0.8)
        style = f"C{index % 8}"
        for key in {_others(points[i], x) for i in chosen}:
            curve = [points[i] for i in chosen if _others(points[i], x) == key]
            line_x, line_y = _line(curve, x)
            axis.plot(line_x, line_y, color=style, label=_label(value) if colour else None)
        done = [i for i in chosen if rows[i]["simulated_total"]]
        axis.errorbar(
            [float(rows[i][x]) for i in done],
            [float(rows[i]["simulated_total"]) for i in done],
            [float(rows[i]["stderr_total"]) for i in done],
            color=style,
            fmt="o",
        )
    axis.set_xlabel("number of samples n" if x == "n" else FIELDS[x].label)
    if values and min(values) > 0 and max(values) > 10 * min(values):
        axis.set_xscale("log")
    if np.isfinite(axis.dataLim.minposy):  # something is positive
        axis.set_yscale("log")


def _levels(points: list[Point], rows: list[Row], x: str, colour: str | None, value: Any) -> list[float]:
    """Theory at the points that have no place on the x axis: the classical model, no width."""
    pairs = zip(points, rows, strict=True)
    here = [row for p, row in pairs if p[x] is None and (colour is None or p[colour] == value)]
    return [float(row["predicted_total"]) for row in here if row["predicted_total"]]


def _line(curve: list[Point], x: str) -> tuple[np.ndarray, np.ndarray]:
    """Theory between the ends of a curve; only at its points where x changes array shapes."""
    known = sorted(point[x] for point in curve)
    grid = np.array(known, dtype=float)
    if x != "d" and len(known) > 1:
        space = np.geomspace if min(known) > 0 else np.linspace
        grid = space(known[0], known[-1], LINE_POINTS)
    points = [curve[0] | {x: int(value) if x == "d" else value} for value in grid]
    sizes = list(map(unrounded if x in ("n", "synthetic_fraction") else counts, points))
    total = np.array([found.total for found in predictions(points, sizes)])
    return grid, np.where(np.isfinite(total), total, np.nan)


def _others(point: Point, x: str) -> tuple[Any, ...]:
    return tuple(value for name, value in point.items() if name != x)


def _values(points: list[Point], name: str | None) -> list[Any]:
    return [None] if name is None else list(dict.fromkeys(point[name] for point in points))


def _label(value: Any) -> str:
    return "none" if value is None else f"{value:g}"


def _caption(study: Study, points: list[Point]) -> str:
    """All that the axes do not say: fixed fields and how the points were made."""
    fixed = [
        f"{FIELDS[name].label} = {_label(points[0][name])}"
        for name in FIELDS
        if name not in swept(points) and not (name == "width" and points[0][name] is None)
    ]
    half = (len(fixed) + 1) // 2
    run = f"lines: theory; points: mean of {study.run['seeds']} simulations, bars: standard error"
    if "width" in swept(points) and any(point["width"] is None for point in points):
        run += "\ndashed: classical model"
    return "\n".join([", ".join(fixed[:half]), ", ".join(fixed[half:]), run])
