"""The picture of frozen networks: their refit last layer, measured and predicted, and their own loss."""

from collections.abc import Callable
from functools import partial
from itertools import pairwise
from pathlib import Path

import numpy as np

from simulations.language.frozen.summary import (
    Mean,
    mixes,
    over_draws,
    over_networks,
    over_stories,
)
from workbench.picture import Panel, Picture
from workbench.records import Record, grouped, numbers

REFIT, NETWORK, STATES, NATS = 0, 1, 2, 3  # colours: one for what is measured, in all panels
SMALLER = 4  # that of the smaller size


def draw(rows: list[Record], folder: Path, suffixes: list[str]) -> list[Path]:
    """Draw the networks; the pictures' paths.  Without a mix beside real stories there are none."""
    if len({row["p2"] for row in rows}) < 2:
        return []
    networks(rows).save(folder, "networks", suffixes)
    return [folder / f"networks.{suffix}" for suffix in suffixes]


def networks(rows: list[Record]) -> Picture:
    """Errors of refit layers, squared errors on other stories and collapses, against p_2."""
    picture = Picture(
        ["refit last layer", "other stories", "collapse"],
        x=["synthetic fraction p₂"] * 3,
        y=["error above the best readout's", "squared error of a token", "loss less that of p₂ = 0"],
    )
    by_fraction = mixes(rows)
    smallest = min(fraction for fraction in by_fraction if fraction)
    for panel in picture.panels[:2]:  # real stories alone are at 0
        panel.axes.set_xscale("symlog", linthresh=smallest, linscale=0.5)
        panel.axes.set_xticks(list(by_fraction), _labels(list(by_fraction)))
    _errors(picture.panels[0], rows)
    _losses(picture.panels[1], by_fraction)
    _collapses(picture.panels[2], by_fraction)
    picture.panels[2].axes.set_xlim(smallest / 2, 2 * max(by_fraction))
    picture.caption = _caption(rows)
    return picture


def _errors(panel: Panel, rows: list[Record]) -> None:
    sizes = grouped(rows, "stories")
    for curve, colour in zip(sizes[::-1], (REFIT, SMALLER, *range(5, 9)), strict=False):
        label = _refit(curve)
        fractions = {group[0]["p2"]: group for group in grouped(curve, "p2")}
        at, groups = list(fractions), list(fractions.values())
        means, bars = np.transpose([over_draws(group, "error") for group in groups])
        expected = [numbers(group, "predicted_error").mean() for group in groups]
        panel.points(at, means, bars, expected, None, label, colour)
        panel.line(at, expected, label, colour)


def _losses(panel: Panel, by_fraction: dict[float, list[Record]]) -> None:
    at, groups = list(by_fraction), list(by_fraction.values())
    label = _refit(groups[0])
    expected = [numbers(group, "predicted_loss").mean() for group in groups]
    _points(panel, at, groups, partial(over_stories, name="loss"), label, REFIT)
    panel.line(at, expected, label, REFIT)
    _points(panel, at, groups, partial(over_networks, name="network_squared"), "network", NETWORK)


def _collapses(panel: Panel, by_fraction: dict[float, list[Record]]) -> None:
    """What readouts lose for states as they are, and what networks and their states have lost."""
    clean = by_fraction[0.0]
    at = [fraction for fraction in by_fraction if fraction]
    groups = [by_fraction[fraction] for fraction in at]
    label = _refit(groups[0])
    expected = [numbers(group, "predicted_collapse").mean() for group in groups]
    means, bars = np.transpose([over_draws(group, "collapse") for group in groups])
    panel.points(at, means, bars, expected, None, label, REFIT)
    panel.line(at, expected, label, REFIT)
    for name, kind, colour in (
        ("network_squared", "network", NETWORK),
        ("clean_loss", "refit on real stories:\nits states alone", STATES),
        ("network_excess", "network, nats", NATS),
    ):
        _points(panel, at, groups, partial(over_networks, name=name, clean=clean), kind, colour)


def _points(
    panel: Panel,
    at: list[float],
    groups: list[list[Record]],
    mean: Callable[[list[Record]], Mean],
    label: str,
    colour: int,
) -> None:
    means, bars = np.transpose([mean(group) for group in groups])
    panel.points(at, means, bars, label=label, colour=colour)


def _labels(fractions: list[float]) -> list[str]:
    """Those of ticks, blank where the next one is too near to be told from it."""
    near = [0 < 2.5 * before >= after for before, after in pairwise(fractions)]
    return [
        "" if hidden else f"{fraction:g}"
        for fraction, hidden in zip(fractions, [*near, False], strict=True)
    ]


def _refit(rows: list[Record]) -> str:
    return f"refit on {rows[0]['stories']:,} stories"


def _caption(rows: list[Record]) -> str:
    row, count = rows[0], len({row["network"] for row in rows})
    shape = f"{row['network_width']} x {row['network_depth']}: width x depth"
    return (
        f"GPT-2 models ({shape}, {row['network_steps']} steps) of {row['network_stories']} stories of "
        "the grammar, of which a part p₂ was written by a GPT-2 that had learnt from "
        f"{row['author_stories']} (temperature {row['author_temperature']:g}). Each is frozen, and its "
        f"last layer replaced by a ridge readout (λ = {row['ridge']:g}) of its hidden states, fitted to "
        "new stories of the same mix. Lines: closed form, which knows the laws of these stories and no "
        f"readout. Means over networks of each mix: {count}. Bars, standard errors: of the refit layer "
        f"over {row['seeds']} draws of its stories (middle: over test stories), of the rest over "
        "networks. Collapse of the refit layer: its error less that of one fitted to as many real "
        "stories for the same network. States alone: losses of layers fitted to real stories, for the "
        "network of p₂ less for that of 0."
    )
