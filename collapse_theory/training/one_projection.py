"""Two models, or two stages of one, that see the world through the same projection S.

Given S their features are the same, and what S adds to their errors is correlated.  Fluctuations of
random projections enter as multiples of I between two resolvents (`Sandwich` for one model).
"""

from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Float

from collapse_theory.equivalent.algebra import Matrix, identity, product
from collapse_theory.equivalent.arrays import Model
from collapse_theory.training.linear_model import LinearModel, form


class Fluctuation(NamedTuple):
    """What S adds, for a test covariance B, to the error of a second stage: a quadratic form.

    b |g|^2 + 2 beta g.x + y |x|^2,      x the mean of w_hat_1 and x + g that of w_hat_2 .
    """

    b: Float[Array, ""]
    beta: Float[Array, ""]
    y: Float[Array, ""]


class OneProjection:
    """Rules for products of G_S and G'_S, resolvents of two models, through one S (ours).

    With H_S = I - G_S A, h = nu G for its limit, and the same with a prime (A' of stage 1),

        G_S B G'_S ~ G (B + r I) G',             r = tr[h B h'] / room(h, h'),
        H_S G'_S   ~ kept G',                    kept = h gap / room(h, h'),
        H_S H'_S   ~ unlearnt = h (eta + gap h' / room(h, h')),      eta = tr[(I - h) h'] / room(h, h'),
        room(h, h') = m - tr[(I - h)(I - h')] = gap + tr[(I - h) h'] .

    The product of four that an error of two stages is, H'_S^T H_S^T B H_S H'_S, has the mean
    unlearnt^T B unlearnt and the fluctuation of `numbers`.  All of it is a first-order rule for block
    triangular matrices: with I_L (x) S in place of S, nu becomes an L x L triangular matrix, and
    products of L resolvents are corner blocks of one (`derivations`, two-stage).  Nothing is
    subtracted that is not small: all is well at any ridges, equal ones too.

    Classical model: gap = room, r = eta = 0, no fluctuation.
    """

    def __init__(self, first: LinearModel, second: LinearModel, model: Model):
        self.first, self.second, self.model = first, second, model
        self.classical = model.width is None
        h, before = second.shrinkage, first.shrinkage
        decay = jnp.array(0.0) if self.classical else self._trace(second.learnt, before)
        self.room = _nonzero(second.gap + decay)
        self.share = jnp.array(1.0) if self.classical else second.gap / self.room
        self.eta = decay / self.room
        self.kept = self.share * h
        self.forgotten = second.learnt + self.eta * h  # I - kept
        self.unlearnt = product(h, self.eta * identity(h) + self.share * before)
        self.increment = product(second.learnt, before) - self.eta * product(h, first.learnt)

    def overlap(self, B: Matrix) -> Float[Array, ""]:
        """r, of two models."""
        if self.classical:
            return jnp.array(0.0)
        h, before = self.second.shrinkage, self.first.shrinkage
        return self._trace(product(h, B), before) / self.room

    def numbers(self, B: Matrix) -> Fluctuation | None:
        """b, beta and y of a second stage; none without S.

            b    = tr[h B h] / room(h, h),
            beta = {b (tr[X h'] + share tr[X h' X]) + share tr[h' h B h]} / room(h, h'),
            y    = {tr[unlearnt^T B unlearnt] + b tr[g^T g] + 2 beta tr[g^T X']} / room(h', h'),

        with X = I - h, X' = I - h', g = X h' - eta h X' and share = gap / room(h, h').
        """
        if self.classical:
            return None
        h, before = self.second.shrinkage, self.first.shrinkage
        X, start, g = self.second.learnt, self.first.learnt, self.increment
        hBh = product(h, B, h)
        b = self._trace(product(h, B), h) / _nonzero(self.second.gap + self._trace(X, h))
        decay = self._trace(X, before) + self.share * self._trace(product(X, before), X)
        beta = (b * decay + self.share * self._trace(before, hBh)) / self.room
        forced = form(self.model, B, self.unlearnt, identity(h), self.unlearnt)
        y = forced + b * self._trace(g, g.T) + 2 * beta * self._trace(g.T, start)
        return Fluctuation(b, beta, y / _nonzero(self.first.gap + self._trace(start, before)))

    def _trace(self, left: Matrix, right: Matrix) -> Array:
        """tr[left right]."""
        return self.model.trace(left, right.T)


def _nonzero(room: Float[Array, ""]) -> Float[Array, ""]:
    """Without a ridge and with a square S all that is divided by the room is 0 too."""
    return jnp.where(room == 0, 1.0, room)
