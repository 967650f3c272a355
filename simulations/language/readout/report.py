"""What a run prints: gaps between measured and predicted, plateaus, and what dependent tokens change."""

import numpy as np
from rich.console import Console
from rich.table import Table as Grid

from workbench.command import number_table
from workbench.records import Record, grouped, number, numbers

DIFFERENT = 0.1  # part of a predicted collapse


def print_report(console: Console, rows: list[Record]) -> None:
    """Print the gaps of every block, the plateaus of its mixes, and what dependence does to n."""
    console.print(gaps(rows))
    for study in grouped([row for row in rows if row["rows"] == "stories"], "study"):
        console.print(plateaus(study))
        if told := [row for row in study if "predicted_loss" in row]:
            console.print(losses(told))
    console.print(factors(rows))


def gaps(rows: list[Record]) -> Grid:
    """Median and worst gap of each block: with the noise of dependent tokens, and with equal noise."""
    columns = ("stories of", "rows", "m", "points", "median gap", "worst")
    grid = number_table(
        "measured error / predicted - 1",
        *columns,
        "median, equal noise",
        "worst ",
        left=("stories of", "rows"),
    )
    for block in grouped(rows, "study", "rows", "width"):
        shown = [
            f"{value:.1%}" for name in ("predicted_error", "equal_error") for value in _gap(block, name)
        ]
        grid.add_row(
            *(str(block[0][name]) for name in ("study", "rows", "width")), str(len(block)), *shown
        )
    return grid


def _gap(rows: list[Record], name: str) -> tuple[float, float]:
    """The median and the largest size of measured over predicted, less 1."""
    size = np.abs(numbers(rows, "error") / numbers(rows, name) - 1)
    return float(np.median(size)), float(size.max())


def plateaus(rows: list[Record]) -> Grid:
    """Of each mix with most stories: error and collapse, measured and predicted, and their limits."""
    columns = ("m", "p2", "tokens", "error", "/ limit", "collapse", "+- s.e.", "predicted", "limit")
    grid = number_table(f"{rows[0]['study']}: the largest n, and the limit of endless stories", *columns)
    for row in largest(rows):
        grid.add_row(
            str(row["width"]),
            f"{row['p2']:g}",
            f"{row['tokens']:.2g}",
            f"{row['error']:.3g}",
            f"{number(row, 'error') / number(row, 'plateau'):.3f}",
            f"{row['collapse']:.3g}",
            f"{row['collapse_stderr']:.1g}",
            f"{row['predicted_collapse']:.3g}",
            f"{row['plateau_collapse']:.3g}",
        )
    return grid


def losses(rows: list[Record]) -> Grid:
    """Of each mix with most stories: loss and collapse on stories that nothing was trained on.

    Predicted twice: for the law that is the stories at hand, and for other stories, of which those at
    hand are a sample.  The first is marked where other stories do not follow it (`transfers`).
    """
    columns = ("m", "p2", "loss", "+- s.e.", "predicted", "collapse", "+- s.e. ", "predicted ")
    grid = number_table(
        f"{rows[0]['study']}: held-out stories, at the largest n", *columns, "of these stories alone"
    )
    for row in largest(rows):
        names = ("loss", "loss_stderr", "predicted_loss", "loss_collapse", "loss_collapse_stderr")
        loss, stderr, expected, collapse, error = (number(row, name) for name in names)
        shown = [f"{loss:.4f}", f"{stderr:.4f}", f"{expected:.4f}", f"{collapse:.3g}", f"{error:.1g}"]
        shown.append(f"{row['predicted_loss_collapse']:.3g}")
        mark = "" if transfers(row) else " (not of others)"
        grid.add_row(
            str(row["width"]), f"{row['p2']:g}", *shown, f"{row['predicted_collapse']:.3g}{mark}"
        )
    return grid


def transfers(row: Record) -> bool:
    """Whether the collapse predicted for the stories at hand can be expected of other stories.

    Both predictions are made from the stories at hand alone; it can if they differ by at most a tenth.
    What makes them differ is that the best readout of N tokens has itself an error of the order of m/N
    on other stories, which synthetic stories lower by a part of the order of 2 p_2: more than the
    collapse, which is of the order of p_2^2, where p_2 is small or m/N large.
    """
    sample, others = (number(row, name) for name in ("predicted_collapse", "predicted_loss_collapse"))
    return abs(others - sample) <= DIFFERENT * abs(sample)


def largest(rows: list[Record]) -> list[Record]:
    """Of each width and mix the readout trained on most stories."""
    mixes = grouped([row for row in rows if row["p2"]], "width", "p2")
    widest = [max(curve, key=lambda row: number(row, "stories")) for curve in mixes]
    return sorted(widest, key=lambda row: (number(row, "width"), number(row, "p2")))


def factors(rows: list[Record]) -> Grid:
    """By how much the effective n of real stories is lowered: by their scores, and as readouts show it.

    Measured is the mean over sizes of the error with whole stories over that with single tokens.
    """
    columns = ("stories of", "m", "unequal noise", "stories", "stories, measured", "+- s.e.")
    grid = number_table("factors by which n is divided (p2 = 0)", *columns, left=("stories of",))
    clean = [row for row in rows if not row["p2"]]
    for block in grouped([row for row in clean if row["rows"] == "stories"], "study", "width"):
        ratio = ratios(block, clean)
        grid.add_row(
            str(block[0]["study"]),
            str(block[0]["width"]),
            f"{block[0]['unequal']:.3f}",
            f"{block[0]['dependence']:.3f}",
            f"{ratio.mean():.3f}" if len(ratio) else "",
            f"{ratio.std(ddof=1) / np.sqrt(len(ratio)):.3f}" if len(ratio) > 1 else "",
        )
    return grid


def ratios(block: list[Record], rows: list[Record]) -> np.ndarray:
    """Errors with whole stories over those with as many single tokens, where both were trained."""
    name = ("study", "width", "stories")
    singles = {
        tuple(row[column] for column in name): number(row, "error")
        for row in rows
        if row["rows"] == "tokens"
    }
    pairs = [(row, singles.get(tuple(row[column] for column in name))) for row in block]
    return np.array([number(row, "error") / single for row, single in pairs if single])
