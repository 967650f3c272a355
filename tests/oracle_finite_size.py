"""A slow, obvious oracle for `finite_size`: Phi as it is written, differenced in 150 digits.

Covariances are diagonal and small.  The stationary point is searched anew for each strength t of the
test set and each scale eta of the labels, and the fluctuation is the determinant of all second
derivatives of Phi, written as the sums of products that they are: nothing is rearranged.
"""

import mpmath as mp

import collapse_theory as ct

DIGITS = 150


def finite_size(problem: ct.Problem, part: str) -> tuple[mp.mpf, mp.mpf]:
    """The limit and the 1/d term of one part of the risk, ridge > 0, vector covariances and shifts."""
    with mp.workdps(DIGITS):
        return _finite_size(problem, part)


def _finite_size(problem: ct.Problem, part: str) -> tuple[mp.mpf, mp.mpf]:
    sources = problem.sources
    K, d = len(sources), len(sources[0].covariance)
    vector = lambda values: [mp.mpf(float(v)) for v in values]  # noqa: E731
    Sigma = [vector(s.covariance) for s in sources]
    test = Sigma[0] if problem.test_covariance is None else vector(problem.test_covariance)
    n_k, alpha = vector([s.n for s in sources]), vector([s.weight for s in sources])
    n, lam = sum(n_k), mp.mpf(float(problem.ridge))
    p = [count / n for count in n_k]
    m = None if problem.width is None else mp.mpf(float(problem.width))
    ks, dims = range(K), range(d)
    unknowns = range(K if m is None else K + 1)
    noise = vector([s.noise for s in sources]) if part == "variance" else [mp.mpf(0)] * K
    signal = vector(problem.signal) if part == "bias" else [mp.mpf(0)] * d
    none = [mp.mpf(0)] * d
    shifts = [vector(s.shift) if part == "zeta" and s.shift.ndim else none for s in sources]

    def C(j, k, i):
        return signal[i] + (shifts[j][i] if j == k else 0)

    def functions(x, t, eta, order):
        """Gradient and Hessian of Phi; q alone where `order` is 0."""
        e = [mp.exp(x[k]) for k in ks]
        nu = lam if m is None else mp.exp(x[K])
        g, H = mp.matrix(len(unknowns), 1), mp.matrix(len(unknowns), len(unknowns))
        q = sum(p[k] * e[k] * noise[k] for k in ks)
        for i in dims:
            # c_k: what unknown k adds to 1/G;  P_k: and to u, as a multiple of w_k.
            c = [p[k] * e[k] * Sigma[k][i] for k in ks] + ([] if m is None else [nu])
            P = [p[k] * e[k] * Sigma[k][i] + (t * test[i] if k == 0 else 0) for k in ks]
            G = 1 / (sum(c[k] for k in ks) + t * test[i] + nu)
            square = sum(P[j] * P[k] * C(j, k, i) for j in ks for k in ks)  # E u^2
            q += sum(P[k] * C(k, k, i) for k in ks) - square * G
            if order == 0:
                continue
            pull = [c[k] if k < K else mp.mpf(0) for k in unknowns]  # dP_k / dx_k
            D = [2 * pull[k] * sum(P[j] * C(j, k, i) for j in ks) if k < K else 0 for k in unknowns]
            for k in unknowns:
                own = C(k, k, i) if k < K else 0
                g[k] += c[k] * G + eta * (pull[k] * own - D[k] * G + square * c[k] * G**2)
                for l in unknowns:
                    H[k, l] += (c[k] * G if k == l else 0) - c[k] * c[l] * G**2
                    second = 2 * pull[k] * pull[l] * C(k, l, i) if k < K and l < K else mp.mpf(0)
                    second += D[k] if k == l else 0
                    change = -second * G + (D[k] * c[l] + D[l] * c[k]) * G**2
                    change += square * ((c[k] * G**2 if k == l else 0) - 2 * c[k] * c[l] * G**3)
                    change += pull[k] * own if k == l else 0
                    H[k, l] += eta * change
        if order == 0:
            return q
        for k in ks:
            g[k] += n_k[k] * (e[k] / alpha[k] - 1) + eta * p[k] * e[k] * noise[k]
            H[k, k] += n_k[k] * e[k] / alpha[k] + eta * p[k] * e[k] * noise[k]
        if m is not None:
            g[K] += m - d - lam * d / nu
            H[K, K] += lam * d / nu
        return g, H

    def stationary(x, t, eta):
        for _ in range(100):
            g, H = functions(x, t, eta, 2)
            step = mp.lu_solve(H, -g)
            length = max(abs(s) for s in step)
            x = [
                x[k] + step[k] * (mp.log(1 + length) / length if length > 1e-9 else 1) for k in unknowns
            ]
            if length < mp.mpf(10) ** (-DIGITS + 30):
                return x
        raise ArithmeticError("Newton's method did not converge")

    guess = ct.diagnose(problem)  # only where Newton's method starts from
    start = [mp.log(float(value)) for value in guess.e]
    if m is not None:
        start.append(mp.log(float(guess.kappa) * sum(float(p[k]) * float(guess.e[k]) for k in ks)))
    origin = stationary(start, mp.mpf(0), mp.mpf(0))
    pulls = [sum(p[k] * mp.exp(origin[k]) * Sigma[k][i] for k in ks) for i in dims]
    t = min(pulls) * mp.mpf(10) ** -25
    scale = functions(origin, mp.mpf(0), mp.mpf(0), 0)
    if scale == 0:
        return mp.mpf(0), mp.mpf(0)
    eta = mp.mpf(10) ** -25 / scale

    def fluctuation(sign_t, sign_eta):
        x = stationary(origin, sign_t * t, sign_eta * eta)
        return mp.log(abs(mp.det(functions(x, sign_t * t, sign_eta * eta, 2)[1]))) / 2

    def q(sign):
        return functions(stationary(origin, sign * t, mp.mpf(0)), sign * t, mp.mpf(0), 0)

    limit = (q(1) - q(-1)) / (2 * t)
    corners = sum(a * b * fluctuation(a, b) for a in (1, -1) for b in (1, -1))
    return limit, corners / (4 * t * eta)
