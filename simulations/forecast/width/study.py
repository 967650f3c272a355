"""A width study: the error of every width with and without synthetic rows, forecast and measured."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from simulations.forecast.estimate import interval, predicted
from simulations.forecast.model import Forecast
from simulations.forecast.rehearsal import rehearse
from simulations.forecast.verdict import trust
from simulations.forecast.width.sizes import Sized, checked_widths, row_numbers, sized, training
from simulations.forecast.width.trials import measured
from simulations.forecast.width.verdict import Curve, verdict
from workbench.records import Record

COLUMNS = ["width", "n_real", "n_synthetic", "ridge", "predicted", "low", "high"]
COLUMNS += ["change", "change_low", "change_high"]
COLUMNS += ["measured", "measured_stderr", "rehearsed", "rehearsed_low", "rehearsed_high"]


class WidthStudy(NamedTuple):
    """Rows of the table, one a training, and the verdict."""

    rows: list[Record]
    verdict: Record

    def table(self) -> pd.DataFrame:
        """The rows: forecasts by all rows and, on as many as a fold leaves, measurements."""
        return pd.DataFrame(self.rows, columns=COLUMNS)

    def report(self) -> str:
        """Table and verdict, as text for a screen."""
        from simulations.forecast.width.report import as_text

        return as_text(self.rows, self.verdict)

    def plot(self) -> Any:
        """Error against width: a `workbench.picture.Picture`."""
        from simulations.forecast.width.picture import draw

        return draw(self.rows, self.verdict)


def study(
    forecast: Forecast,
    widths: Sequence[float],
    progress: Callable[[float], object] = lambda share: None,
) -> WidthStudy:
    """Models of these widths, each trained on the rows at hand, and on what a fold leaves of them.

    Raises ValueError for what is no width.
    """
    ordered = checked_widths(widths)
    rows: list[Record] = []
    curves: dict[tuple[int, int], list[np.ndarray]] = {}
    for width in ordered:
        answered = _rows(forecast, sized(forecast, width), lambda s: progress(s / len(ordered)))
        for row, replicates in answered:
            rows.append(row)
            curves.setdefault((int(row["n_real"] or 0), int(row["n_synthetic"] or 0)), []).append(
                replicates
            )
    known = [Curve(*numbers, np.array(replicates)) for numbers, replicates in curves.items()]
    judged = verdict(ordered, known) | {f"width_{name}": value for name, value in trust(rows).items()}
    return WidthStudy(rows, judged)


def _rows(
    forecast: Forecast, model: Sized, progress: Callable[[float], object]
) -> list[tuple[Record, np.ndarray]]:
    """The rows of one width, with the replicates of each forecast."""
    numbers = row_numbers(forecast.n_real, forecast.n_synthetic, forecast.data_.paired, forecast.folds)
    trainings = [training(forecast, model, one) for one in numbers]
    errors = [predicted(model.sample, one).real for one in trainings]
    progress(0.3)
    tried = [one for one, rows in zip(trainings, numbers, strict=True) if rows.trained]
    common = (tried, forecast.folds, int(forecast.random_state))
    results = measured(forecast.data_, model, *common, forecast.seeds, lambda s: progress(0.4 * s))
    ahead = rehearse(forecast.data_, model.kind, *common, lambda s: progress(0.3 * s))
    outcomes = iter(zip(results, ahead, strict=True))
    answered = []
    for one, size, real in zip(trainings, numbers, errors, strict=True):
        row: Record = {"width": model.width, "n_real": size.n_real, "n_synthetic": size.n_synthetic}
        row |= {"ridge": one.ridge} | _named(interval(real, positive=True), "predicted", "low", "high")
        if size.n_synthetic:
            alone = next(
                other
                for rows, other in zip(numbers, errors, strict=True)
                if rows.trained == size.trained and not rows.n_synthetic
            )
            row |= _named(interval(real / alone - 1), "change", "change_low", "change_high")
        if size.trained:
            result, third = next(outcomes)
            row |= {"measured": result.error, "measured_stderr": result.stderr}
            if third is not None:
                row |= _named(third, "rehearsed", "rehearsed_low", "rehearsed_high")
        told = {k: v for k, v in row.items() if not isinstance(v, float) or np.isfinite(v)}
        answered.append((told, real))
    return answered


def _named(estimate: Any, *names: str) -> Record:
    return dict(zip(names, estimate[:3], strict=True))
