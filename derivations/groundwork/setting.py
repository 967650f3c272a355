"""The paper's setting: symbols, random matrices, and points at which claims are checked.

Source 1 is real, source 2 synthetic; rows of X_k are N(0, Sigma), n_k = p_k n of them; S has iid
N(0, 1/d) entries.  M_k = X_k^T X_k / n and M = M_1 + M_2.
"""

from collections.abc import Callable
from itertools import permutations

import mpmath as mp
import sympy as sp

from derivations.engine.matrices import Gaussian, deterministic, eigenvalue
from derivations.engine.points import WORKING, Point, precise
from derivations.engine.traces import Algebra, tr

n, d, m, lam, kappa, noise = sp.symbols("n d m lambda kappa sigma^2", positive=True)
p2 = sp.Symbol("p_2", positive=True)
p1 = 1 - p2

SIGMA, GAMMA, DELTA = deterministic("Sigma Gamma Delta", d)
Sigma, Gamma, Delta = (eigenvalue(matrix) for matrix in (SIGMA, GAMMA, DELTA))  # inside traces
I = sp.Identity(d)

X1 = Gaussian("X_1", p1 * n, d, SIGMA)
X2 = Gaussian("X_2", p2 * n, d, SIGMA)
S = Gaussian("S", d, m, variance=1 / d)
M1, M2 = X1.T * X1 / n, X2.T * X2 / n
M = M1 + M2


def resolvent(matrix, ridge=lam):
    """(matrix + ridge)^-1."""
    return (matrix + ridge * sp.Identity(matrix.shape[0])).I


def projected(projection, matrix, ridge=lam):
    """S (S^T matrix S + ridge)^-1 S^T."""
    return projection * resolvent(projection.T * matrix * projection, ridge) * projection.T


R = sp.Symbol("R", positive=True)  # (Sigma + kappa)^-1, inside traces
ALGEBRA = Algebra((Delta, Gamma, Sigma), ((R, Sigma + kappa),), d)
df1, df2 = tr(Sigma * R), tr(Sigma**2 * R**2)

SPECTRUM = tuple(sp.Rational(1, j) for j in range(1, 7))
SIGNAL = tuple(sp.Rational(j, 10) for j in (1, 3, 2, 5, 1, 4))
SHIFT = tuple(sp.Rational(j, 10) for j in (2, 1, 4, 1, 3, 2))


def point(label: str, ridge_of: Callable, size: int = 6, **numbers) -> Point:
    """A point with kappa solved from lambda = ridge_of(kappa, df1), in 50 digits."""
    values = {sp.Symbol(name, positive=True): value for name, value in numbers.items()}
    values[d] = size
    spectrum, signal, shift = (spectrum[:size] for spectrum in (SPECTRUM, SIGNAL, SHIFT))
    with mp.workdps(WORKING):
        eigenvalues = [precise(s) for s in spectrum]
        ridge = precise(sp.Rational(values[lam]))

        def gap(log_kappa):
            shift = mp.exp(log_kappa)
            return ridge_of(shift, mp.fsum(s / (s + shift) for s in eigenvalues)) - ridge

        # ridge_of rises with kappa where it is positive; the physical kappa is the largest root.
        high = mp.mpf(10)
        low = high
        while gap(low) > 0:
            low -= mp.mpf(1) / 8
        values[kappa] = mp.exp(mp.findroot(gap, (low, low + mp.mpf(1) / 8), solver="anderson"))
        resolvents = [1 / (s + values[kappa]) for s in eigenvalues]
    return Point(label, values, {Sigma: spectrum, Gamma: signal, Delta: shift, R: resolvents})


def classical_points() -> list[Point]:
    """n below, near and above d = 6, small and large ridge and p_2."""

    def make(label, samples, ridge, fraction):
        settings = {"n": samples, "lambda": ridge, "p_2": fraction, "sigma^2": sp.Rational(1, 3)}
        return point(label, lambda k, df: k * (1 - df / mp.mpf(samples)), **settings)

    hundredth, tenth = sp.Rational(1, 100), sp.Rational(1, 10)
    return [
        make("n < d", 3, hundredth, tenth),
        make("n = d", 6, hundredth, sp.Rational(1, 2)),
        make("n > d", 20, tenth, sp.Rational(9, 10)),
    ]


def projected_points() -> list[Point]:
    """Every order of n, m and d = 6."""
    found = []
    for sizes in permutations(("n", "m", "d")):
        order = dict(zip(sizes, (3, 6, 12), strict=True))
        scale = sp.Rational(6, order["d"])
        samples, width = order["n"] * scale, order["m"] * scale

        def ridge_of(k, df, samples=samples, width=width):
            n_, m_ = (precise(x) for x in (samples, width))
            return m_ / 6 * k * (1 - df / n_) * (1 - df / m_)

        settings = {"n": samples, "m": width, "lambda": sp.Rational(1, 50), "p_2": sp.Rational(1, 5)}
        label = " < ".join(sizes)
        found.append(point(label, ridge_of, **settings, **{"sigma^2": sp.Rational(1, 3)}))
    return found
