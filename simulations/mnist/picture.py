"""Pictures of the three studies: points are trained models, lines the closed form at the same points."""

import itertools
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np

from simulations.picture import Panel, Picture
from simulations.table import Row

TITLES = {
    "linear": "linear, pixels",
    "projection": "random projections",
    "relu": "random ReLU features",
    "network": "two-layer network",
}
POINTS = (
    "Points: mean over draws, bars: standard error. Lines: closed form, from the training images alone"
)


def draw(rows: list[Row], folder: Path, suffixes: list[str]) -> list[Path]:
    """Draw the studies that are among the rows; the pictures' paths."""
    paths = []
    for study, picture in PICTURES.items():
        some = [row for row in rows if row["study"] == study]
        if some:
            picture(some).save(folder, study, suffixes)
            paths += [folder / f"{study}.{suffix}" for suffix in suffixes]
    return paths


def scaling(rows: list[Row]) -> Picture:
    """Error and collapse against the number of images, a column a model, a colour a fraction."""
    groups = grouped(rows, "model", "width")
    picture = _grid(
        [_title(some[0]) for some in groups], ["test error", "collapse"], "training images n", "p₂"
    )
    for column, some in enumerate(groups):
        for colour, curve in enumerate(
            grouped(some, "p2", "generator_samples", "generator_noise", "ridge")
        ):
            _curves(picture, column, len(groups), curve, "n", f"{float(curve[0]['p2']):g}", colour)
    picture.caption = (
        f"{_data(rows)}. {_quality(rows)} {POINTS} (bottom: its difference from p₂ = 0). Collapse: test error less "
        "that of the same images with true labels."
    )
    return picture


def width(rows: list[Row]) -> Picture:
    """Error, collapse and training error against model size, a colour a quality of the labels."""
    groups = grouped(rows, "model", "n")
    names = ["test error", "collapse", "training error"]
    titles = [f"{TITLES[some[0]['model']]}, n = {some[0]['n']}" for some in groups]
    picture = _grid(titles, names, "model size m", "c²")
    for column, some in enumerate(groups):
        for colour, curve in enumerate(grouped(some, "c2", "p2", "ridge")):
            label = f"{float(curve[0]['c2']):.2g}" if float(curve[0]["p2"]) else "clean"
            _curves(picture, column, len(groups), curve, "width", label, colour)
            panel, at = picture.panels[2 * len(groups) + column], numbers(curve, "width")
            panel.points(
                at, numbers(curve, "train_error"), np.zeros(len(at)), colour=colour, linestyle="-"
            )
        if some[0]["model"] != "network":
            for panel in picture.panels[column :: len(groups)]:
                panel.axes.axvline(float(some[0]["n"]), color="0.35", linestyle=":", linewidth=0.9)
    fractions = ", ".join(f"{p:g}" for p in sorted({float(row["p2"]) for row in rows} - {0.0}))
    picture.caption = (
        f"{_data(rows)}. p₂ = {fractions}; c²: mean squared error of the synthetic labels on the test images. {POINTS} "
        f"({_most(rows)} features at most), networks: joined points. Dotted: m = n, the interpolation threshold."
    )
    return picture


def theory(rows: list[Row]) -> Picture:
    """How far measured errors are from predicted ones, a panel a model, a colour a ridge."""
    rows = [row for row in rows if row["predicted_error"]]
    groups = grouped(rows, "model", "width")
    titles = ["all", *(_title(some[0]) for some in groups)]
    labels = ["measured test error", *["measured / predicted - 1"] * len(groups)]
    picture = Picture(
        titles,
        x=["predicted test error", *["training images n"] * len(groups)],
        y=labels,
        rows=2 if len(titles) > 3 else 1,
        legend="ridge λ",
    )
    ridges = sorted({float(row["ridge"]) for row in rows})
    for colour, ridge in enumerate(ridges):
        some = [row for row in rows if float(row["ridge"]) == ridge]
        predicted, error = numbers(some, "predicted_error"), numbers(some, "error")
        stderr = numbers(some, "error_stderr")
        picture.panels[0].points(predicted, error, stderr, predicted, np.nan, f"{ridge:g}", colour)
    ends = [numbers(rows, "predicted_error").min(), numbers(rows, "predicted_error").max()]
    picture.panels[0].guide(ends, ends)
    for panel, group in zip(picture.panels[1:], groups, strict=True):
        panel.axes.set_yscale("linear")
        panel.level(0.0)
        for curve in grouped(group, "ridge", "p2", "generator_samples"):
            predicted = numbers(curve, "predicted_error")
            clean = not float(curve[0]["p2"])
            panel.points(
                numbers(curve, "n"),
                numbers(curve, "error") / predicted - 1,
                numbers(curve, "error_stderr") / predicted,
                colour=ridges.index(float(curve[0]["ridge"])),
                linestyle="-" if clean else "--",
            )
        if group[0]["width"] != "none":
            panel.axes.axvline(float(group[0]["width"]), color="0.35", linestyle=":", linewidth=0.9)
    picture.caption = (
        f"{_data(rows)}. {_quality(rows)} Full: true labels; dashed: mixed ones. Dotted: n = m. The prediction knows "
        "the covariance of the training images and the best linear predictors of their labels, and nothing of the test "
        "images."
    )
    return picture


