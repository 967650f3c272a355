"""The test error of training that is linear in its labels and acts through the spectrum."""

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from collapse_theory import checks
from collapse_theory.equivalent import Groups, Status, alike, solved, stack
from collapse_theory.equivalent.complex_numbers import as_complex
from collapse_theory.equivalent.continuation import resolvents
from collapse_theory.equivalent.two_point import TwoPoint
from collapse_theory.problem import Problem
from collapse_theory.risk import Risk
from collapse_theory.training.filters import Filter, SpectralFilter


def spectral_filter(problem: Problem, filter: Filter) -> Risk:
    """The excess test error of any training that is a sum of ridge fits, complex ridges included.

        w_hat = S g(M) S^T X^T y / n,    w_hat - w_1 = sum_q C_q (w_hat(lambda_q) - w_1),
        risk = sum_qr C_q C_r F(lambda_q, lambda_r),

    F the product of the errors of two ridge fits of the same data (ours; THEORY of two-point
    equivalents, any sources, covariances, weights and width).  Early stopping, averaging over time,
    iterated ridge and self-distillation are filters (`gradient_flow`, `iterated_ridge`,
    `self_distillation`); with `SpectralFilter.ridge` this is `predict`.

    - `problem`: its own `ridge` plays no part;
    - `filter`: a `SpectralFilter`; of several, parts have the shape of its filters.

    O(d Q^2) for Q ridges where covariances are eigenvalues, O(d^3 Q + d^2 Q^2) where they are matrices.
    `jit`, `vmap` and `grad` go through, in the problem and in the filter.  Rounding is that of the sizes
    of the C_q F C_r: some 1e-13 of the error of a ridge fit.

    Raises SolveError, which names the cause, where the equations could not be solved or ended on another
    branch; inside `jit` or `vmap` the risk is NaN there.  ValueError for a filter of another kind.
    """
    if not isinstance(filter, SpectralFilter):
        raise checks.fail("filter", repr(filter), "a SpectralFilter")
    return solved(*filtered_with_status(problem, filter, alike(problem)))


@eqx.filter_jit
def filtered_with_status(
    problem: Problem, filter: SpectralFilter, groups: Groups | None = None
) -> tuple[Risk, Status]:
    """`spectral_filter` without its guard: no number where `status.converged` is False is one to use."""
    products, status = products_of_errors(problem, filter, groups)
    shape = filter.coefficients.shape[:-1]
    parts = jnp.diagonal(products, axis1=1, axis2=2).reshape(-1, *shape)
    return Risk(*parts), status


def products_of_errors(
    problem: Problem, filter: SpectralFilter, groups: Groups | None = None
) -> tuple[Float[Array, "parts filters filters"], Status]:
    """E (w_hat_i - w_1)^T Sigma_test (w_hat_j - w_1) of several fits to the same data."""
    model = stack(problem)
    groups = groups or tuple((k,) for k in range(len(problem.sources)))
    fits, status = resolvents(model, filter.ridges, groups)
    pairs = TwoPoint(model, groups, fits.with_none(model.width)).risks()
    # Last, the fit that learns nothing.
    whole = jnp.concatenate([filter.coefficients, as_complex(filter.remainder)[..., None]], axis=-1)
    whole = whole.reshape(-1, whole.shape[-1])
    # The real parts of two sums, multiplied: half the sum over both and over the conjugates of one.
    mirrored = jnp.concatenate([whole, whole.conj()], axis=1)
    return jnp.einsum("iq,aqr,jr->aij", whole, pairs, mirrored).real / 2, status
