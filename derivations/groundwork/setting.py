"""The paper's setting: symbols, random matrices, and points at which claims are checked.

Source 1 is real, source 2 synthetic; rows of X_k are N(0, Sigma), n_k = p_k n of them; S has iid
N(0, 1/d) entries.  M_k = X_k^T X_k / n and M = M_1 + M_2.
"""

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
FIFTH = sp.Rational(1, 5)
SHIFT = tuple(sp.Rational(j, 10) for j in (2, 1, 4, 1, 3, 2))


def point(samples, width=None, ridge=0, fraction=FIFTH, label: str | None = None) -> Point:
    """A point at d = 6, of the classical model (no width) or of projections; kappa from lambda.

    ridge = 0 is the limit: kappa is where the physical branch, on which df1 < min(n, m), begins.
    """
    with mp.workdps(WORKING):
        sizes = precise(samples), None if width is None else precise(width)
        shift = effective_ridge(*sizes, precise(ridge))
        resolvents = [1 / (precise(s) + shift) for s in SPECTRUM]
    numbers = {d: len(SPECTRUM), n: samples, lam: ridge, kappa: shift, p2: fraction}
    numbers |= {noise: sp.Rational(1, 3)} | ({} if width is None else {m: width})
    shown = f"n = {samples}" if width is None else f"n = {samples}, m = {width}"
    spectra = {Sigma: SPECTRUM, Gamma: SIGNAL, Delta: SHIFT, R: resolvents}
    return Point(label or f"{shown}, d = {len(SPECTRUM)}", numbers, spectra)


def effective_ridge(samples, width, ridge) -> mp.mpf:
    """kappa on the branch where df1 < min(n, m), by bisection: there lambda rises with it."""
    eigenvalues = [precise(s) for s in SPECTRUM]
    size = len(eigenvalues)
    most = samples if width is None else min(samples, width)

    def freedom(k):
        return mp.fsum(s / (s + k) for s in eigenvalues)

    def ridge_of(k):
        factor = k * (1 - freedom(k) / samples)
        return factor if width is None else factor * (width - freedom(k)) / size

    def root(function, low, high):
        # On a logarithmic scale, because the ridge may be as small as 1e-20.
        ends = (mp.log(low), mp.log(high))
        return mp.exp(mp.findroot(lambda t: function(mp.exp(t)), ends, solver="bisect", maxsteps=400))

    shift = root(lambda k: freedom(k) - most, "1e-3", 1000) if most < size else mp.mpf(0)
    if not ridge:
        return shift
    # lambda <= kappa, times m / d with projections.
    low = max(shift, ridge * (1 if width is None else size / width))
    return root(lambda k: (ridge_of(k) - ridge) / (ridge_of(k) + ridge), low, 1000)


def classical_points() -> list[Point]:
    """n below, at and above d = 6, small and large ridge and p_2."""
    hundredth, tenth = sp.Rational(1, 100), sp.Rational(1, 10)
    return [
        point(3, None, hundredth, tenth, "n < d"),
        point(6, None, hundredth, sp.Rational(1, 2), "n = d"),
        point(20, None, tenth, sp.Rational(9, 10), "n > d"),
    ]


def projected_points() -> list[Point]:
    """Every order of n, m and d = 6."""
    points = []
    for sizes in permutations(("n", "m", "d")):
        order = dict(zip(sizes, (3, 6, 12), strict=True))
        scale = sp.Rational(6, order["d"])
        label = " < ".join(sizes)
        points.append(point(order["n"] * scale, order["m"] * scale, sp.Rational(1, 50), label=label))
    return points
