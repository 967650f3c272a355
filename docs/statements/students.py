"""Students of surrogate models: training on another model's labels can be better than on the truth."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

import collapse_theory as ct
from docs.statements.statement import Statement, Verdict, arxiv

ILDIZ = arxiv("Ildiz, Gozeten, Taga, Mondelli, Oymak", "2410.18837")
WU = arxiv("Wu, Chen, Misiakiewicz, Mondelli", "2603.05691")

D = 1e9  # features of the power laws
RIDGES = np.logspace(-7, 0, 141)


class World(NamedTuple):
    """Features and truth, in the eigenvectors of the features."""

    covariance: Array
    signal: Array
    multiplicities: Array

    @classmethod
    def power_law(cls, capacity: float, source: float, d: float = D) -> "World":
        """lambda_j = j^-capacity, lambda_j Gamma_j = j^-source."""
        eigenvalues, multiplicities = ct.spectra.long_power_law(d, capacity)
        covariance = eigenvalues / eigenvalues[0]
        index = covariance ** (-1 / capacity)
        return cls(covariance, index**-source / covariance, multiplicities)

    def student(self, n: Array | float, ridge: Array | float, cross: Array, second: Array) -> ct.Problem:
        """Trained on n noiseless labels of w_2: E[w_1 w_2], E[w_2 w_2] are given."""
        moments = jnp.stack([jnp.stack([self.signal, cross]), jnp.stack([cross, second])])
        sources = (ct.Source(0, self.covariance), ct.Source(n, self.covariance))
        return ct.Problem(sources, None, ridge, moments=moments, multiplicities=self.multiplicities)

    def teacher(self, n: Array | float, ridge: Array | float, test: Array) -> ct.Problem:
        """Trained on n true labels of noise 1."""
        sources = (ct.Source(n, self.covariance, 1.0),)
        counts = self.multiplicities
        return ct.Problem(sources, self.signal, ridge, test_covariance=test, multiplicities=counts)


def risk_of_scaled_labels(world: World, n: Array, scales: Array) -> Array:
    """Of least squares of least norm on noiseless labels of w_1 scaled, direction by direction."""
    signal = world.signal
    return jnp.asarray(ct.predict(world.student(n, 0.0, signal * scales, signal * scales**2)).total)


def best_scales(world: World, n: Array) -> Array:
    """The scales of the best surrogate.

    The risk is quadratic in them and couples no two: two gradients tell where it is least.
    """
    slope = jax.grad(lambda scales: risk_of_scaled_labels(world, n, scales))
    ones = jnp.ones_like(world.signal)
    return -slope(0 * ones) / (slope(ones) - slope(0 * ones))


def surrogate_risks(world: World, n: Array) -> tuple[Array, Array, Array, Array]:
    """The risks of true labels and of the best surrogate's; its largest and its last scale."""
    best = best_scales(world, n)
    true, taught = (risk_of_scaled_labels(world, n, s) for s in (jnp.ones_like(best), best))
    return true, taught, best.max(), best[-1]


def surrogates() -> dict[str, float]:
    """Risks at n = 100 and 10,000, the gain, and the exponents between them."""
    world = World.power_law(2.0, 1.5)
    measure = jax.jit(lambda n: surrogate_risks(world, n))
    few, many = ([float(number) for number in measure(jnp.asarray(n))] for n in (1e2, 1e4))
    return {
        "true": few[0],
        "surrogate": few[1],
        "amplified": few[2],
        "last": few[3],
        "true_exponent": np.log10(few[0] / many[0]) / 2,
        "surrogate_exponent": np.log10(few[1] / many[1]) / 2,
    }


def handed_on(world: World, n: Array, ridge: Array | float) -> tuple[Array, Array, Array]:
    """A teacher's risk, and the moments E[w_1 w_hat], E[w_hat w_hat] that its students are taught.

    The risk is linear in the test covariance: its derivative there is E (w_hat - w_1)^2, direction by
    direction; and E[w_hat w_1] is the mean fit, Gamma Sigma / (Sigma + kappa).
    """

    def risk(test: Array) -> Array:
        return jnp.asarray(ct.predict(world.teacher(n, ridge, test)).total)

    total, slope = jax.value_and_grad(risk)(world.covariance)
    kappa = ct.diagnose(world.teacher(n, ridge, world.covariance)).kappa
    cross = world.signal * world.covariance / (world.covariance + kappa)
    return total, cross, slope / world.multiplicities + 2 * cross - world.signal


def teacher_and_student(world: World, n: Array) -> tuple[Array, Array, Array]:
    """Risks of a teacher without a ridge, of its student at the best ridge, of true labels at theirs.

    The student sees as many fresh inputs as the teacher, with the teacher's labels.
    """
    teacher, cross, second = handed_on(world, n, 0.0)

    def student(ridge: Array) -> Array:
        return jnp.asarray(ct.predict(world.student(n, ridge, cross, second)).total)

    def direct(ridge: Array) -> Array:
        return jnp.asarray(ct.predict(world.teacher(n, ridge, world.covariance)).total)

    ridges = jnp.asarray(RIDGES)
    return teacher, jax.vmap(student)(ridges).min(), jax.vmap(direct)(ridges).min()


def scaling() -> dict[str, float]:
    """Risks at n = 10^4 and 10^6 and the exponents between them, beside the best possible."""
    world = World.power_law(1.5, 2.5)
    measure = jax.jit(lambda n: teacher_and_student(world, n))
    few, many = ([float(risk) for risk in measure(jnp.asarray(n))] for n in (1e4, 1e6))
    exponents = [np.log10(before / after) / 2 for before, after in zip(few, many, strict=True)]
    return {
        "teacher_few": few[0],
        "teacher_many": many[0],
        "student_few": few[1],
        "student_many": many[1],
        "student_exponent": exponents[1],
        "direct_exponent": exponents[2],
        "best": float(ct.scaling_exponents(1.5, 2.5).best),
    }


STATEMENTS = (
    Statement(
        ILDIZ,
        "A student without a ridge can do better on a surrogate's labels than on as many true ones; the best surrogate amplifies strong features and shrinks "
        "weak ones; the scaling law stays the same",
        Verdict.CONFIRMED,
        surrogates,
        "λⱼ = j⁻², λⱼΓⱼ = j^−1.5, no noise, n = 100: true labels {true:.4f}, the best surrogate's {surrogate:.4f} (features times {amplified:.3f} at most, the last times {last:.1f}); exponents of n from 10² to 10⁴: {true_exponent:.4f} and {surrogate_exponent:.4f}",
        "tests/docs/test_students.py::test_the_best_surrogate",
    ),
    Statement(
        WU,
        "A student of a teacher's labels can follow a better scaling law than the teacher, the best possible one even where the teacher's error does not fall at all",
        Verdict.CONFIRMED,
        scaling,
        "λⱼ = j^−1.5, λⱼΓⱼ = j^−2.5, σ² = 1, infinite width: a teacher without a ridge has {teacher_few:.3f} at n = 10⁴ and {teacher_many:.3f} at 10⁶; its student, on as many fresh "
        "inputs and at the best ridge, {student_few:.5f} and {student_many:.6f}, exponent {student_exponent:.3f}; true labels at the best ridge {direct_exponent:.3f}, n → ∞ {best:.1f}",
        "tests/docs/test_students.py::test_a_student_of_a_teacher",
    ),
)
