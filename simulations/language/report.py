"""What a run prints: its models, fitted laws, what the plateaus follow, and its generators."""

import itertools
from collections.abc import Callable

import numpy as np
from rich.console import Console
from rich.table import Table as Grid

from simulations.fit import RESOLVED, Measured, fit_power_law
from simulations.language.summary import CURVE, Point, curves, error_name, law
from workbench.command import number_table
from workbench.records import Record, as_text, grouped, numbers

NORMAL = 1.96  # standard errors on either side of a 95% interval
FEWEST = 4  # points of a curve that a law with three parameters is fitted to


def print_report(console: Console, rows: list[Record]) -> None:
    """Print every study, the laws of its curves, how collapses grow with p_2, and the generators."""
    for study in grouped(rows, "study"):
        lines = curves(study)
        console.print(_models(study, lines))
        if any(len(curve) >= FEWEST for curve in lines):
            console.print(_laws([curve for curve in lines if len(curve) >= FEWEST]))
        if study[0]["study"] == "scaling":
            console.print(_fractions(lines))
            for title, cell in RESOLUTION.items():
                console.print(_by_size(title, lines, cell))
    mixed = [row for row in rows if row["p2"]]
    if mixed:
        console.print(_generators(mixed))


def _models(rows: list[Record], lines: list[list[Point]]) -> Grid:
    unit = "loss above the entropy" if error_name(rows) == "excess" else "loss"
    title = f"{str(rows[0]['corpus']).rsplit(' ', 2)[0]}, {rows[0]['study']}: {unit}, nats a token"
    columns = ("width x depth", "p2", "n", unit.split()[0], "+- s.e.", "collapse", "+- s.e.")
    grid = number_table(title, *columns, "delay", "training loss", left=["width x depth"])
    for curve in lines:
        for point in curve:
            mixed = point.fraction > 0
            grid.add_row(
                point.shape,
                _mix(point),
                str(point.n),
                f"{point.error:.4f}",
                f"{point.stderr:.1g}",
                f"{point.collapse:.4f}" if mixed else "",
                f"{point.collapse_stderr:.1g}" if mixed else "",
                f"{point.delay:.2f}" if mixed and np.isfinite(point.delay) else "",
                f"{point.train_loss:.3f}",
            )
    return grid


RESOLUTION: dict[str, Callable[[Point], str]] = {
    "collapse by n": lambda point: f"{point.collapse:.4f}",
    "smallest collapse that is resolved (95%, Student's t) by n": lambda point: f"{point.resolved:.2g}",
}


def _by_size(title: str, lines: list[list[Point]], cell: Callable[[Point], str]) -> Grid:
    """A line for each mix, a column for each number of stories."""
    mixes = [curve for curve in lines if curve[0].fraction]
    sizes = sorted({point.n for curve in mixes for point in curve})
    columns = ("width x depth", "p2", *map(str, sizes))
    grid = number_table(title, *columns, left=["width x depth"])
    for curve in mixes:
        cells = {point.n: cell(point) for point in curve}
        shown = [cells.get(n, "") for n in sizes]
        grid.add_row(curve[0].shape, _mix(curve[0]), *shown)
    return grid


def _laws(lines: list[list[Point]]) -> Grid:
    """Fitted laws with 95% intervals; a floor only where it is more than two standard errors."""
    columns = ("width x depth", "p2", "exponent", "95%", "plateau", "95%", "chi^2/dof")
    grid = number_table("laws: error = plateau + A n^-exponent", *columns, left=["width x depth"])
    for curve in lines:
        names = curve[0].shape, _mix(curve[0])
        try:
            fitted = law(curve)
        except (ArithmeticError, ValueError) as error:
            grid.add_row(*names, " ".join(str(error).split())[:60])
            continue
        assert fitted.floor is not None
        floor = [f"{fitted.floor.value:.4f}", _interval(fitted.floor)]
        if not fitted.has_plateau:
            highest = max(0.0, fitted.floor.value) + RESOLVED * fitted.floor.stderr
            floor = ["not resolved", f"below {highest:.2g}"]
        exponent = [f"{fitted.exponent.value:.3f}", _interval(fitted.exponent)]
        grid.add_row(*names, *exponent, *floor, f"{fitted.chi2:.1f}")
    return grid


def _fractions(lines: list[list[Point]]) -> Grid:
    """The collapse at the largest n: its limit for endless data, and its share of that at p_2 = 1."""
    columns = ("width x depth", "p2", "n", "collapse", "+- s.e.", "endless", "/ that at p2 = 1", "p2^2")
    grid = number_table(
        "how the collapse at the largest n grows with p2", *columns, left=["width x depth"]
    )
    ends = [curve[-1] for curve in lines if curve[0].fraction]
    for _, group in itertools.groupby(ends, lambda point: point.shape):
        points = list(group)
        whole = [point.collapse for point in points if point.fraction == 1]
        for point in points:
            part = f"{point.collapse / whole[0]:.4f}" if whole and whole[0] > 0 else ""
            values = f"{point.collapse:.5f}", f"{point.collapse_stderr:.1g}"
            limit = "" if np.isnan(point.limit) else f"{point.limit:.2g}"
            square = f"{point.fraction**2:g}"
            grid.add_row(point.shape, _mix(point), str(point.n), *values, limit, part, square)
        exponent = fraction_exponent(points)
        if exponent is not None:
            grid.add_row(points[0].shape, "", "", f"~ p2^{exponent.value:.2f}", _interval(exponent))
    return grid


def fraction_exponent(ends: list[Point]) -> Measured | None:
    """s of collapse ~ p_2^s, from the points that stand out of the noise; None if they are too few."""
    clear = [point for point in ends if point.collapse > point.resolved > 0]
    if len({point.fraction for point in clear}) < 3:
        return None
    values = [[1 / point.fraction, point.collapse, point.collapse_stderr] for point in clear]
    return fit_power_law(*np.transpose(values), floor=False).exponent


def _generators(rows: list[Record]) -> Grid:
    columns = ("stories", "width x depth", "temperature", "top p", "verified", "its own loss", "excess")
    grid = number_table(
        "generators, of which every seed has its own", *columns, "valid", left=["width x depth"]
    )
    for group in grouped(rows, *CURVE[3:], "author_width", "author_depth"):
        row = group[0]
        seeds = {one["seed"]: one for one in group}.values()

        def mean(name: str, seeds=seeds) -> float:
            return float(numbers(seeds, name).mean())

        grid.add_row(
            as_text(row["generator_stories"]),
            f"{row['author_width']} x {row['author_depth']}",
            as_text(row["temperature"]),
            as_text(row["top_p"]),
            "yes" if row["verified"] else "no",
            f"{mean('generator_loss'):.4f}",
            f"{mean('generator_excess'):.4f}" if "generator_excess" in row else "",
            f"{mean('valid'):.1%}" if "valid" in row else "",
        )
    return grid


def _mix(point: Point) -> str:
    return f"{point.fraction:g}" + (" verified" if point.verified else "")


def _interval(measured: Measured) -> str:
    low, high = (measured.value + sign * NORMAL * measured.stderr for sign in (-1, 1))
    return f"{low:.3g} .. {high:.3g}"
