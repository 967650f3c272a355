"""Times of the derivations: from expression to closed form, and a numeric solve of the same pencil.

    python -m benchmarks.derivations

Each row is a term of Theorem 1 or 2: blocks of its pencil, unknowns before and after alike components
share theirs, nonlinear equations that survive elimination, seconds from the expression to the closed
form (SymPy's caches warm from the second row on), and milliseconds of a numeric solve once compiled
(d = 600 eigenvalues, best and median of 20).
"""

import argparse
import time

import jax
import numpy as np
from rich.console import Console
from rich.table import Table

from derivations.engine.numeric import NumericTrace
from derivations.engine.symbolic import SymbolicTrace
from derivations.groundwork.setting import DELTA, GAMMA, SIGMA, d, lam, m, n, noise, p2
from derivations.theorems import theorem_1, theorem_2

SIZE = 600
NUMBERS = {n: 1000.0, d: float(SIZE), m: 800.0, lam: 1e-3, p2: 0.1, noise: 0.1}


def main() -> None:
    """Print one row a term."""
    parser = argparse.ArgumentParser(description="Time the derivations.")
    parser.add_argument("--quick", action="store_true", help="only Theorem 1")
    models = [("Theorem 1", theorem_1), ("Theorem 2", theorem_2)]
    models = models[:1] if parser.parse_args().quick else models
    table = Table(
        "term", "blocks", "unknowns", "shared", "surviving", "closed form, s", "compile, s", "solve, ms"
    )
    for title, module in models:
        for name, expression in module.expressions().items():
            started = time.perf_counter()
            trace = SymbolicTrace(expression, lam)
            found = trace.solution, trace.value
            seconds = time.perf_counter() - started
            linear = [x for x, u in trace.unknowns.items() if trace.fixed_point.layer(u)[0] > 0]
            kappas = [resolvent for resolvent in trace.resolvents if resolvent.name]
            surviving = len(kappas) + len(trace.first_order[1])
            table.add_row(
                f"{title}: {name}",
                str(len(trace.fixed_point.pencil.sizes)),
                str(len(trace.fixed_point.unknowns)),
                str(len(trace.unknowns)),
                f"{surviving} nonlinear ({len(linear)} linear solved)",
                f"{seconds:.2f}" if found else "",
                *_numeric(expression),
            )
    Console(width=140).print(table)


def _numeric(expression) -> tuple[str, str]:
    spectrum = np.arange(1, SIZE + 1) ** -1.2
    matrices = dict.fromkeys((SIGMA, GAMMA, DELTA), spectrum / spectrum.mean())
    trace = NumericTrace(expression)
    seconds = []
    for _ in range(21):
        started = time.perf_counter()
        jax.block_until_ready(trace(NUMBERS, matrices))
        seconds.append(time.perf_counter() - started)
    compilation, *solves = seconds
    return f"{compilation:.2f}", f"{1e3 * min(solves):.1f}, {1e3 * np.median(solves):.1f}"


if __name__ == "__main__":
    main()
