"""The question: which data, which signal, which model."""

from typing import Any

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from collapse_theory import checks
from collapse_theory.activation import Activation, checked_activation, name_of
from collapse_theory.checks import Matrix, Number


class Source(eqx.Module):
    """Training data of one origin: x ~ N(0, Sigma_k), y = x.w_k + eps, eps ~ N(0, sigma_k^2).

    The labelling vector is w_k = w_1 + delta_k with delta_k ~ N(0, Delta_k) independent of the true
    w_1 and of the other shifts: synthetic data are data labelled by another function.

    - `n`: number of samples n_k >= 0 (any real number for the theory, whole for a simulation);
    - `covariance`: Sigma_k, see `Problem` for its forms;
    - `noise`: sigma_k^2, a variance;
    - `shift`: Delta_k, 0 for real data; a scalar is c^2 = tr(Sigma_k Delta_k);
    - `weight`: alpha_k >= 0, the weight of each sample of this source in the training loss.

    Raises ValueError for a negative or non-finite number, for one that is not 0 but so small or large
    that its products end float64 (`checks.SMALLEST`, `LARGEST`), and for a matrix that is not PSD.
    """

    n: Float[Array, ""]
    covariance: Float[Array, "..."]
    noise: Float[Array, ""]
    shift: Float[Array, "..."]
    weight: Float[Array, ""]

    def __init__(
        self,
        n: Number,
        covariance: Matrix,
        noise: Number = 0.0,
        shift: Matrix = 0.0,
        weight: Number = 1.0,
    ):
        self.n = checks.number("n", n)
        self.covariance = checks.positive_semidefinite("covariance", covariance)
        self.noise = checks.number("noise", noise)
        self.shift = checks.positive_semidefinite("shift", shift)
        self.weight = checks.number("weight", weight)


