"""What a run prints: the excess loss round by round, and the share of valid stories."""

import numpy as np
from rich.console import Console
from rich.table import Table as Grid

from simulations.language.generations.chain import Chain
from simulations.language.generations.theory import linear_growth
from workbench.command import number_table
from workbench.records import Record, grouped, number, numbers


def print_report(console: Console, rows: list[Record]) -> None:
    """Print a line for every chain: its excess losses, their growth, and what its models write."""
    for title, cell in (
        ("excess loss by round in nats a token (standard error of the last digit)", _excess),
        ("excess loss / that of round 0, and of linear regression", _growth),
        ("share of what a model wrote that is a story", _valid),
    ):
        console.print(_grid(title, rows, cell))


def mean_and_error(values: np.ndarray) -> tuple[float, float]:
    """The mean over seeds and its standard error."""
    return float(values.mean()), float(values.std(ddof=1) / np.sqrt(len(values)))


def growth(rows: list[Record]) -> list[tuple[float, float]]:
    """Of each round the excess over that of the same seeds' round 0: mean and standard error."""
    first, *_ = by_round = [numbers(group, "excess") for group in grouped(rows, "round")]
    return [mean_and_error(values / first) for values in by_round]


def chain_of(rows: list[Record]) -> Chain:
    """The chain of these rows."""
    row = rows[0]
    return Chain(str(row["kind"]), number(row, "temperature"), row["verified"] is True)


def _grid(title: str, rows: list[Record], cell) -> Grid:
    last = max(int(number(row, "round")) for row in rows)
    grid = number_table(title, "chain", *map(str, range(last + 1)), left=["chain"])
    for chain in grouped(rows, "kind", "temperature", "verified"):
        for name, cells in cell(chain):
            grid.add_row(name, *cells)
    return grid


def _excess(chain: list[Record]):
    rounds = [mean_and_error(numbers(group, "excess")) for group in grouped(chain, "round")]
    yield str(chain_of(chain)), [f"{mean:.3f}({1000 * error:.0f})" for mean, error in rounds]


def _growth(chain: list[Record]):
    yield str(chain_of(chain)), [f"{mean:.2f} +- {error:.2f}" for mean, error in growth(chain)]
    if chain_of(chain) == Chain(str(chain[0]["kind"])):
        rounds = len(grouped(chain, "round")) - 1
        yield (
            "  linear regression",
            [f"{value:.2f}" for value in linear_growth(chain_of(chain).kind, rounds)],
        )


def _valid(chain: list[Record]):
    rounds = [numbers(group, "valid").mean() for group in grouped(chain, "round")]
    yield str(chain_of(chain)), [f"{share:.1%}" for share in rounds]
