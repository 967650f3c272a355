"""Two stages of training through one projection, as formulas to be proved.

Stage 1 has A_1, nu_1 and R_1 = (A_1 + nu_1)^-1, stage 2 the same with 2; matrices commute.  Stage 2
leaves H_S = I - G_S A_2 of the error of stage 1, and in the mean over S, for deterministic B,

    tr[C H'_S^T H_S^T B H_S H'_S] ~ tr[C (B u^2 + b g^2 + 2 beta g x + y x^2)],

u the mean of H_S H'_S, x that of w_hat_1 and g that of w_hat_2 - w_hat_1 as functions of w_1.
"""

from dataclasses import dataclass, replace

import sympy as sp

from derivations.engine.traces import tr
from derivations.groundwork.setting import m

CONSTANTS = s, b, beta, y = sp.symbols("s b beta y")


@dataclass(frozen=True)
class OneProjection:
    """Two stages: pairs of A, nu and R = (A + nu)^-1."""

    A_1: sp.Expr
    nu_1: sp.Expr
    R_1: sp.Expr
    A_2: sp.Expr
    nu_2: sp.Expr
    R_2: sp.Expr
    projected: bool = True
    named: bool = False  # the constants of `CONSTANTS` stand for what `definitions` says

    @property
    def x(self):
        """Learnt in stage 1."""
        return self.A_1 * self.R_1

    @property
    def learnt(self):
        """What stage 2 alone would learn."""
        return self.A_2 * self.R_2

    def room(self, one, other):
        """m - tr[one other]."""
        return m - tr(one * other)

    @property
    def share(self):
        """The part of nu_2 R_2 that is left of what stage 1 has learnt."""
        if self.named:
            return s
        return (m - tr(self.learnt)) / self.room(self.learnt, self.x) if self.projected else sp.S.One

    @property
    def kept(self):
        """The mean of H_S G'_S is `kept` R_1."""
        return self.share * self.nu_2 * self.R_2

    @property
    def unlearnt(self):
        """u."""
        h_1, h_2 = self.nu_1 * self.R_1, self.nu_2 * self.R_2
        return h_2 * (1 - self.share + self.share * h_1)

    @property
    def increment(self):
        """g."""
        return 1 - self.unlearnt - self.x

    def definitions(self, B) -> dict:
        """What the named constants are, each in terms of those before it."""
        plain = replace(self, named=False)
        values = {s: plain.share}
        for constant, value in zip(CONSTANTS[1:], self._numbers(B, b, beta), strict=True):
            values[constant] = value
        return values

    def numbers(self, B):
        """b, beta, y."""
        if self.named:
            return b, beta, y
        if not self.projected:
            return sp.S.Zero, sp.S.Zero, sp.S.Zero
        first, _, _ = self._numbers(B, sp.S.Zero, sp.S.Zero)
        _, second, _ = self._numbers(B, first, sp.S.Zero)
        return self._numbers(B, first, second)

    def _numbers(self, B, b, beta):
        """b; beta in terms of b; y in terms of both."""
        h_1, h_2, X, x = self.nu_1 * self.R_1, self.nu_2 * self.R_2, self.learnt, self.x
        lost = tr(X * h_1) + self.share * tr(X**2 * h_1)
        forced = tr(self.unlearnt**2 * B) + b * tr(self.increment**2)
        return (
            tr(h_2**2 * B) / self.room(X, X),
            (b * lost + self.share * tr(h_1 * h_2**2 * B)) / self.room(X, x),
            (forced + 2 * beta * tr(self.increment * x)) / self.room(x, x),
        )

    def square(self, C, B, error, increment, start):
        """tr[C ...] for these responses of the error, of the increment and of w_hat_1."""
        b, beta, y = self.numbers(B)
        fluctuation = b * increment**2 + 2 * beta * increment * start + y * start**2
        return tr(C * B * error**2) + tr(C * fluctuation)

    def of_two(self, C, B):
        """tr[C G'_S B G_S]: two resolvents, of two models."""
        overlap = self.nu_1 * self.nu_2 * tr(B * self.R_1 * self.R_2) / self.room(self.learnt, self.x)
        return tr(C * self.R_1 * (B + overlap) * self.R_2)

    def of_error(self, C, B):
        """tr[C H'_S^T H_S^T B H_S H'_S]."""
        return self.square(C, B, self.unlearnt, self.increment, self.x)

    def of_fit(self, C, B):
        """tr[C G'_S H_S^T B H_S G'_S]."""
        return self.square(C, B, self.kept * self.R_1, (self.kept - 1) * self.R_1, self.R_1)