PICTURES: dict[str, Callable[[list[Row]], Picture]] = {
    "scaling": scaling,
    "width": width,
    "theory": theory,
}


def grouped(rows: Iterable[Row], *names: str) -> list[list[Row]]:
    """Rows that share these columns, in the order of their first ones."""
    found: dict[tuple[str, ...], list[Row]] = {}
    for row in rows:
        found.setdefault(tuple(row[name] for name in names), []).append(row)
    return list(found.values())


def numbers(rows: list[Row], name: str) -> np.ndarray:
    """A column as numbers, NaN where it is empty."""
    return np.array([float(row[name] or "nan") for row in rows])


def _grid(titles: list[str], names: list[str], x: str, legend: str) -> Picture:
    """A column for each title, a row for each name; the y axes of a row are one."""
    count = len(titles)
    labels = list(itertools.chain.from_iterable([name, *[""] * (count - 1)] for name in names))
    places = [*titles, *[""] * (count * (len(names) - 1))]
    across = [*[""] * (count * (len(names) - 1)), *[x] * count]
    return Picture(places, x=across, y=labels, rows=len(names), legend=legend)


def _curves(
    picture: Picture, column: int, columns: int, curve: list[Row], x: str, label: str, colour: int
) -> None:
    """Test error in the first row of panels, collapse in the second."""
    at = numbers(curve, x)
    predicted = numbers(curve, "predicted_error")
    known = np.isfinite(predicted)
    for panel, name in zip(picture.panels[column::columns], ("error", "collapse"), strict=False):
        measured, stderr = numbers(curve, name), numbers(curve, f"{name}_stderr")
        if not measured.any():  # the collapse of clean data
            continue
        style = {} if known.any() else {"linestyle": "-", "linewidth": 0.8}
        _points(
            panel, at, measured, stderr, predicted if name == "error" else None, label, colour, style
        )
        if known.any():
            panel.line(at[known], numbers(curve, f"predicted_{name}")[known], label, colour)


def _points(
    panel: Panel,
    x: np.ndarray,
    y: np.ndarray,
    stderr: np.ndarray,
    predicted: np.ndarray | None,
    label: str,
    colour: int,
    style: dict[str, object],
) -> None:
    """Points, those with a prediction apart from those without one."""
    known = np.zeros(len(x), bool) if predicted is None else np.isfinite(predicted)
    if predicted is not None and known.any():
        panel.points(x[known], y[known], stderr[known], predicted[known], np.nan, label, colour, **style)
    if not known.all():
        rest = ~known
        panel.points(x[rest], y[rest], stderr[rest], None, 0, label, colour, **style)


def _title(row: Row) -> str:
    return TITLES[row["model"]] + ("" if row["width"] == "none" else f", m = {row['width']}")


def _data(rows: list[Row]) -> str:
    seeds = sorted({int(row["seeds"]) for row in rows})
    draws = " - ".join(dict.fromkeys((str(seeds[0]), str(seeds[-1]))))
    return f"{rows[0]['data'].upper()}, one-hot labels, squared error summed over the ten classes, {draws} draws"


def _quality(rows: list[Row]) -> str:
    kinds = {
        f"c² = {float(row['c2']):.2g} (a model of {row['generator_samples']} images"
        + (f", label noise {float(row['generator_noise']):g})" if float(row["generator_noise"]) else ")")
        for row in rows
        if float(row["p2"])
    }
    return f"Synthetic labels: {'; '.join(sorted(kinds))}."


def _most(rows: list[Row]) -> int:
    known = [int(row["width"]) for row in rows if row["predicted_error"] and row["model"] == "relu"]
    return max(known, default=0)
