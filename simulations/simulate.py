"""`simulate(problem)`: the mean risk over many draws, with its standard error."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from collapse_theory import Problem, checks
from simulations.draw import Constants, Plan
from simulations.exchangeable import Labels, is_unlabelled, unlabelled
from simulations.isotropic import BYTES_A_ROW, is_isotropic, spectral
from simulations.measure import averaged, trained
from simulations.nonlinear import averaged_nonlinear, bytes_per_draw, trained_nonlinear
from simulations.plan import Features, counts_of, plan_nonlinear, plan_simulation
from simulations.seeds import Estimate, Measure, Number, over_seeds, summarise

MEASURES: dict[str, Measure] = {"averaged": averaged, "assigned": averaged, "trained": trained}
NONLINEAR: dict[str, Measure] = {
    "averaged": averaged_nonlinear,
    "assigned": averaged_nonlinear,
    "trained": trained_nonlinear,
}
# Of a standard error, that sums of Hermite polynomials may leave out.
LEFT_OUT = 0.1


class Draws(NamedTuple):
    """What many draws of the data, each trained with several ridges, say about risks.

    Bias, variance and zeta are linear in Gamma, the sigma_k^2 and the Delta_k, so that the same draws
    serve all problems that differ from theirs by factors of these; and where rows are exchangeable
    also those with other shares of them in the n_k.
    """

    # Those of `Labels`; without labels the parts themselves.
    terms: Float[np.ndarray, "seeds terms R"]
    ridges: list[float]
    separable: bool  # each part is known, and linear in one of Gamma, sigma_k^2 and Delta_k
    correlated: bool = False  # labelling vectors are, so that zeta may be negative
    labels: Labels | None = None  # of the problem, where which rows are whose is averaged over

    @property
    def risks(self) -> Float[np.ndarray, "seeds parts R"]:
        """(bias, variance, zeta) of every draw; of measure "trained" (total,)."""
        return self.terms if self.labels is None else self.labels.parts(self.terms)

    def relabelled(self, counts: Sequence[Number]) -> "Draws":
        """The same draws where source k labels `counts[k - 1]` of the n rows.

        Raises ValueError for numbers that are not whole or do not make n, and where draws are of their
        own rows a source (another measure, or sources that differ in covariance or weight).
        """
        if self.labels is None:
            raise checks.fail("counts", counts, "none, as these draws know which rows are whose")
        n, numbers = sum(self.labels.counts), [float(checks.number("count", c)) for c in counts]
        if len(numbers) != len(self.labels.counts) or sum(numbers) != n or any(c % 1 for c in numbers):
            expected = f"{len(self.labels.counts)} whole numbers that make {n}"
            raise checks.fail("counts", counts, expected)
        return self._replace(labels=self.labels._replace(counts=tuple(map(int, numbers))))

    def estimate(
        self, ridge: Number, *, signal: Number = 1.0, noise: Number = 1.0, shift: Number = 1.0
    ) -> Estimate:
        """The estimate at one of the ridges, with factors on Gamma, on every sigma_k^2 and Delta_k.

        Estimates of the same draws have correlated errors.  Raises ValueError for a ridge without
        draws, a negative factor, or one that is not 1 where the parts are not told apart (measure
        "trained") or not linear (correlated labelling vectors); ArithmeticError as `simulate` does.
        """
        if ridge not in self.ridges:
            raise checks.fail("ridge", ridge, f"one of {', '.join(map(str, self.ridges))}")
        factors = {"signal": signal, "noise": noise, "shift": shift}
        for name, factor in factors.items():
            checks.number(name, factor)
            if factor != 1 and not self.separable:
                raise checks.fail(name, factor, "1, as the parts of these draws are not separable")
        risks = self.risks[..., self.ridges.index(float(ridge))]
        if self.separable:
            risks = risks * np.array(list(factors.values()))[None]
        return summarise(risks, self.correlated)


def simulate(
    problem: Problem,
    seeds: Number = 64,
    key: Number = 0,
    *,
    measure: str = "averaged",
    features: Features = "gaussian",
    dtype: Any = jnp.float64,
    memory: Number = 2**32,
    progress: bool | Callable[[int], object] = False,
) -> Estimate:
    """Risk of ridge regression trained on freshly drawn data, averaged over `seeds` draws.

    Every draw has exactly the law of training on n_k rows per source: see `training.draw` for why it
    nevertheless costs O(q^3), q = min(d, m), for any n (Gaussian features).  Rows may have any rank:
    without a ridge, weights are those of least norm.  Draws that the normal equations would lose to
    rounding are solved again by singular values, where those below the precision count as 0.

    - `measure`: "averaged" takes the expectation over signal, shifts and label noise exactly, given
      the features, so that bias, variance and zeta each have a small error bar, and where all sources
      have one covariance and one weight also over which of the rows are synthetic (`exchangeable`);
      "assigned" does not the last, each source has rows of its own; "trained" draws everything and
      measures one trained model a seed, which gives a total only;
    - `features`: "gaussian", "rademacher", "student-t", a function (key, shape, dtype) -> iid entries
      of mean 0 and variance 1, or an array of rows (N, d), from which training rows are drawn with
      replacement; all but the first draw n_k x d numbers a seed;
    - `problem` with an activation: features phi(S^T x) as they are, rows drawn one by one, the test set
      integrated exactly (`nonlinear`); "averaged" is "assigned", features "gaussian";
    - `key`: seed s uses fold_in(key, s): draws depend neither on chunks nor on devices (rounding may);
    - `memory`: bytes that one chunk of seeds may use; `progress`: a bar on stderr, or a function
      that is told how many seeds have been done.

    Raises ValueError for arguments out of range, and ArithmeticError for a risk that is not finite or
    negative, or could not be integrated to a tenth of its standard error.
    """
    how = {"measure": measure, "features": features, "dtype": dtype}
    draws = simulate_draws(problem, None, seeds, key, **how, memory=memory, progress=progress)
    return draws.estimate(draws.ridges[0])


def simulate_draws(
    problem: Problem,
    ridges: Sequence[Number] | None = None,
    seeds: Number = 64,
    key: Number = 0,
    *,
    measure: str = "averaged",
    features: Features = "gaussian",
    dtype: Any = jnp.float64,
    memory: Number = 2**32,
    progress: bool | Callable[[int], object] = False,
) -> Draws:
    """Draws of the data of a problem, trained with each of several ridges (None: the problem's).

    Each costs one more factorisation, or where there are many and they are not tiny all of them one
    eigendecomposition (`several`).  Arguments and errors as of `simulate`, which gives, with the same
    key, the same numbers up to rounding for each ridge alone.
    """
    if measure not in MEASURES:
        raise ValueError(f"measure = {measure!r}: expected one of {', '.join(MEASURES)}")
    wanted = [float(problem.ridge)] if ridges is None else sorted({float(ridge) for ridge in ridges})
    for ridge in wanted:
        checks.number("ridge", ridge)
    if problem.activation is not None:
        return _nonlinear(problem, features, dtype, wanted, measure, (seeds, key, memory, progress))
    labels = None
    if is_unlabelled(problem, measure):
        labels = Labels(counts_of(problem), tuple(float(source.noise) for source in problem.sources))
    plan, constants = plan_simulation(problem, features, jnp.dtype(dtype), wanted, labels is not None)
    need, function = bytes_per_seed(plan, constants), MEASURES[measure]
    if labels is not None:
        function = unlabelled
        if is_isotropic(plan, constants):
            need, function = BYTES_A_ROW * plan.rows[0], spectral
    terms = over_seeds(function, plan, constants, need, seeds, key, memory, progress)
    correlated = problem.moments is not None
    return Draws(terms, wanted, measure != "trained" and not correlated, correlated, labels)


def _nonlinear(
    problem: Problem, features: Features, dtype: Any, ridges: list[float], measure: str, how: tuple
) -> Draws:
    """Draws of features with an activation."""
    plan, constants = plan_nonlinear(problem, features, jnp.dtype(dtype), ridges)
    terms = over_seeds(NONLINEAR[measure], plan, constants, bytes_per_draw(plan, constants), *how)
    terms, bounds = terms[:, :-1], terms[:, -1].mean(axis=0)
    errors = terms.sum(axis=1).std(axis=0, ddof=1) / np.sqrt(len(terms))
    if (bounds > LEFT_OUT * errors).any():
        raise ArithmeticError(
            f"up to {bounds.max():.2g} of the risk, standard error {errors.min():.2g}, may be missing: "
            "the inputs of features are too correlated for sums of Hermite polynomials"
        )
    correlated = problem.moments is not None
    return Draws(terms, ridges, measure != "trained" and not correlated, correlated)


def bytes_per_seed(plan: Plan, constants: Constants) -> float:
    """A count of the arrays alive at once in one draw: raw rows, then rows, maps and Gram matrices."""
    d = constants.covariances.shape[-1]
    q = d if plan.columns is None else plan.columns
    numbers = sum(plan.counts or ()) * d + 2 * sum(plan.rows) * (q + d) + 6 * q * q
    if constants.width is not None:
        numbers += 3 * d * q
    if plan.shared:
        numbers += (3 * len(constants.noises) + 2 * len(plan.rows)) * q * q
    return float(numbers * plan.dtype.itemsize)
