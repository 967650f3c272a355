"""The law of samples that passed a verifier, which knows the truth: it selects on x.

Of a sample the verifier sees t = x.w_1 and the label, a sign of r = x.w_k + eps or its opposite.  With
both of variance 1, omega_1 = w_1 / |w_1| and omega_k = w_k / sqrt(|w_k|^2 + sigma_k^2) in norms of
Sigma_k, rho = cos(theta) their correlation, and

    phi_A = (1 - flip) phi + flip psi,     phi_D = (1 - flip) psi + flip phi,
    s     = phi_A (1 - theta / pi) + phi_D theta / pi,

the probabilities that a sample is kept where t and r agree in sign, where they differ, and on average,
only the first two moments of what is kept differ from those of x ~ N(0, Sigma_k), in two directions:

    E[x x^T] = Sigma_k + Sigma_k (eta m m^T / (2 (1 + rho)) - eta g g^T / (2 (1 - rho))) Sigma_k,
    E[x y]   = Sigma_k (beta_A m + beta_D g),      m = omega_k + omega_1,   g = omega_k - omega_1,
    eta      = (phi_A - phi_D) sin(theta) / (pi s),
    beta_A   = ((1 - flip) phi - flip psi) / (s sqrt(2 pi)),
    beta_D   = ((1 - flip) psi - flip phi) / (s sqrt(2 pi))

(ours; integrals of Gaussians over the wedges between two lines).  Flips alone leave x as it is.
"""

from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Float

from collapse_theory.classification.sign_labels import SignLabels

# Below this, 1 - |rho| is rounding, and t and r are one.
ONE = 1e-15


class Kept(NamedTuple):
    """What is kept of each source, arrays (K,)."""

    share: Float[Array, " K"]  # s, of the samples
    wrong: Float[Array, " K"]  # of the labels that are kept
    along_sum: Float[Array, " K"]  # beta_A
    along_gap: Float[Array, " K"]  # beta_D
    more_sum: Float[Array, " K"]  # eta / (2 (1 + rho))
    more_gap: Float[Array, " K"]  # -eta / (2 (1 - rho))


class Angle(NamedTuple):
    """That between t and r, arrays (K,): 1 - rho without its cancellation where labels are good."""

    theta: Float[Array, " K"]
    sine: Float[Array, " K"]
    one_plus: Float[Array, " K"]  # 1 + rho
    one_minus: Float[Array, " K"]  # 1 - rho

    @classmethod
    def between(
        cls, size: Float[Array, " K"], crossed: Float[Array, " K"], gap: Float[Array, " K"]
    ) -> "Angle":
        """Of E t^2, E t (r - t) and E (r - t)^2, before they are scaled."""
        whole = size + 2 * crossed + gap  # E r^2
        scale = jnp.sqrt(size * whole)
        rho = (size + crossed) / scale
        squared = jnp.maximum(size * gap - crossed**2, 0.0) / (size * whole)  # sin^2
        apart = squared > ONE**2
        sine = jnp.where(apart, jnp.sqrt(jnp.where(apart, squared, 1.0)), 0.0)
        theta = jnp.arctan2(sine, rho)
        near = rho > 0
        larger = 1 + jnp.abs(rho)
        smaller = squared / larger
        return cls(theta, sine, jnp.where(near, larger, smaller), jnp.where(near, smaller, larger))


def kept(angle: Angle, labels: SignLabels) -> Kept:
    """The law of what is kept; nothing in place of 0/0 where nothing is."""
    flip, verifier = labels.flip, labels.verifier
    phi, psi = verifier.keep_right, verifier.keep_wrong
    agree, differ = (1 - flip) * phi + flip * psi, (1 - flip) * psi + flip * phi
    turned = angle.theta / jnp.pi
    share = agree * (1 - turned) + differ * turned
    wrong = psi * (flip * (1 - turned) + (1 - flip) * turned)
    safe = jnp.where(share > 0, share, 1.0)
    pull = safe * jnp.sqrt(2 * jnp.pi)
    eta = (agree - differ) * angle.sine / (jnp.pi * safe)
    return Kept(
        share=share,
        wrong=wrong / safe,
        along_sum=((1 - flip) * phi - flip * psi) / pull,
        along_gap=((1 - flip) * psi - flip * phi) / pull,
        more_sum=_over(eta, 2 * angle.one_plus),
        more_gap=-_over(eta, 2 * angle.one_minus),
    )


def _over(number: Float[Array, " K"], size: Float[Array, " K"]) -> Float[Array, " K"]:
    """number / size; 0 where the direction of this size is none."""
    some = size > ONE**2
    return jnp.where(some, number / jnp.where(some, size, 1.0), 0.0)
