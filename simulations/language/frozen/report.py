"""What a run prints: a network's loss beside that of a readout of its states, measured and predicted."""

from rich.console import Console

from simulations.language.frozen.summary import mixes, over_networks, over_stories
from workbench.command import number_table
from workbench.records import Record, numbers


def print_report(console: Console, rows: list[Record]) -> None:
    """Print a line for each mix at the largest size, means over networks, and all gaps."""
    columns = ("p2", "nats", "+- s.e.", "squared", "+- s.e. ", "readout", "+- s.e.  ", "predicted")
    grid = number_table(
        "real stories: the network's nats above the entropy and squared error, then its readout's",
        *columns,
        *("collapse", "+- s.e.   ", "predicted "),
    )
    for fraction, group in mixes(rows).items():
        shown = [
            f"{value:.4f}"
            for name in ("network_excess", "network_squared")
            for value in over_networks(group, name)
        ]
        shown += [f"{value:.4f}" for value in over_stories(group, "loss")]
        shown.append(f"{numbers(group, 'predicted_loss').mean():.4f}")
        shown += [f"{value:.2g}" for value in over_stories(group, "loss_collapse")]
        shown.append(f"{numbers(group, 'predicted_loss_collapse').mean():.2g}")
        grid.add_row(f"{fraction:g}", *shown)
    console.print(grid)
    gap = abs(numbers(rows, "error") / numbers(rows, "predicted_error") - 1)
    console.print(f"measured error / predicted - 1: at most {gap.max():.1%}")
