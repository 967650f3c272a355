"""Expressions that several tests share."""

from derivations.engine.matrices import Gaussian
from derivations.groundwork.setting import (
    DELTA,
    GAMMA,
    M1,
    M2,
    SIGMA,
    X1,
    I,
    M,
    S,
    d,
    lam,
    m,
    resolvent,
)
from derivations.groundwork.setting import projected as projected_resolvent

Q, G = resolvent(M), projected_resolvent(S, M)
EXPRESSIONS = {
    "identity": I,
    "one matrix": SIGMA,
    "scaled": 3 * lam * SIGMA,
    "sum": SIGMA + DELTA - 2 * I,
    "square": SIGMA**2,
    "inverse square": (SIGMA + M1) ** -2,
    "transpose of a product": (S.T * (SIGMA * DELTA)).T * S.T,
    "resolvent": Q,
    "bias": GAMMA * Q * SIGMA * Q,
    "zeta": DELTA * M2 * Q * SIGMA * Q * M2,
    "projected": G,
    "projected bias": GAMMA * (M * G - I) * SIGMA * (G * M - I),
    "projected zeta": DELTA * M2 * G * SIGMA * G * M2,
    "nested": resolvent(M1 * resolvent(M2) * M1),
    "rectangular": S * S.T * M1 * S,
}

T, Z = Gaussian("T", d, m, variance=1 / d), Gaussian("Z", d, d, variance=1 / d)
LIMITS = EXPRESSIONS | {
    "a square": M1 * M1,
    "a cube": M1**3,
    "information plus noise": (SIGMA + Z) * (SIGMA + Z).T,
    "two projections": S * T.T * T * S.T,
    "square blocks": Z**2 * Z.T**2,
    "not symmetric": (4 * I + Z).I * SIGMA * (4 * I + Z.T).I,
    "two ridges": Q * SIGMA * resolvent(M, 2 * lam),
    "dual": X1 * SIGMA * X1.T * resolvent(X1 * X1.T),
}
