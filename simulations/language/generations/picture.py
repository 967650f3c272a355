"""The picture of the chains: loss above the entropy and share of valid stories, round by round."""

from pathlib import Path

import numpy as np

from simulations.language.generations.chain import KINDS
from simulations.language.generations.report import chain_of, growth, mean_and_error
from simulations.language.generations.theory import linear_growth
from workbench.picture import Picture
from workbench.records import Record, grouped, numbers


def draw(rows: list[Record], folder: Path, suffixes: list[str]) -> list[Path]:
    """Draw the chains; the pictures' paths."""
    if not rows:
        return []
    chains(rows).save(folder, "rounds", suffixes)
    return [folder / f"rounds.{suffix}" for suffix in suffixes]


def chains(rows: list[Record]) -> Picture:
    """Growth of the excess loss beside the linear theory's, and the share of valid stories."""
    names = ["excess loss / that of round 0", "share of valid stories"]
    picture = Picture(
        ["", ""], x=["round", "round"], y=names, scales=("linear", "linear"), legend="chain"
    )
    left, right = picture.panels
    for chain in grouped(rows, "kind", "temperature", "verified"):
        told, groups = chain_of(chain), grouped(chain, "round")
        at, colour = (
            np.arange(len(groups)),
            list(KINDS).index(told.kind) if told.temperature == 1 else len(KINDS),
        )
        plain = told == type(told)(told.kind)
        stroke = "-" if plain else "--" if told.verified else "-."
        style = {"linestyle": stroke, "linewidth": 0.8}
        if not plain:
            style["markerfacecolor"] = "white"
        means, bars = np.transpose(growth(chain))
        left.points(at, means, bars, label=str(told), colour=colour, **style)
        if plain:
            left.guide(at, linear_growth(told.kind, len(groups) - 1), color=f"C{colour}", linestyle=":")
        shares = [mean_and_error(numbers(group, "valid")) for group in groups]
        means, bars = np.transpose(shares)
        right.points(at, means, bars, label=str(told), colour=colour, **style)
    left.axes.set_yscale("log")
    row, seeds = rows[0], len({row["seed"] for row in rows})
    picture.caption = (
        f"GPT-2 models ({row['width']} x {row['depth']}: width x depth) of stories of the grammar; round 0 learns from {row['n']} real "
        f"stories, every later one from what the last wrote: alone (replace), with as many new real ones (mix), or with all stories so far "
        f"(accumulate). Verified: only stories that the grammar's parser knows are handed on. Means over {seeds} seeds, bars: standard error. "
        "Dotted: the linear theory's growth for ridgeless regression with n = 10 d, same colours. Right: of all that the round's model wrote."
    )
    return picture
