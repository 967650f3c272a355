"""Pictures of the three studies: points are trained models, lines the closed form at the same points."""

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from simulations.mnist.accuracy import accuracies, spread_is_known
from workbench.picture import Panel, Picture
from workbench.records import grouped, numbers
from workbench.style import fraction_colours

Row = dict[str, Any]  # a record, of whose columns we know the types

TITLES = {
    "linear": "linear",
    "projection": "projections",
    "relu": "ReLU features",
    "network": "network",
}
POINTS = "Points: mean over draws, bars: standard error. Lines: closed form, which knows the training images and no test image"
COLLAPSE = "Collapse: test error less that of the same images with true labels."
ACCURACY = "accuracy (%)"
SYMBOLS = {"c2": "c²", "p2": "p₂", "ridge": "λ"}
SMALLEST = 1e-5  # of the collapses that are drawn
LINEAR_BELOW = 0.03  # where collapses of both signs are drawn


def draw(rows: list[Row], folder: Path, suffixes: list[str]) -> list[Path]:
    """Draw the studies that are among the rows; the pictures' paths."""
    paths = []
    for study, picture in PICTURES.items():
        drawn = [row for row in rows if row["study"] == study]
        if any("predicted_error" in row for row in drawn) or (drawn and study != "theory"):
            picture(drawn).save(folder, study, suffixes)
            paths += [folder / f"{study}.{suffix}" for suffix in suffixes]
    return paths


def scaling(rows: list[Row]) -> Picture:
    """Error, collapse and accuracy against the number of images, a column a model, a colour a fraction."""
    groups = curves(rows, "model", "width")
    titles = [_title(group[0], "width", "m") for group in groups]
    picture = _grid(titles, ["test error", "collapse", ACCURACY], "training images n", "p₂")
    harmed = (numbers(rows, "collapse") > 0).any()
    for column, group in enumerate(groups):
        above, below, last = picture.panels[column :: len(groups)]
        last.axes.set_yscale("linear")
        if not harmed:
            below.axes.set_yscale("symlog", linthresh=LINEAR_BELOW)
        kinds = curves(group, "p2", "generator_samples", "generator_noise", "ridge")
        colours = fraction_colours([curve[0]["p2"] for curve in kinds])
        for colour, curve in zip(colours, kinds, strict=True):
            label = f"{curve[0]['p2']:g}" + _besides(curve, group, "c2", "ridge")
            _curve(above, curve, "n", "error", label, colour)
            _accuracy(last, curve, "n", label, colour)
            if curve[0]["p2"]:
                _curve(below, curve, "n", "collapse", label, colour)
                plateau = curve[0].get("predicted_plateau")
                if plateau is not None and (plateau > 0 or not harmed):  # the axis is logarithmic
                    below.level(plateau, color=f"C{colour % 8}")
        if harmed:
            below.axes.set_ylim(bottom=SMALLEST)
    picture.caption = (
        f"{_data(rows)} {_quality(rows)} {POINTS} (of the collapse: its difference from p₂ = 0; dotted: its limit for endless "
        f"images). Joined points: networks and accuracy. {COLLAPSE} {_bars(rows)}"
    )
    return picture


def width(rows: list[Row]) -> Picture:
    """Errors, collapse and accuracy against model size, a column a model, a colour a quality of the labels."""
    groups = curves(rows, "model", "n")
    titles = [_title(group[0], "n", "n") for group in groups]
    names = ["test error", "collapse", ACCURACY, "training error"]
    picture = _grid(titles, names, "model size m", "c²")
    for column, group in enumerate(groups):
        panels = picture.panels[column :: len(groups)]
        panels[1].axes.set_yscale("symlog", linthresh=LINEAR_BELOW)
        panels[2].axes.set_yscale("linear")
        for colour, curve in enumerate(curves(group, "c2", "p2", "ridge")):
            label = f"{curve[0]['c2']:.2g}" if curve[0]["p2"] else "clean"
            label += _besides(curve, group, "p2", "ridge")
            _curve(panels[0], curve, "width", "error", label, colour)
            if curve[0]["p2"]:
                _curve(panels[1], curve, "width", "collapse", label, colour)
            _accuracy(panels[2], curve, "width", label, colour)
            at, residual = numbers(curve, "width"), numbers(curve, "train_error")
            panels[3].points(
                at, residual, np.zeros(len(at)), colour=colour, linestyle="-", linewidth=0.8
            )
        panels[1].level(0.0)
        if group[0]["model"] != "network":
            for panel in panels:
                panel.axes.axvline(group[0]["n"], color="0.35", linestyle=":", linewidth=0.9)
    known = [row["width"] for row in rows if "predicted_error" in row and row["model"] == "network"]
    networks = f"; of networks their lazy limit, from m = {min(known)}" if known else ""
    points = ("" if known else "networks, ") + "accuracy and training errors"
    picture.caption = (
        f"{_data(rows)} p₂ = {_fractions(rows) or 0}; c²: mean squared error of the synthetic labels on the test images. {POINTS}{networks}. "
        f"Joined points: {points}. Dotted: m = n. {COLLAPSE} {_bars(rows)}"
    )
    return picture


