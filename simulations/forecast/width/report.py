"""A width study on one screen: its tables, and what they say in sentences."""

from io import StringIO

from rich.console import Console
from rich.table import Table as Grid

from simulations.forecast.report import WIDTH
from simulations.forecast.verdict import TRUST
from workbench.command import number_table
from workbench.records import Record

SENTENCES = ("about_size", "about_synthetic", "about_peak", "about_untold")


def tables(rows: list[Record]) -> list[Grid]:
    """Forecasts of all rows at hand; forecasts beside models trained on as many as a fold leaves."""
    common = ("m", "real", "synthetic", "ridge", "predicted", "90% interval")
    ahead = number_table("width: all rows", *common, "change by synthetic", "90% interval ")
    trained = number_table("width: models trained", *common, *MEASURED)
    for row in rows:
        cells = [
            *(f"{row[name]:,}" for name in ("width", "n_real", "n_synthetic")),
            f"{row['ridge']:.2g}",
            f"{row['predicted']:.4g}" if "predicted" in row else "not told",
            _between(row, "low", "high", ".4g"),
        ]
        if "measured" in row:
            trained.add_row(*cells, *(f"{row[k]:{form}}" if k in row else "" for k, form in SHOWN))
        else:
            change = f"{row['change']:+.1%}" if "change" in row else ""
            ahead.add_row(*cells, change, _between(row, "change_low", "change_high", "+.1%"))
    return [ahead, trained]


MEASURED = ("measured", "+- s.e.", "rehearsed")
SHOWN = (("measured", ".4g"), ("measured_stderr", ".1g"), ("rehearsed", ".4g"))


def _between(row: Record, low: str, high: str, form: str) -> str:
    return f"{row[low]:{form}} .. {row[high]:{form}}" if low in row else ""


def lines(verdict: Record) -> list[str]:
    """The verdict in sentences, and how far to trust it."""
    sentences = [str(verdict[name]) for name in SENTENCES if verdict.get(name)]
    said = "" if verdict["width_trust"] == TRUST else f" {str(verdict['width_trust']).upper()}:"
    trusted = f"How far to trust this:{said} {verdict['width_reason']}."
    return [*(f"{text[0].upper()}{text[1:]}." for text in sentences), trusted]


def as_text(rows: list[Record], verdict: Record) -> str:
    """Table and verdict as text."""
    console = Console(file=StringIO(), width=WIDTH)
    for grid in tables(rows):
        console.print(grid)
    for line in lines(verdict):
        console.print(line, soft_wrap=True, highlight=False)
    return console.file.getvalue()  # type: ignore[attr-defined]
