"""A slow, obvious oracle for `predict`: the general equations in 60 digits, nothing rearranged.

Covariances are diagonal and small.  The formulas keep every cancellation that the package avoids;
sixty digits do not mind.
"""

import mpmath as mp

import collapse_theory as ct

mp.mp.dps = 60


def risk(problem: ct.Problem) -> list[mp.mpf]:
    """[bias, variance, zeta] of a problem with vector covariances, signal and shifts, ridge > 0."""
    sources = problem.sources
    K, d = len(sources), len(sources[0].covariance)
    vector = lambda values: [mp.mpf(float(v)) for v in values]  # noqa: E731
    Sigma = [vector(s.covariance) for s in sources]
    test = Sigma[0] if problem.test_covariance is None else vector(problem.test_covariance)
    n_k = vector([s.n for s in sources])
    alpha, noise = vector([s.weight for s in sources]), vector([s.noise for s in sources])
    n, lam = sum(n_k), mp.mpf(float(problem.ridge))
    p = [count / n for count in n_k]
    m = None if problem.width is None else mp.mpf(float(problem.width))
    dims, ks = range(d), range(K)

    def resolvent(e, nu):
        A = [sum(p[k] * e[k] * Sigma[k][i] for k in ks) for i in dims]
        return A, [1 / (A[i] + nu) for i in dims]

    def equations(*logs):
        e = [mp.exp(x) for x in logs[:K]]
        nu = lam if m is None else mp.exp(logs[K])
        A, G = resolvent(e, nu)
        found = [
            e[k] * (1 + alpha[k] / n * sum(Sigma[k][i] * G[i] for i in dims)) / alpha[k] - 1 for k in ks
        ]
        if m is not None:
            found.append((lam * d / m + nu / m * sum(A[i] * G[i] for i in dims)) / nu - 1)
        return found

    # The package's own solution is only where sixty-digit Newton starts from.
    guess = ct.diagnose(problem)
    start = [mp.log(float(e)) for e in guess.e]
    if m is not None:
        start.append(mp.log(float(guess.kappa) * sum(float(p[k]) * float(guess.e[k]) for k in ks)))
    logs = mp.findroot(equations, start, tol=mp.mpf(10) ** -80, maxsteps=60)
    logs = [logs[i] for i in range(len(start))]
    e = [mp.exp(x) for x in logs[:K]]
    nu = lam if m is None else mp.exp(logs[K])
    A, G = resolvent(e, nu)

    def second_order(C, B):
        """tr[C G_S B G_S]."""
        extra = mp.mpf(0)
        if m is not None:
            room = 1 - sum((A[i] * G[i]) ** 2 for i in dims) / m
            extra = nu**2 / m * sum(B[i] * G[i] ** 2 for i in dims) / room
        return sum(C[i] * G[i] ** 2 * (B[i] + extra) for i in dims)

    def excess(moments, variances):
        """Risk for second moments C_jk of the labelling vectors and these noise variances."""
        pull = [[p[k] * e[k] * Sigma[k][i] for i in dims] for k in ks]
        Q = [sum(pull[j][i] * moments(j, k, i) * pull[k][i] for j in ks for k in ks) for i in dims]

        def bias(C, k):
            cross = sum(C[i] * G[i] * pull[j][i] * moments(j, k, i) for i in dims for j in ks)
            return second_order(C, Q) - 2 * cross + sum(C[i] * moments(k, k, i) for i in dims)

        T = lambda C: [p[j] * e[j] ** 2 / n * second_order(C, Sigma[j]) for j in ks]  # noqa: E731
        system = mp.matrix(K, K)
        forcing = mp.matrix(K, 1)
        for k in ks:
            row = T(Sigma[k])
            forcing[k] = variances[k] + bias(Sigma[k], k)
            for j in ks:
                system[k, j] = (1 if j == k else 0) - row[j]
        errors = mp.lu_solve(system, forcing)
        return bias(test, 0) + sum(t * errors[j] for j, t in enumerate(T(test)))

    none = [mp.mpf(0)] * K
    if problem.moments is not None:
        C = [[vector(block) for block in row] for row in problem.moments]
        bias = excess(lambda j, k, i: C[0][0][i], none)
        variance = excess(lambda j, k, i: mp.mpf(0), noise)
        return [bias, variance, excess(lambda j, k, i: C[j][k][i], none) - bias]
    Gamma, Delta = (
        vector(problem.signal),
        [vector(s.shift) if s.shift.ndim else [0] * d for s in sources],
    )
    return [
        excess(lambda j, k, i: Gamma[i], none),
        excess(lambda j, k, i: mp.mpf(0), noise),
        excess(lambda j, k, i: Delta[j][i] if j == k else mp.mpf(0), none),
    ]
