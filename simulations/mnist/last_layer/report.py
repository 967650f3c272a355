"""What a run prints: the errors of every width, side by side."""

from rich.table import Table as Grid

from workbench.command import number_table
from workbench.records import Record, number

SHOWN = {
    "predicted": "closed form",
    "held": "new images",
    "new": "test images",
    "own": "its own images",
    "network": "network",
}


def table(rows: list[Record]) -> Grid:
    """Errors with their standard errors over networks, and the gap of the closed form.

    Fits to new images, tested on held-out training images and on test images; then, on test images, the
    fit to the network's own images and the layer that training left.
    """
    grid = number_table("test error by last layer", "m", "p2", "ridge", *SHOWN.values(), "gap")
    for row in rows:
        cells = [f"{number(row, name):.3f} ± {number(row, f'{name}_stderr'):.3f}" for name in SHOWN]
        gap = f"{number(row, 'gap'):+.1%} ± {number(row, 'gap_stderr'):.1%}"
        grid.add_row(str(row["width"]), f"{row['p2']:g}", f"{row['ridge']:g}", *cells, gap)
    return grid
