"""What a figure script asks for: predictions along a curve, simulations at points of it."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from collapse_theory import Problem, accumulate, generations
from figures.house import arrays, tables
from figures.house.arrays import Curve, Points, Theory, as_curve, as_points, as_theory
from simulations import Estimate, simulate, simulate_generations
from simulations.plan import counts_of
from simulations.training.algorithms import Algorithm
from simulations.training.sgd import simulate_one_pass_sgd
from simulations.training.simulate import simulate_training
from simulations.training.two_stage import simulate_two_stage
from simulations.whole import whole
from workbench.cache import Arrays, Cache, as_text
from workbench.picture import Panel
from workbench.records import Record

Make = Callable[[Any], Problem]
Xs = Sequence[float] | np.ndarray


class Run:
    """One run of a figure: its size (`quick`), its cache and who hears of its progress.

    `progress(done, more)` is told how many simulated points are done and how many more are to come.
    `tables` fills with the programs whose tables the figure shows, and the fingerprints of their code.
    """

    def __init__(self, cache: Cache, quick: bool, progress: Callable[[int, int], object]):
        self.cache, self.quick, self.progress = cache, quick, progress
        self.tables: dict[str, str] = {}

    def pick(self, full: Any, quick: Any) -> Any:
        """A setting of the full figure, or of its quick version."""
        return quick if self.quick else full

    def few(self, values: Iterable[Any]) -> list[Any]:
        """These values; in the quick version the first and the last."""
        every = list(values)
        return [every[0], every[-1]] if self.quick else every

    def grid(self, low: float, high: float, count: int) -> np.ndarray:
        """Whole numbers evenly spaced in the logarithm; fewer of them in the quick version."""
        return np.unique(np.round(np.geomspace(low, high, self.pick(count, min(count, 3)))))

    def predict(self, make: Make, xs: Xs) -> Theory:
        """The theory of `make(x)` for every x: arrays (len(xs),); NaN where there is no solution."""
        return self._theory(arrays.batch(make, xs))

    def curve(
        self,
        panel: Panel,
        make: Make,
        line: np.ndarray,
        points: Xs,
        seeds: int,
        label: str,
        colour: int,
    ) -> None:
        """Draw the total error of `make(x)`: theory along `line`, simulations at `points`."""
        curve = self.predict(make, line)
        panel.line(line, curve.total, label, colour, finite=curve.finite.total)
        theory, (mean, stderr) = self.simulate(make, points, seeds)
        expected = theory.finite.total, theory.total
        panel.points(points, mean.total, stderr.total, *expected, label, colour)

    def evaluate(
        self, function: Callable[[Any], Any], make: Callable[[Any], Any], xs: Any
    ) -> np.ndarray:
        """`function` of `make(x)`, a problem or any other pytree, for every x.

        It is a function of a module, and remembered by the code of that module.
        """
        questions = arrays.batch(make, xs)

        def compute() -> Arrays:
            return {"value": arrays.in_chunks(arrays.compiled(function), questions)}

        return self._recall(compute, function.__name__, function.__module__, questions)["value"]

    def once(self, function: Callable[[Any], Any], question: Any) -> np.ndarray:
        """`function` of one question, a pytree: an array, remembered as by `evaluate`."""

        def compute() -> Arrays:
            return {"value": np.asarray(function(question))}

        return self._recall(compute, function.__name__, function.__module__, question)["value"]

    def simulate(
        self, make: Make, xs: Xs, seeds: int, features: str = "gaussian", **options: Any
    ) -> tuple[Theory, Points]:
        """Theory and simulation of `make(x)` for every x, at whole sample sizes."""
        problems = whole(arrays.batch(make, xs))
        theory = self._theory(problems, features)
        options |= {"features": features}
        self.progress(0, len(xs))
        measured = [
            self._measure(simulate, arrays.at(problems, i), seeds=seeds, **options)
            for i in range(len(xs))
        ]
        return theory, as_points({name: np.stack([m[name] for m in measured]) for name in measured[0]})

    def simulate_generations(
        self, problem: Problem, rounds: int, seeds: int, keep: str = "nothing"
    ) -> Points:
        """Simulation of models trained on earlier labels, arrays (rounds,)."""
        self.progress(0, 1)
        options = {"rounds": rounds, "seeds": seeds, "keep": keep}
        return as_points(self._measure(simulate_generations, problem, **options))

    def train(self, problem: Problem, algorithm: Algorithm, seeds: int) -> Points:
        """Simulation of another way to train than one ridge fit, arrays (settings,)."""
        self.progress(0, 1)
        return as_points(self._measure(simulate_training, problem, algorithm=algorithm, seeds=seeds))

    def two_stage(self, problem: Problem, ridges: tuple[float, ...], seeds: int) -> Points:
        """Simulation of two stages, synthetic data first."""
        self.progress(0, 1)
        options = {"ridges": ridges, "first": (0, counts_of(problem)[1]), "seeds": seeds}
        return as_points(self._measure(simulate_two_stage, problem, **options))

    def sgd(
        self,
        problem: Problem,
        schedule: tuple[np.ndarray, np.ndarray],
        seeds: int,
        after: np.ndarray,
    ) -> Points:
        """Runs of one-pass SGD with these learning rates and synthetic fractions, arrays (measured,)."""
        self.progress(0, 1)
        named = dict(zip(("learning_rates", "synthetic_fractions"), schedule, strict=True))
        return as_points(
            self._measure(simulate_one_pass_sgd, problem, seeds=seeds, after=after, **named)
        )

    def predict_generations(self, problem: Problem, rounds: int, keep: str = "nothing") -> Curve:
        """Theory of the same, for `keep` "nothing" and "all"."""
        theory = accumulate if keep == "all" else generations

        def compute() -> Arrays:
            return arrays.of_risk(theory(problem, rounds))

        return as_curve(
            self._recall(compute, theory.__name__, theory.__module__, problem, rounds=rounds)
        )

    def table(self, program: str, study: str | None = None) -> list[Record]:
        """The rows of `python -m simulations.PROGRAM`, or of one study of it; with `refresh` run now."""
        if self.cache.refresh:
            folder = self.cache.folder / (program + self.pick("", "-quick"))
            rows = tables.computed(program, folder, self.quick)
        else:
            rows = tables.committed(program)
        self.tables[program] = tables.code(rows)
        return [row for row in rows if study in (None, row.get("study"))]

    def _recall(
        self, compute: Callable[[], Arrays], name: str, code: str, content: Any, **options: Any
    ) -> Arrays:
        """What was computed before of this question, to which the names of activations belong."""
        activations = arrays.activations(content)
        if activations:
            options["activation"] = activations
        return self.cache.recall(compute, name, code, content, **options)

    def _theory(self, problems: Problem, features: str = "gaussian") -> Theory:
        def compute() -> Arrays:
            return arrays.predictions(problems, features)

        return as_theory(self._recall(compute, "predict", arrays.__name__, problems, features=features))

    def _measure(self, simulator: Callable[..., Estimate], problem: Problem, **options: Any) -> Arrays:
        """What `simulator` measures, with a random key of this problem's own."""
        options["key"] = arrays.random_key(problem)

        def compute() -> Arrays:
            return arrays.of_estimate(simulator(problem, **options))

        question = {
            name: as_text(option) if isinstance(option, np.ndarray) else str(option)
            for name, option in options.items()
        }
        measured = self._recall(compute, simulator.__name__, simulator.__module__, problem, **question)
        self.progress(1, 0)
        return measured
