"""How far the mean predictor is from the vectors that made the labels.

The labelling vectors are w_1 and w_k = w_1 + delta_k.  Everything here is in terms of the coordinates
v_0 = w_1 and v_j = delta_(j+1), the shift of the source of index j (index 0 is source 1, real data,
which has no shift): their second moments are small where the shifts are, and nothing is subtracted.
"""

import jax.numpy as jnp
from jaxtyping import Array, Float

from collapse_theory.equivalent.algebra import Matrix, product
from collapse_theory.equivalent.arrays import Moments
from collapse_theory.equivalent.fixed_point import Equivalent


class Sandwich:
    """G_S B G_S with G_S = S (S^T A S + lambda)^-1 S^T, for deterministic B.

    G_S B G_S ~ G (B + nu'(B) I) G,        nu'(B) = (nu^2 / m) tr[B G^2] / (1 - tr[(A G)^2] / m)
    """

    def __init__(self, equivalent: Equivalent):
        self.G = equivalent.G
        self.G_squared = product(self.G, self.G)
        self.model = equivalent.model
        # Sigma_k G, of which all traces are made that risks need: none of them waits for G_squared.
        self.turned = [product(sigma, self.G) for sigma in self.model.covariances]
        strengths = self.model.fractions * equivalent.e
        shrunk = jnp.stack([self.model.trace(turned, self.G) for turned in self.turned])
        decay = equivalent.nu * jnp.sum(strengths * shrunk)  # df1 - df2
        gap = equivalent.gap
        # Both are 0 for a square S without ridge, and then nu is, too: 0 / 0 stands for 0.
        room = jnp.where(gap + decay == 0, 1.0, gap + decay)
        self.classical = self.model.width is None
        self.ratio = jnp.array(0.0) if self.classical else equivalent.nu**2 / room
        self.leak = equivalent.nu * (1.0 if self.classical else gap / room)

    def inflation(self, B: Matrix) -> Float[Array, ""]:
        """nu'(B)."""
        return self.ratio * self.model.trace(B, self.G_squared)

    def matrix(self, B: Matrix) -> Matrix:
        """G_S B G_S."""
        plain = product(self.G, B, self.G)
        return plain if self.classical else plain + self.inflation(B) * self.G_squared


class MeanPredictor:
    """w_bar = G_S sum_k P_k w_k with P_k = p_k e_k Sigma_k: the mean over label noise and features.

    In the coordinates v, w_bar - w_i = sum_j R_j v_j + (fluctuation of G_S) with

        R_0 = -nu G,     R_j = G P_j (j != i),     R_i = -(nu G + G sum_{j != i} P_j),

    and the fluctuation adds nu'(Q) G^2, Q the second moment of sum_j P_j w_j = A v_0 + sum_j P_j v_j.
    """

    def __init__(self, equivalent: Equivalent, sandwich: Sandwich):
        model = equivalent.model
        terms = zip(model.fractions, equivalent.e, model.covariances, strict=True)
        self.pulls = [p * e * sigma for p, e, sigma in terms]
        self.inputs = [equivalent.A, *self.pulls[1:]]
        self.equivalent, self.sandwich, self.model = equivalent, sandwich, model

    def responses(self, target: int) -> list[Matrix]:
        """R_j of w_bar - w, w the labelling vector of the source of index `target`."""
        shrinkage = self.equivalent.shrinkage
        strengths = self.model.fractions * self.equivalent.e
        fits = [p * turned.T for p, turned in zip(strengths, self.sandwich.turned, strict=True)]  # G P_k
        responses = [-shrinkage, *fits[1:]]
        if target > 0:
            others = sum(fit for k, fit in enumerate(fits) if k != target)
            responses[target] = -(shrinkage + others)
        return responses

    def misfit(self, moments: Moments, target: int = 0) -> Matrix:
        """E[(w_bar - w)(w_bar - w)^T], w the labelling vector of the source of index `target`."""
        responses = self.responses(target)
        blocks = [product(responses[j], moment, responses[k].T) for (j, k), moment in moments.items()]
        total = sum(blocks, jnp.zeros_like(self.equivalent.G))
        if self.sandwich.classical:
            return total
        inputs = (
            product(self.inputs[j], moment, self.inputs[k].T) for (j, k), moment in moments.items()
        )
        fluctuation = sum(map(self.sandwich.inflation, inputs), jnp.array(0.0))
        return total + fluctuation * self.sandwich.G_squared

    def overlap(self, moments: Moments) -> Matrix:
        """E[(w_bar - w_1) w_1^T]."""
        responses = self.responses(0)
        blocks = [product(responses[j], moment) for (j, k), moment in moments.items() if k == 0]
        return sum(blocks, jnp.zeros_like(self.equivalent.G))