def theory(rows: list[Row]) -> Picture:
    """Measured over predicted error, and accuracy, a column a model, a colour a ridge."""
    rows = [row for row in rows if "predicted_error" in row]
    groups = curves(rows, "model", "width")
    titles = [_title(group[0], "width", "m") for group in groups]
    picture = _grid(titles, ["measured / predicted error", ACCURACY], "training images n", "ridge λ")
    ridges = sorted({row["ridge"] for row in rows})
    for column, group in enumerate(groups):
        above, last = picture.panels[column :: len(groups)]
        above.level(1.0)
        last.axes.set_yscale("linear")
        for curve in curves(group, "ridge", "p2", "generator_samples", "generator_noise"):
            predicted, ridge = numbers(curve, "predicted_error"), curve[0]["ridge"]
            mixed = curve[0]["p2"] > 0
            label, colour = "" if mixed else f"{ridge:g}", ridges.index(ridge)
            dashes = "--" if mixed else "-"
            above.points(
                numbers(curve, "n"),
                numbers(curve, "error") / predicted,
                numbers(curve, "error_stderr") / predicted,
                np.ones(len(curve)),
                None,
                label,
                colour,
                linestyle=dashes,
                linewidth=0.8,
            )
            _accuracy(last, curve, "n", label, colour, dashes)
        if group[0]["width"] is not None:
            for panel in (above, last):
                panel.axes.axvline(group[0]["width"], color="0.35", linestyle=":", linewidth=0.9)
    picture.caption = (
        f"{_data(rows)} {_quality(rows)} Full: true labels; dashed: p₂ = {_fractions(rows)}. Bars: standard error over draws. "
        "Dotted: n = m. The prediction knows the covariance of the training images (or of their features) and the best "
        f"linear predictors of their labels, and no test image. {_bars(rows)}"
    )
    return picture


PICTURES: dict[str, Callable[[list[Row]], Picture]] = {
    "scaling": scaling,
    "width": width,
    "theory": theory,
}


def curves(rows: list[Row], *names: str) -> list[list[Row]]:
    """Rows that share these columns."""
    return grouped(rows, *names)


def _grid(titles: list[str], names: list[str], x: str, legend: str) -> Picture:
    """A column for each title, a row for each name; the y axes of a row are one."""
    count, above = len(titles), len(titles) * (len(names) - 1)
    labels = itertools.chain.from_iterable([name, *[""] * (count - 1)] for name in names)
    picture = Picture(
        [f"{title}: {name}" for name in names for title in titles],  # as the saved arrays call them
        x=[*[""] * above, *[x] * count],
        y=list(labels),
        rows=len(names),
        legend=legend,
    )
    for panel, title in zip(picture.panels, [*titles, *[""] * above], strict=True):
        panel.axes.set_title(title)
    return picture


def _curve(panel: Panel, curve: list[Row], x: str, name: str, label: str, colour: int) -> None:
    """Measured points, and a line where the closed form knows them; else a thin one joins them."""
    if name == "collapse":  # of a mix whose synthetic part rounds to no image there is none
        curve = [row for row in curve if row["collapse"]]
    at, measured, stderr = (numbers(curve, column) for column in (x, name, f"{name}_stderr"))
    predicted = numbers(curve, f"predicted_{name}")
    known = np.isfinite(predicted)
    joined = {} if known.any() else {"linestyle": "-", "linewidth": 0.8}
    for part in (known, ~known):
        if part.any():
            # The collapse is a small difference: what the report compares is the error.
            expected = predicted[part] if name == "error" and known[part].all() else None
            panel.points(at[part], measured[part], stderr[part], expected, None, label, colour, **joined)
    if known.any():
        panel.line(at[known], predicted[known], label, colour)


def _accuracy(
    panel: Panel, curve: list[Row], x: str, label: str, colour: int, dashes: str = "-"
) -> None:
    """Accuracy in percent, which has no closed form for ten classes: a thin line joins the points."""
    panel.points(
        numbers(curve, x),
        *accuracies(curve),
        label=label,
        colour=colour,
        linestyle=dashes,
        linewidth=0.8,
    )


def _besides(curve: list[Row], panel: list[Row], *names: str) -> str:
    """What else tells a curve from others of its panel."""
    mixed = [row for row in panel if row["p2"]]
    varied = [name for name in names if len({row[name] for row in mixed}) > 1]
    return "".join(f", {SYMBOLS[name]} {curve[0][name]:.2g}" for name in varied)


def _title(row: Row, column: str, symbol: str) -> str:
    return TITLES[row["model"]] + ("" if row[column] is None else f", {symbol} = {row[column]}")


def _data(rows: list[Row]) -> str:
    seeds = sorted({row["seeds"] for row in rows})
    draws = " to ".join(dict.fromkeys((str(seeds[0]), str(seeds[-1]))))
    name = {"mnist": "MNIST"}.get(rows[0]["data"], rows[0]["data"])
    return (
        f"{name}, one-hot labels, squared error summed over ten classes, {draws} draws from one pool of "
        f"{rows[0]['pool']:,} images, tested on {rows[0]['test']:,}."
    )


def _bars(rows: list[Row]) -> str:
    """What the bars of the accuracy are."""
    images = f"the {rows[0]['test']:,} test images"
    if spread_is_known(rows):
        return f"Bars of the accuracy: standard error over draws and {images}."
    return (
        f"Bars of the accuracy: standard error of {images} alone, as the table has no spread over draws."
    )


def _fractions(rows: list[Row]) -> str:
    return ", ".join(f"{p:g}" for p in sorted({row["p2"] for row in rows} - {0.0}))


def _quality(rows: list[Row]) -> str:
    kinds = {
        f"c² = {row['c2']:.2g} (a model of {row['generator_samples']} images"
        + (f", label noise {row['generator_noise']:g})" if row["generator_noise"] else ")")
        for row in rows
        if row["p2"]
    }
    return f"Synthetic labels: {'; '.join(sorted(kinds))}." if kinds else ""
