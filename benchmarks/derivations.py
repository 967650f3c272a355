"""Times of the derivations: from expression to closed form, and a numeric solve of the same pencil.

    python -m benchmarks.derivations

Each row is a term of Theorem 1 or 2: blocks of its pencil, unknowns before and after alike components
share theirs, nonlinear equations that survive elimination and linear ones that are solved, operations
of the closed form, seconds from the expression to it (SymPy's caches warm from the second row on), and
milliseconds of a numeric solve once compiled
(d = 600 eigenvalues, best and median of 20).
"""

import time
from collections.abc import Iterator
from itertools import islice
from typing import Any

import jax
import numpy as np

from benchmarks.command import parser_of
from derivations.engine.numeric import NumericTrace
from derivations.engine.symbolic import SymbolicTrace
from derivations.groundwork.setting import DELTA, GAMMA, SIGMA, d, lam, m, n, noise, p2
from derivations.theorems import theorem_1, theorem_2
from workbench.command import number_table, wide_console
from workbench.compiling import compile_fast

SIZE, SOLVES = 600, 20
COLUMNS = ("term", "blocks", "unknowns", "shared", "nonlinear", "linear", "operations")
COLUMNS += ("closed form, s", "compile, s", "best solve, ms", "median, ms")


def main(arguments: list[str] | None = None) -> None:
    """Print one row a term."""
    trial = "the first term of Theorem 1 at a small size: a trial, whose times mean nothing"
    options = parser_of("benchmarks.derivations", __doc__, trial).parse_args(arguments)
    table = number_table("derivations", *COLUMNS, left=["term"])
    if options.quick:
        compile_fast()
    for name, expression in islice(_terms(), 1 if options.quick else None):
        solves = _numeric(expression, 20, 2) if options.quick else _numeric(expression, SIZE, SOLVES)
        table.add_row(name, *_symbolic(expression), *solves)
    wide_console(140).print(table)


def _terms() -> Iterator[tuple[str, Any]]:
    for title, module in (("Theorem 1", theorem_1), ("Theorem 2", theorem_2)):
        for name, expression in module.expressions().items():
            yield f"{title}: {name}", expression


def _symbolic(expression: Any) -> list[str]:
    """Counts of the pencil and its equations, and the seconds to the closed form."""
    started = time.perf_counter()
    trace = SymbolicTrace(expression, lam)
    closed_form = trace.value
    seconds = time.perf_counter() - started
    fixed_point = trace.fixed_point
    linear = [unknown for unknown in trace.unknowns.values() if fixed_point.layer(unknown)[0] > 0]
    kappas = [resolvent for resolvent in trace.resolvents if resolvent.name]
    nonlinear = len(kappas) + len(trace.first_order[1])
    counts = (len(fixed_point.pencil.sizes), len(fixed_point.unknowns), len(trace.unknowns))
    size = closed_form.count_ops()
    return [*map(str, (*counts, nonlinear, len(linear), size)), f"{seconds:.2f}"]


def _numeric(expression: Any, size: int, solves: int) -> list[str]:
    """Seconds of the first solve, which compiles; milliseconds of the others, best and median."""
    spectrum = np.arange(1, size + 1) ** -1.2
    matrices = dict.fromkeys((SIGMA, GAMMA, DELTA), spectrum / spectrum.mean())
    numbers = {n: size / 0.6, d: float(size), m: size / 0.75, lam: 1e-3, p2: 0.1, noise: 0.1}
    trace = NumericTrace(expression)
    seconds = []
    for _ in range(solves + 1):
        started = time.perf_counter()
        solution = jax.block_until_ready(trace(numbers, matrices))
        seconds.append(time.perf_counter() - started)
    assert solution.converged
    compilation, *warm = seconds
    return [f"{compilation:.2f}", f"{1e3 * min(warm):.1f}", f"{1e3 * np.median(warm):.1f}"]


if __name__ == "__main__":
    main()
