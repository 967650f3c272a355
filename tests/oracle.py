"""A slow, obvious oracle for `predict`: the general equations in 60 digits, nothing rearranged.

The formulas keep every cancellation that the package avoids; sixty digits do not mind.
"""

import mpmath as mp
import numpy as np

import collapse_theory as ct

mp.mp.dps = 60
ENOUGH = mp.mpf(10) ** -40


def matrix(values) -> mp.matrix:
    """The matrix with these eigenvalues or entries, taken as exact."""
    values = np.asarray(values, dtype=float)
    return mp.matrix((np.diag(values) if values.ndim == 1 else values).tolist())


def tr(*factors: mp.matrix) -> mp.mpf:
    """The trace of a product."""
    product = factors[0]
    for factor in factors[1:-1]:
        product = product * factor
    last, d = factors[-1], factors[-1].rows
    return mp.fsum(product[i, j] * last[j, i] for i in range(d) for j in range(d) if last[j, i])


def risk(problem: ct.Problem) -> list[mp.mpf]:
    """[bias, variance, zeta] of a problem without scalars for matrices (but a shift of 0), ridge > 0."""
    sources = problem.sources
    K, d = len(sources), problem.dimension
    number = lambda value: mp.mpf(float(value))  # noqa: E731
    Sigma = [matrix(s.covariance) for s in sources]
    test = Sigma[0] if problem.test_covariance is None else matrix(problem.test_covariance)
    n_k, alpha, noise = (
        [number(getattr(s, name)) for s in sources] for name in ("n", "weight", "noise")
    )
    n, lam = sum(n_k), number(problem.ridge)
    p = [count / n for count in n_k]
    m = None if problem.width is None else number(problem.width)
    identity, ks = mp.eye(d), range(K)

    def resolvent(e, nu):
        A = mp.zeros(d)
        for k in ks:
            A += Sigma[k] * (p[k] * e[k])
        return A, mp.inverse(A + identity * nu)

    def equations(*logs):
        e = [mp.exp(x) for x in logs[:K]]
        nu = lam if m is None else mp.exp(logs[K])
        A, G = resolvent(e, nu)
        sides = [e[k] * (1 + alpha[k] / n * tr(Sigma[k], G)) / alpha[k] - 1 for k in ks]
        if m is not None:
            sides.append((lam * d / m + nu / m * tr(A, G)) / nu - 1)
        return sides

    # The package's own solution is only where sixty-digit Newton starts from.
    guess = ct.diagnose(problem)
    start = [mp.log(float(e)) for e in guess.e]
    if m is not None:
        start.append(mp.log(float(guess.kappa) * sum(float(p[k]) * float(guess.e[k]) for k in ks)))
    # Rounding leaves 45 of the digits where matrices are nearly singular: more cannot be asked for.
    logs = mp.findroot(equations, start, tol=ENOUGH, maxsteps=60)
    logs = [logs[i] for i in range(len(start))]
    assert max(map(abs, equations(*logs))) < ENOUGH
    e = [mp.exp(x) for x in logs[:K]]
    nu = lam if m is None else mp.exp(logs[K])
    A, G = resolvent(e, nu)

    def second_order(C, B):
        """tr[C G_S B G_S]."""
        extra = mp.mpf(0)
        if m is not None:
            extra = nu**2 / m * tr(B, G, G) / (1 - tr(A * G, A * G) / m)
        return tr(C, G * (B + extra * identity) * G)

    def excess(moments, variances):
        """Risk for second moments C_jk of the labelling vectors and these noise variances."""
        pull = [p[k] * e[k] * Sigma[k] for k in ks]
        pairs = [(j, k) for j in ks for k in ks if moments(j, k) is not None]
        Q = mp.zeros(d)
        for j, k in pairs:
            Q += pull[j] * moments(j, k) * pull[k]

        def bias(C, k):
            cross = sum(tr(C, G, pull[j], moments(j, i)) for j, i in pairs if i == k)
            square = tr(C, moments(k, k)) if (k, k) in pairs else 0
            return second_order(C, Q) - 2 * cross + square

        coupling = lambda C: [p[j] * e[j] ** 2 / n * second_order(C, Sigma[j]) for j in ks]  # noqa: E731
        system, forcing = mp.eye(K), mp.matrix(K, 1)
        for k in ks:
            forcing[k] = variances[k] + bias(Sigma[k], k)
            for j, T in enumerate(coupling(Sigma[k])):
                system[k, j] -= T
        errors = mp.lu_solve(system, forcing)
        return bias(test, 0) + sum(T * errors[j] for j, T in enumerate(coupling(test)))

    none = [mp.mpf(0)] * K
    variance = excess(lambda j, k: None, noise)
    if problem.moments is not None:
        C = [[matrix(block) for block in row] for row in problem.moments]
        bias = excess(lambda j, k: C[0][0], none)
        return [bias, variance, excess(lambda j, k: C[j][k], none) - bias]
    Gamma = matrix(problem.signal)
    Delta = [matrix(s.shift) if s.shift.ndim else None for s in sources]
    return [
        excess(lambda j, k: Gamma, none),
        variance,
        excess(lambda j, k: Delta[j] if j == k else None, none),
    ]
