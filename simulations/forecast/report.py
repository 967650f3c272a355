"""The verdict on one screen, and the table."""

import math
from io import StringIO
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table as Grid

from simulations.forecast.confidence import LEVEL, SURE, confidence
from simulations.forecast.verdict import TRUST
from workbench.command import number_table
from workbench.records import Record, number

WIDTH = 110
LAW = {"a": "real labels", "b": "times n₂/n", "c": "times n₂(n₂-1)/(n(n-1))"}


def verdict_table(record: dict[str, Any]) -> Grid:
    """The verdict: what, how much, its interval of 90%."""
    grid = Grid(box=box.SIMPLE, title=title(record), show_header=True)
    for name, side in (("", "left"), ("", "right"), ("90% interval", "left"), ("", "left")):
        grid.add_column(name, justify=side)  # type: ignore[arg-type]
    variance = record["variance"]

    def add(what: str, name: str, note: str = "", form: str = ".4g") -> None:
        value, low, high = (number(record, name + end) for end in ("", "_low", "_high"))
        if math.isnan(value):
            grid.add_row(what, "not told", "", "these rows are too few for it")
            return
        interval = "" if math.isnan(low) else f"{low:{form}} .. {high:{form}}"
        grid.add_row(what, f"{value:{form}}", interval, note)

    m = record["n_synthetic"]
    share = f"{number(record, 'error_now') / variance:.0%} of the labels' variance"
    add(f"test error now ({record['n_real']:,} real rows)", "error_now", share)
    add("with endless real data", "error_endless_real")
    if m:
        add(f"with all {m:,} synthetic rows added", "error_all")
        add("  the change that they make", "change", _change(record), "+.1%")
        add("  best weight of each", "best_error", f"weight {record['best_weight']:g}{_gain(record)}")
        add("plateau: endless data, mixed so", "plateau")
        add("c² of the synthetic labels", "c2")
        add("  break-even: they help below", "break_even_c2")
        add("real rows that would do as much", "replaced", "negative: they undo so many", "+,.0f")
        add("synthetic rows worth one real row", "exchange", _exchange(record), ".2g")
        if record["paired"]:
            for name, note in LAW.items():
                add(f"law of mixing {record['law_n']:,} rows: {name}", f"law_{name}", note)
        else:
            add(
                "real and synthetic inputs told apart",
                "told_apart",
                "area under the curve; 0.5: alike",
                ".2f",
            )
    return grid


def title(record: dict[str, Any]) -> str:
    """What the verdict is about."""
    kind = f"{record['classes']} classes, one-hot" if record["classes"] else "numbers"
    model = f"ridge regression, {record['dimension']} features"
    return f"forecast: {model}, target: {kind}; test error: mean square"


def _change(record: dict[str, Any]) -> str:
    value = number(record, "change")
    told = confidence(value, number(record, "change_low"), number(record, "change_high"))
    if not told > LEVEL:
        return "too small to tell"
    return f"adding them {'' if told > SURE else 'probably '}{'helps' if value < 0 else 'harms'}"


def _gain(record: dict[str, Any]) -> str:
    gain = number(record, "best_error") / number(record, "error_now") - 1
    return ": leave them out" if record["best_weight"] == 0 else f": {gain:+.1%} against none"


def _exchange(record: dict[str, Any]) -> str:
    low, high = number(record, "exchange_low"), number(record, "exchange_high")
    if high < 0:
        return "the first ones harm"
    return "" if low > 0 else "too few rows to tell"


def trust_line(record: dict[str, Any]) -> str:
    """How far to trust it."""
    said = "" if record["trust"] == TRUST else f" {record['trust'].upper()}:"
    return f"How far to trust this:{said} {record['reason']}."


def rows_table(rows: list[Record]) -> Grid:
    """Forecasts and trials."""
    columns = ("real", "synthetic", "weight", "ridge", "predicted", "90% interval")
    grid = number_table("forecasts, and models trained", *columns, "measured", "+- s.e.", "rehearsed")
    for row in rows:
        told = "predicted" in row
        grid.add_row(
            f"{row['n_real']:,}",
            f"{row['n_synthetic']:,}",
            f"{row['weight']:g}",
            f"{number(row, 'ridge'):.2g}",
            f"{row['predicted']:.4g}" if told else "not told",
            f"{row['low']:.4g} .. {row['high']:.4g}" if "low" in row else "",
            *(f"{row[name]:{form}}" if name in row else "" for name, form in SHOWN),
        )
    return grid


SHOWN = (("measured", ".4g"), ("measured_stderr", ".1g"), ("rehearsed", ".4g"))


def as_text(record: dict[str, Any]) -> str:
    """The verdict as text."""
    console = Console(file=StringIO(), width=WIDTH)
    console.print(verdict_table(record))
    console.print(trust_line(record), soft_wrap=True)
    return console.file.getvalue()  # type: ignore[attr-defined]
