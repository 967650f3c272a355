"""What a run prints: the four errors of every width, side by side."""

from rich.table import Table as Grid

from workbench.command import number_table
from workbench.records import Record, number

SHOWN = {
    "predicted": "closed form",
    "new": "fit to new images",
    "own": "fit to its images",
    "network": "network",
}


def table(rows: list[Record]) -> Grid:
    """Test errors with their standard errors over networks, and the closed form's gap."""
    grid = number_table("test error by last layer", "m", "p2", "ridge", *SHOWN.values(), "gap of new")
    for row in rows:
        cells = [f"{number(row, name):.4f} ± {number(row, f'{name}_stderr'):.4f}" for name in SHOWN]
        gap = f"{number(row, 'gap'):+.1%} ± {number(row, 'gap_stderr'):.1%}"
        grid.add_row(str(row["width"]), f"{row['p2']:g}", f"{row['ridge']:g}", *cells, gap)
    return grid