class Problem(eqx.Module):
    """Ridge regression, possibly on random projections, from any number of sources.

        minimise  sum_k (alpha_k / n) sum_i (v.z_i - y_i)^2 + lambda |v|^2,      n = sum_k n_k,

    with z = x (classical model, `width` None) or z = S^T x, S a d x m matrix with iid N(0, 1/d)
    entries (`width` m, the model size).  Errors are excess risks on `test_covariance`, which is the
    covariance of source 1 unless that is set; source 1 is real data.

    - `signal`: Gamma, the covariance of w_1 ~ N(0, Gamma); a scalar is tr(Sigma_1 Gamma);
    - `ridge`: lambda >= 0; 0 is the ridgeless limit, not a small number;
    - a covariance, signal or shift is a vector (eigenvalues in one basis common to all), a matrix,
      or a scalar: a multiple of I which, for a signal or shift, has that trace against Sigma;
    - `moments`: C_jk = E[w_j w_k^T], shape (K, K, d) or (K, K, d, d), in place of `signal` (None)
      and shifts, where the labelling vectors are correlated: two sets from one generator, or a
      model trained on earlier data.  The bias is then that of w_1 alone and zeta all the rest,
      which correlations can make negative;
    - `multiplicities`: how many directions each entry of these vectors stands for, all of one variance
      and independent signals of one size: Sigma = I in any dimension is one number.  They need not be
      whole (see `compress`), and d is their sum.  None: each stands for one;
    - `activation`: phi, such as jax.nn.relu, a function that works entry by entry: features are
      z = phi(S^T x) - E[phi(S^T x) | S], the mean over x of each feature of each source, and of the test
      set, taken off.  The theory knows their Gaussian equivalent (`activation_moments`), which is near
      where the effective dimension (tr Sigma)^2 / tr Sigma^2 is large.  None: phi(u) = u.

    A pytree: `jit`, `vmap` and `grad` reach every field.  Raises ValueError when shapes disagree.
    """

    sources: tuple[Source, ...]
    signal: Float[Array, "..."] | None
    ridge: Float[Array, ""]
    width: Float[Array, ""] | None
    test_covariance: Float[Array, "..."] | None
    moments: Float[Array, "K K *matrix"] | None
    multiplicities: Float[Array, " entries"] | None
    activation: Activation | None = eqx.field(static=True)

    def __init__(
        self,
        sources: tuple[Source, ...] | list[Source],
        signal: Matrix | None,
        ridge: Number,
        width: Number | None = None,
        test_covariance: Matrix | None = None,
        moments: Matrix | None = None,
        multiplicities: Matrix | None = None,
        activation: Activation | None = None,
    ):
        self.sources = tuple(sources) if isinstance(sources, tuple | list) else ()
        if (signal is None) == (moments is None):
            raise checks.fail("signal", signal, "exactly one of signal and moments")
        self.signal = None if signal is None else checks.positive_semidefinite("signal", signal)
        self.ridge = checks.number("ridge", ridge)
        self.width = None if width is None else checks.number("width", width, above=0)
        self.test_covariance = (
            None
            if test_covariance is None
            else checks.positive_semidefinite("test_covariance", test_covariance)
        )
        self.multiplicities = (
            None if multiplicities is None else checks.positive_vector("multiplicities", multiplicities)
        )
        self._check_sources(sources)
        self.moments = None if moments is None else self._check_moments(moments)
        self.activation = None if activation is None else self._check_activation(activation)

    def _check_sources(self, sources: object) -> None:
        if not self.sources or not all(isinstance(source, Source) for source in self.sources):
            raise checks.fail("sources", sources, "a tuple of at least one Source")
        entries = self.entries
        matrices = {
            "signal": self.signal,
            "test_covariance": self.test_covariance,
            "multiplicities": self.multiplicities,
        }
        for k, source in enumerate(self.sources, start=1):
            matrices |= {
                f"covariance of source {k}": source.covariance,
                f"shift of source {k}": source.shift,
            }
        for name, matrix in matrices.items():
            if matrix is None or matrix.ndim == 0:
                continue
            if matrix.shape[0] != entries:
                raise checks.fail(name, f"array of shape {matrix.shape}", f"dimension d = {entries}")
            if matrix.ndim == 2 and self.multiplicities is not None:
                expected = "a vector or a number, as multiplicities are given"
                raise checks.fail(name, f"array of shape {matrix.shape}", expected)
        counts = [checks.concrete(source.n * source.weight) for source in self.sources]
        if all(count is not None for count in counts) and not any(counts):
            raise checks.fail("n", "0 in every source of positive weight", "at least one sample")
        first = self.sources[0]
        shift, covariance = checks.concrete(first.shift), checks.concrete(first.covariance)
        if shift is not None and shift.any():
            raise checks.fail("shift of source 1", shift, "0: source 1 is real data")
        if covariance is not None and not covariance.any():
            raise checks.fail("covariance of source 1", covariance, "a nonzero covariance")

    def _check_moments(self, moments: object) -> Float[Array, "K K *matrix"]:
        K = len(self.sources)
        array = checks.second_moments("moments", moments, K, self.entries)
        if array.ndim == 4 and self.multiplicities is not None:
            expected = "an array (K, K, entries), as multiplicities are given"
            raise checks.fail("moments", f"an array of shape {array.shape}", expected)
        for k, source in enumerate(self.sources, start=1):
            shift = checks.concrete(source.shift)
            if shift is not None and shift.any():
                raise checks.fail(f"shift of source {k}", shift, "0, as moments are given")
        return array

    def _check_activation(self, activation: Activation) -> Activation:
        if self.width is None:
            expected = "None without a width: there are no random features to apply it to"
            raise checks.fail("activation", name_of(activation), expected)
        covariances = [source.covariance for source in self.sources]
        if self.test_covariance is not None:
            covariances.append(self.test_covariance)
        return checked_activation(activation, [self._mean_eigenvalue(sigma) for sigma in covariances])

    def _mean_eigenvalue(self, covariance: Float[Array, "..."]) -> Float[Array, ""]:
        """tr Sigma / d."""
        if covariance.ndim == 0:
            return covariance
        diagonal = covariance if covariance.ndim == 1 else jnp.diagonal(covariance)
        counts = 1.0 if self.multiplicities is None else self.multiplicities
        return jnp.sum(counts * diagonal) / self.dimension

    @property
    def dimension(self) -> Any:
        """d, the number of features: a whole number unless there are multiplicities."""
        return self.entries if self.multiplicities is None else self.multiplicities.sum()

    @property
    def entries(self) -> int:
        """The length of vectors of eigenvalues."""
        shapes = [source.covariance.shape for source in self.sources if source.covariance.ndim]
        if self.multiplicities is not None:
            shapes.append(self.multiplicities.shape)
        if not shapes:
            raise checks.fail(
                "covariance", "a scalar in every source", "a vector or a matrix in one, to tell d"
            )
        return shapes[0][0]

    @property
    def is_diagonal(self) -> bool:
        """Whether every covariance is given by its eigenvalues in the common basis."""
        covariances = [source.covariance for source in self.sources]
        if self.test_covariance is not None:
            covariances.append(self.test_covariance)
        return all(covariance.ndim < 2 for covariance in covariances)


def real_and_synthetic(
    *,
    n: Number,
    synthetic_fraction: Number,
    covariance: Matrix,
    quality: Matrix,
    noise: Number,
    ridge: Number,
    signal: Matrix = 1.0,
    width: Number | None = None,
    weight: Number = 1.0,
    multiplicities: Matrix | None = None,
    activation: Activation | None = None,
) -> Problem:
    """The paper's two sources: n samples of which a fraction p_2 carries synthetic labels.

    - `n`: n = n_1 + n_2 > 0;  `synthetic_fraction`: p_2 = n_2 / n in [0, 1];
    - `covariance`: Sigma of both sources;  `noise`: sigma^2 of both;
    - `quality`: c^2 = tr(Sigma Delta), in the units of the error (small is good), or Delta itself;
    - `weight`: alpha_2, against alpha_1 = 1 of the real samples;
    - `signal`, `ridge`, `width`, `multiplicities`, `activation`: as in `Problem`.

    Raises ValueError, naming the argument, for a value outside its range (paper, section 2).
    """
    total = checks.number("n", n, above=0)
    fraction = checks.number("synthetic_fraction", synthetic_fraction, most=1)
    shift = checks.positive_semidefinite("quality", quality)
    real = Source(total - fraction * total, covariance, noise)
    synthetic = Source(fraction * total, covariance, noise, shift, weight)
    return Problem(
        (real, synthetic),
        signal=signal,
        ridge=ridge,
        width=width,
        multiplicities=multiplicities,
        activation=activation,
    )
