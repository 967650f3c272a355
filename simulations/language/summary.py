"""Points of the curves: means over seeds, collapses, delays and fitted laws."""

from typing import NamedTuple

import numpy as np
from scipy import stats

from simulations.fit import PowerLaw, fit_power_law
from simulations.language.gpt2.model import Architecture
from workbench.records import Record, Value, grouped, number, numbers

MISFIT = 10.0  # chi^2 per degree of freedom at which a fitted law says nothing
CURVE = ["width", "depth", "p2", "generator_stories", "temperature", "top_p", "verified"]


class Point(NamedTuple):
    """A model's loss, mean and standard error over seeds, and what it is compared with.

    - `error`: the loss above the corpus's entropy in nats a token, or the loss where that is not known;
    - `collapse`: the error less that of the same seeds' models of real stories alone;
    - `delay`: n over the number of real stories with which real stories alone reach this error, read
      between the points of that curve; NaN outside of them.
    """

    row: Record  # of the first seed
    n: int
    fraction: float
    error: float
    stderr: float
    collapse: float
    collapse_stderr: float
    delay: float
    quality: float  # the generators' own error; NaN without one
    valid: float  # share of stories among what they wrote
    limit: float  # of the collapse, for endless stories and a learner without bounds; NaN if not known
    train_loss: float
    seeds: int

    @property
    def resolved(self) -> float:
        """The smallest collapse that is told from none at 95%; Student's t, for seeds are few."""
        return float(stats.t.ppf(0.975, self.seeds - 1)) * self.collapse_stderr

    @property
    def verified(self) -> bool:
        """Whether synthetic stories passed the verifier."""
        return self.row["verified"] is True

    @property
    def shape(self) -> str:
        """Width x depth."""
        return f"{self.row['width']} x {self.row['depth']}"

    @property
    def parameters(self) -> int:
        """Numbers in the model."""
        _, vocabulary, length = str(self.row["corpus"]).rsplit(" ", 2)
        width, depth = (int(number(self.row, name)) for name in ("width", "depth"))
        return Architecture(int(vocabulary), int(length), width, depth, 1).parameters


def error_name(rows: list[Record]) -> str:
    """The column that measures a model: above the entropy where that is known."""
    return "excess" if all("excess" in row for row in rows) else "loss"


def curves(rows: list[Record]) -> list[list[Point]]:
    """The points of one study, by number of stories: a list for each shape, mix and generator."""
    name = error_name(rows)
    lines = []
    for shape in grouped(rows, "width", "depth"):
        sizes = {int(number(model[0], "n")): model for model in grouped(shape, "n")}
        clean = {
            n: {row["seed"]: number(row, name) for row in model if not row["p2"]}
            for n, model in sizes.items()
        }
        for curve in sorted(grouped(shape, *CURVE), key=lambda rows: number(rows[0], "p2")):
            ordered = sorted(grouped(curve, "n"), key=lambda model: int(number(model[0], "n")))
            lines.append([_point(model, name, clean) for model in ordered])
    return lines


def law(curve: list[Point]) -> PowerLaw:
    """L(n) = floor + A n^-alpha.

    Raises ValueError or ArithmeticError where points do not give it, or lie on no such curve.
    """
    fitted = fit_power_law(*np.transpose([[point.n, point.error, point.stderr] for point in curve]))
    if fitted.chi2 > MISFIT:
        raise ArithmeticError(f"no power law: chi^2/dof = {fitted.chi2:.0f}")
    return fitted


def _point(rows: list[Record], name: str, clean: dict[int, dict[Value, float]]) -> Point:
    row, values = rows[0], numbers(rows, name)
    n = int(number(row, "n"))
    collapse = values - [clean[n].get(each["seed"], np.nan) for each in rows]
    root = np.sqrt(len(values))
    return Point(
        row,
        n,
        number(row, "p2"),
        values.mean(),
        values.std(ddof=1) / root,
        collapse.mean(),
        collapse.std(ddof=1) / root,
        _delay(
            n, values.mean(), {size: float(np.mean([*of.values()])) for size, of in clean.items() if of}
        ),
        numbers(rows, f"generator_{name}").mean(),
        numbers(rows, "valid").mean(),
        numbers(rows, "endless_collapse").mean(),
        numbers(rows, "train_loss").mean(),
        len(rows),
    )


def _delay(n: int, error: float, clean: dict[int, float]) -> float:
    """How many times too many stories n is, by the clean curve, straight in logarithms."""
    sizes = np.array(sorted(clean))
    errors = np.minimum.accumulate([clean[size] for size in sizes])
    if len(sizes) < 2 or not 0 < errors[-1] <= error <= errors[0]:
        return float("nan")
    at = np.interp(-np.log(error), -np.log(errors), np.log(sizes))
    return float(n / np.exp(at))
