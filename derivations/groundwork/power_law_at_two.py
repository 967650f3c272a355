"""Power laws at alpha = 2, where every sum over the spectrum has a closed form."""

import mpmath as mp
import sympy as sp

from derivations.engine.points import WORKING
from derivations.groundwork.power_law import alpha, closed_sum, in_closed_form
from derivations.groundwork.setting import kappa, n, noise, p2
from derivations.verify import tends

NUMBERS = {noise: sp.Rational(1, 3), p2: sp.Rational(1, 5)}
SIZES = (2.0**-40, 2.0**-50)  # of kappa, in closed form


def _in_closed_form(formula, decays):
    """A function of kappa and n at alpha = 2, in 50 digits."""
    return sp.lambdify((kappa, n), in_closed_form(formula, decays).subs(NUMBERS), "mpmath")


def samples_of(ridgeless):
    """n as a function of kappa at alpha = 2: df1 without a ridge; explicit with lambda = 1/n too."""
    freedom = sp.lambdify(kappa, closed_sum(0, 1), "mpmath")
    return freedom if ridgeless else lambda shift: freedom(shift) + 1 / shift


def along(claim, formula, limit, order, *, ridgeless, decays=None, scale=sp.S.One):
    """formula * scale tends to its limit as kappa falls, at alpha = 2; n grows with it."""
    numbers = {**NUMBERS, alpha: 2, **(decays or {})}
    function, samples = _in_closed_form(formula * scale, decays or {}), samples_of(ridgeless)

    def at(shift):
        shift = mp.mpf(shift)
        return function(shift, samples(shift))

    with mp.workdps(WORKING):
        value = sp.lambdify((), sp.sympify(limit).subs(numbers), "mpmath")()
    return tends(claim, at, value, SIZES, order)
