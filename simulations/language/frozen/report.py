"""What a run prints: a network's loss beside that of a readout of its states, measured and predicted."""

from rich.console import Console

from workbench.command import number_table
from workbench.records import Record, grouped, number, numbers


def print_report(console: Console, rows: list[Record]) -> None:
    """Print a line for each network at the largest size, and the gaps of all readouts."""
    columns = ("p2", "excess", "squared", "readout", "+- s.e.", "predicted")
    grid = number_table(
        "real stories: the network's nats above the entropy and squared error, then its readout's",
        *columns,
        *("collapse", "+- s.e. ", "predicted "),
    )
    for curve in grouped(rows, "p2"):
        row = max(curve, key=lambda row: number(row, "stories"))
        losses = ("network_excess", "network_squared", "loss", "loss_stderr", "predicted_loss")
        shown = [f"{number(row, name):.4f}" for name in losses]
        collapse = ("loss_collapse", "loss_collapse_stderr", "predicted_loss_collapse")
        shown += [f"{number(row, name):.2g}" for name in collapse]
        grid.add_row(f"{row['p2']:g}", *shown)
    console.print(grid)
    gap = abs(numbers(rows, "error") / numbers(rows, "predicted_error") - 1)
    console.print(f"measured error / predicted - 1: at most {gap.max():.1%}")
