"""The picture of a width study: models trained beside their forecasts, and the forecast of all rows."""

from workbench.picture import Picture
from workbench.records import Record, number, numbers


def draw(rows: list[Record], verdict: Record) -> Picture:
    """Left: trained on as many rows as a fold leaves, with forecasts.  Right: forecasts of all rows."""
    told = [row for row in rows if "predicted" in row]
    trained = [row for row in rows if "measured" in row]
    everything = [row for row in told if "measured" not in row]
    picture = Picture(["models trained", "all rows"], x="width m", y="test error (mean square)")
    left, right = picture.panels
    for colour, synthetic in enumerate((False, True)):
        label = "with synthetic rows" if synthetic else "real rows alone"
        for panel, group in ((left, trained), (right, everything)):
            chosen = [row for row in group if bool(row["n_synthetic"]) == synthetic]
            if not chosen:
                continue
            m = numbers(chosen, "width")
            panel.line(m, numbers(chosen, "predicted"), label, colour)
            low, high = numbers(chosen, "low"), numbers(chosen, "high")
            panel.axes.fill_between(m, low, high, color=f"C{colour}", alpha=0.15, lw=0)
            if panel is left:
                panel.points(
                    m,
                    numbers(chosen, "measured"),
                    numbers(chosen, "measured_stderr"),
                    numbers(chosen, "predicted"),
                    label=label,
                    colour=colour,
                )
    picture.caption = caption(trained, everything)
    return picture


def caption(trained: list[Record], everything: list[Record]) -> str:
    """What the axes do not say."""

    def of(rows: list[Record]) -> str:
        sizes = dict.fromkeys((number(row, "n_real"), number(row, "n_synthetic")) for row in rows)
        return ", or ".join(f"{n:,.0f} real" + f" and {s:,.0f} synthetic" * (s > 0) for n, s in sizes)

    right = f"; on the right: {of(everything)}" if everything else ""
    return (
        f"Rows on the left: {of(trained)}{right}. Lines: forecast, bands: intervals of 90%. Points: "
        "models trained, tested on rows that they have not seen; bars: standard error."
    )
