"""What a figure script asks for: predictions along a curve, simulations at points of it."""

import zlib
from collections.abc import Callable, Sequence
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from collapse_theory import Problem, Risk
from collapse_theory.predict import predict_with_status
from figures.house.memory import Arrays, Memory
from simulations import Estimate, simulate

PARTS = ("bias", "variance", "zeta", "total")
# Predictions are computed this many at a time: curves of any length share one program.
CHUNK = 64

Make = Callable[[Any], Problem]
predicted = jax.jit(jax.vmap(predict_with_status))


class Run:
    """One run of a figure: its size (`quick`), its memory and who hears of its progress."""

    def __init__(self, memory: Memory, quick: bool, progress: Callable[[int, int], object]):
        self.memory, self.quick, self.progress = memory, quick, progress

    def pick(self, full: Any, quick: Any) -> Any:
        """A setting of the full figure, or of its quick version."""
        return quick if self.quick else full

    def grid(self, low: float, high: float, count: int) -> np.ndarray:
        """Whole numbers evenly spaced in the logarithm; fewer of them in the quick version."""
        values = np.geomspace(low, high, min(count, 4) if self.quick else count)
        return np.unique(np.round(values))

    def predict(self, make: Make, xs: Sequence[float] | np.ndarray) -> Risk:
        """The theory of `make(x)` for every x: arrays (len(xs),); NaN where there is no solution."""
        problems = batch(make, xs)
        return as_risk(self.memory.recall(lambda: _predict(problems), "predict", problems))

    def simulate(
        self, make: Make, xs: Sequence[float] | np.ndarray, seeds: int, **options: Any
    ) -> tuple[Risk, Estimate]:
        """Theory and simulation of `make(x)` for every x, at whole sample sizes."""
        problems = whole(batch(make, xs))
        theory = as_risk(self.memory.recall(lambda: _predict(problems), "predict", problems))
        return theory, self.measure(simulate, problems, len(xs), seeds=seeds, **options)

    def measure(self, simulator: Callable[..., Estimate], problems: Problem, count: int, **options: Any):
        """The estimates of `simulator` for a batch of problems, each an independent draw."""
        found = []
        self.progress(0, count)
        for index in range(count):
            problem = jax.tree.map(lambda leaf, index=index: leaf[index], problems)
            key = zlib.crc32(b"".join(np.asarray(leaf).tobytes() for leaf in jax.tree.leaves(problem)))
            asked = {"key": key, **options}

            def compute(problem: Problem = problem, asked: dict[str, Any] = asked) -> Arrays:
                return _arrays(simulator(problem, **asked))

            found.append(self.memory.recall(compute, simulator.__name__, problem, **asked))
            self.progress(1, 0)
        stacked = {name: np.stack([arrays[name] for arrays in found]) for name in found[0]}
        mean, stderr = (
            {part: stacked[f"{kind}_{part}"] for part in PARTS if f"{kind}_{part}" in stacked}
            for kind in ("mean", "stderr")
        )
        return Estimate(as_risk(mean), as_risk(stderr), options["seeds"])


def batch(make: Make, xs: Sequence[float] | np.ndarray) -> Problem:
    """The problems `make(x)` stacked into one, a `vmap` over x."""
    return jax.vmap(make)(jnp.asarray(xs, dtype=float))


def whole(problems: Problem) -> Problem:
    """The same with whole sample sizes, which is what can be simulated."""
    counts = [source.n for source in problems.sources]
    return eqx.tree_at(
        lambda tree: [source.n for source in tree.sources], problems, [jnp.round(n) for n in counts]
    )


def as_risk(arrays: Arrays) -> Risk:
    """The risk that these arrays hold; parts that were not measured are None."""
    return Risk(*(arrays.get(part) for part in PARTS))


def _predict(problems: Problem) -> Arrays:
    count = len(jax.tree.leaves(problems)[0])
    parts = []
    for start in range(0, count, CHUNK):
        index = np.minimum(np.arange(start, start + CHUNK), count - 1)
        risk, _ = predicted(jax.tree.map(lambda leaf, index=index: leaf[index], problems))
        parts.append(np.stack([np.asarray(getattr(risk, part)) for part in PARTS]))
    together = np.concatenate(parts, axis=1)[:, :count]
    return dict(zip(PARTS, together, strict=True))


def _arrays(estimate: Estimate) -> Arrays:
    return {
        f"{kind}_{part}": np.asarray(getattr(risk, part))
        for kind, risk in (("mean", estimate.mean), ("stderr", estimate.stderr))
        for part in PARTS
        if getattr(risk, part) is not None
    }
