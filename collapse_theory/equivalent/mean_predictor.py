"""How far the mean predictor is from the vectors that made the labels.

The labelling vectors are w_1 and w_k = w_1 + delta_k.  Everything here is in terms of the coordinates
v_0 = w_1 and v_j = delta_(j+1), the shift of the source of index j (index 0 is source 1, real data,
which has no shift): their second moments are small where the shifts are, and nothing is subtracted.
"""

import jax.numpy as jnp
from jaxtyping import Array, Float

from collapse_theory.equivalent.algebra import Matrix, product, trace
from collapse_theory.equivalent.arrays import Moments
from collapse_theory.equivalent.fixed_point import Equivalent


class Sandwich:
    """tr[C G_S B G_S] with G_S = S (S^T A S + lambda)^-1 S^T, for deterministic C and B.

    G_S B G_S ~ G (B + nu'(B) I) G,        nu'(B) = (nu^2 / m) tr[B G^2] / (1 - tr[(A G)^2] / m)
    """

    def __init__(self, equivalent: Equivalent):
        self.G = equivalent.G
        self.G_squared = product(self.G, self.G)
        decay = equivalent.nu * trace(equivalent.A, self.G_squared)  # df1 - df2
        gap = equivalent.gap
        # Both are 0 for a square S without ridge, and then nu is, too: 0 / 0 stands for 0.
        room = jnp.where(gap + decay == 0, 1.0, gap + decay)
        classical = jnp.isinf(equivalent.regime.width)
        self.ratio = jnp.where(classical, 0.0, equivalent.nu**2 / room)
        self.leak = equivalent.nu * jnp.where(classical, 1.0, gap / room)

    def inflation(self, B: Matrix) -> Float[Array, ""]:
        """nu'(B)."""
        return self.ratio * trace(B, self.G_squared)

    def matrix(self, B: Matrix) -> Matrix:
        """G_S B G_S."""
        return product(self.G, B, self.G) + self.inflation(B) * self.G_squared

    def __call__(self, C: Matrix, B: Matrix) -> Float[Array, ""]:
        return trace(C, self.matrix(B))


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
        self.equivalent, self.sandwich = equivalent, sandwich

    def responses(self, target: int) -> list[Matrix]:
        """R_j of w_bar - w, w the labelling vector of the source of index `target`."""
        G, shrinkage = self.equivalent.G, self.equivalent.shrinkage
        responses = [-shrinkage, *(product(G, pull) for pull in self.pulls[1:])]
        if target > 0:
            others = sum((P for k, P in enumerate(self.pulls) if k != target), jnp.zeros_like(G))
            responses[target] = -(shrinkage + product(G, others))
        return responses

    def misfit(self, listener: Matrix, moments: Moments, target: int = 0) -> Float[Array, ""]:
        """E |w_bar - w|^2_listener, w the labelling vector of the source of index `target`."""
        responses = self.responses(target)
        total = jnp.array(0.0)
        for (j, k), moment in moments.items():
            total += trace(product(listener, responses[j], moment), responses[k])
        return total + self._fluctuation(moments) * trace(listener, self.sandwich.G_squared)

    def spread(self, moments: Moments) -> Matrix:
        """E[(w_bar - w_1)(w_bar - w_1)^T]."""
        responses = self.responses(0)
        total = self._fluctuation(moments) * self.sandwich.G_squared
        for (j, k), moment in moments.items():
            total += product(responses[j], moment, responses[k].T)
        return total

    def overlap(self, moments: Moments) -> Matrix:
        """E[(w_bar - w_1) w_1^T]."""
        responses = self.responses(0)
        blocks = [product(responses[j], moment) for (j, k), moment in moments.items() if k == 0]
        return sum(blocks, jnp.zeros_like(self.equivalent.G))

    def _fluctuation(self, moments: Moments) -> Float[Array, ""]:
        blocks = (
            self.sandwich.inflation(product(self.inputs[j], moment, self.inputs[k].T))
            for (j, k), moment in moments.items()
        )
        return sum(blocks, jnp.array(0.0))
