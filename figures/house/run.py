"""What a figure script asks for: predictions along a curve, simulations at points of it."""

import inspect
import zlib
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from collapse_theory import Problem, Risk, StandardErrors, accumulate, generations, predict
from figures.house.memory import Arrays, Memory
from simulations import Estimate, simulate, simulate_generations
from simulations.code import statements
from simulations.language import __main__ as language
from simulations.language import options as language_options
from simulations.mnist import __main__ as mnist
from simulations.mnist import options as mnist_options
from simulations.picture import Panel, read_csv
from simulations.table import Row

PARTS = ("bias", "variance", "zeta", "total")
# Predictions are computed this many at a time: curves of any length share one program.
CHUNK = 64

PROGRAMS: dict[str, Any] = {  # their parsers and runs
    "mnist": (mnist_options.parser, mnist.run),
    "language": (language_options.parser, language.run),
}

Make = Callable[[Any], Problem]


class Run:
    """One run of a figure: its size (`quick`), its memory and who hears of its progress."""

    def __init__(self, memory: Memory, quick: bool, progress: Callable[[int, int], object]):
        self.memory, self.quick, self.progress = memory, quick, progress

    def pick(self, full: Any, quick: Any) -> Any:
        """A setting of the full figure, or of its quick version."""
        return quick if self.quick else full

    def few(self, values: Iterable[Any]) -> list[Any]:
        """These values; in the quick version the first and the last."""
        found = list(values)
        return [found[0], found[-1]] if self.quick else found

    def grid(self, low: float, high: float, count: int) -> np.ndarray:
        """Whole numbers evenly spaced in the logarithm; fewer of them in the quick version."""
        values = np.geomspace(low, high, min(count, 3) if self.quick else count)
        return np.unique(np.round(values))

    def predict(self, make: Make, xs: Sequence[float] | np.ndarray) -> Risk:
        """The theory of `make(x)` for every x: arrays (len(xs),); NaN where there is no solution."""
        problems = batch(make, xs)
        return as_risk(self.memory.recall(lambda: _predict(problems), "predict", problems))

    def curve(
        self,
        panel: Panel,
        make: Make,
        line: np.ndarray,
        points: Sequence[float] | np.ndarray,
        seeds: int,
        size: float,
        label: str,
        colour: int,
    ) -> None:
        """Draw the total error of `make(x)`: theory along `line`, simulations at `points`."""
        panel.line(line, self.predict(make, line).total, label, colour)
        theory, found = self.simulate(make, points, seeds)
        panel.points(points, found.mean.total, found.stderr.total, theory.total, size, label, colour)

    def evaluate(
        self, function: Callable[[Any], Any], make: Callable[[Any], Any], xs: Any
    ) -> np.ndarray:
        """`function` of `make(x)`, a problem or any other pytree, for every x.

        Remembered by the code of its whole script, whose constants and helpers it may use.
        """
        questions = batch(make, xs)
        code = statements(inspect.getsource(inspect.getmodule(function)))  # type: ignore[arg-type]

        def compute() -> Arrays:
            return {"value": in_chunks(compiled(function), questions)}

        return self.memory.recall(compute, function.__name__, questions, code=code)["value"]

    def simulate(
        self, make: Make, xs: Sequence[float] | np.ndarray, seeds: int, **options: Any
    ) -> tuple[Risk, Estimate]:
        """Theory and simulation of `make(x)` for every x, at whole sample sizes."""
        problems = whole(batch(make, xs))
        theory = as_risk(self.memory.recall(lambda: _predict(problems), "predict", problems))
        self.progress(0, len(xs))
        found = [
            self._measure(
                simulate, jax.tree.map(lambda leaf, i=i: leaf[i], problems), seeds=seeds, **options
            )
            for i in range(len(xs))
        ]
        return theory, as_estimate(
            {name: np.stack([f[name] for f in found]) for name in found[0]}, seeds
        )

    def simulate_generations(
        self, problem: Problem, rounds: int, seeds: int, keep: str = "nothing"
    ) -> Estimate:
        """Simulation of models trained on earlier labels, arrays (rounds,)."""
        self.progress(0, 1)
        options = {"rounds": rounds, "seeds": seeds, "keep": keep}
        return as_estimate(self._measure(simulate_generations, problem, **options), seeds)

    def predict_generations(self, problem: Problem, rounds: int, keep: str = "nothing") -> Risk:
        """Theory of the same, for `keep` "nothing" and "all"."""
        function = accumulate if keep == "all" else generations

        def compute() -> Arrays:
            risk = function(problem, rounds)
            return {part: np.asarray(getattr(risk, part)) for part in PARTS}

        return as_risk(self.memory.recall(compute, function.__name__, problem, rounds=rounds))

    def mnist(self, study: str) -> list[Row]:
        """The rows of a study of `python -m simulations.mnist`."""
        return self._study("mnist", study)

    def language(self, study: str) -> list[Row]:
        """The rows of a study of `python -m simulations.language`."""
        return self._study("language", study)

    def _study(self, program: str, study: str) -> list[Row]:
        """Rows from the table beside the figures, or with `refresh` from a run on this machine.

        Such a run takes as long as the program, needs its data, and resumes if killed.
        """
        if self.memory.refresh:
            rows = _new_rows(program, str(self.memory.folder / program), self.quick)
        else:
            rows = read_csv(Path(str(files("figures"))) / "tables" / f"{program}.csv")
        return [row for row in rows if row["study"] == study]

    def _measure(self, simulator: Callable[..., Estimate], problem: Problem, **options: Any) -> Arrays:
        """What `simulator` finds, with a random key of this problem's own."""
        content = b"".join(np.asarray(leaf).tobytes() for leaf in jax.tree.leaves(problem))
        options["key"] = zlib.crc32(content)

        def compute() -> Arrays:
            return as_arrays(simulator(problem, **options))

        found = self.memory.recall(compute, simulator.__name__, problem, **options)
        self.progress(1, 0)
        return found


@cache
def _new_rows(program: str, folder: str, quick: bool) -> list[Row]:
    """The rows of a run now, in which a killed one goes on; one for all figures."""
    arguments = ["--out", f"{folder}-quick", "--quick"] if quick else ["--out", folder]
    parser, run = PROGRAMS[program]
    done = run(parser("").parse_args(arguments), arguments)
    if done.failed:
        raise RuntimeError(f"{len(done.failed)} jobs of simulations.{program} failed: {done.failed}")
    return done.rows


def batch(make: Callable[[Any], Any], xs: Any) -> Any:
    """The problems `make(x)` stacked into one, a `vmap` over x."""
    return jax.vmap(make)(jnp.asarray(xs, dtype=float))


def whole(problems: Problem) -> Problem:
    """The same with whole sample sizes, which is what can be simulated, and the same total."""
    counts = [source.n for source in problems.sources]
    others = [jnp.round(n) for n in counts[1:]]
    first = jnp.round(sum(counts)) - sum(others)
    return eqx.tree_at(lambda tree: [source.n for source in tree.sources], problems, [first, *others])


def as_risk(arrays: dict[str, Any]) -> Risk:
    """The risk that these arrays hold; a run measured as a whole has no parts."""
    bias, variance, zeta, total = (arrays.get(part) for part in PARTS)
    return Risk(bias, variance, zeta, whole=total if bias is None else None)


@cache
def compiled(function: Callable[[Any], Any]) -> Callable[[Any], jax.Array]:
    """`function` for a batch, compiled once for all curves."""
    return jax.jit(jax.vmap(function))


def in_chunks(program: Callable[[Any], jax.Array], problems: Any) -> np.ndarray:
    """`program` on a batch of any length, `CHUNK` problems at a time."""
    count = len(jax.tree.leaves(problems)[0])
    parts = []
    for start in range(0, count, CHUNK):
        index = np.minimum(np.arange(start, start + CHUNK), count - 1)
        parts.append(np.asarray(program(jax.tree.map(lambda leaf, index=index: leaf[index], problems))))
    return np.concatenate(parts)[:count]


def _parts(problem: Problem) -> jax.Array:
    risk = predict(problem)
    return jnp.stack([getattr(risk, part) for part in PARTS])


def _predict(problems: Problem) -> Arrays:
    return dict(zip(PARTS, in_chunks(compiled(_parts), problems).T, strict=True))


def as_arrays(estimate: Estimate) -> Arrays:
    """The arrays of an estimate by name."""
    return {
        f"{kind}_{part}": np.asarray(getattr(risk, part))
        for kind, risk in (("mean", estimate.mean), ("stderr", estimate.stderr))
        for part in PARTS
        if getattr(risk, part) is not None
    }


def as_estimate(arrays: Arrays, seeds: int) -> Estimate:
    """The estimate with these arrays."""
    mean = {part: arrays.get(f"mean_{part}") for part in PARTS}
    stderr: dict[str, Any] = {part: arrays.get(f"stderr_{part}") for part in PARTS}
    return Estimate(as_risk(mean), StandardErrors(**stderr), seeds)
