"""One-pass SGD: its exact recursion at finite d, the plateau of mixed data, and real data last."""

from collections.abc import Iterator
from itertools import product

import sympy as sp

from derivations.steps import Derivation, Step
from derivations.theorems.sgd_plateau import (
    FEATURES,
    contraction,
    falling_steps,
    g,
    noise,
    p,
    plateau,
    s,
)
from derivations.verify import exact

STATEMENT = r"""Stochastic gradient descent sees every sample once, $w \leftarrow w - g\,(x \cdot w - y)\,x$. For Gaussian features the
error after any number of steps is known exactly, at every dimension and for every schedule of the step $g$ and of the share
$p_2$ of synthetic samples. With $e = w - w_1$, $\delta = w_2 - w_1$, eigenvalues $s_i$ of $\Sigma$, $a_i = E[e_i^2]$,
$b_i = E[e_i \delta_i]$ and $k = 1$ for a synthetic sample, $0$ for a real one, a step is the average over $k$ of

$$a_i \leftarrow a_i - 2 g s_i (a_i - k b_i) + g^2 \Big( 2 s_i^2 U_i + s_i \sum_j s_j U_j + \sigma^2 s_i \Big), \quad
b_i \leftarrow b_i - g s_i (b_i - k \Delta_i), \quad U_i = a_i - 2 k b_i + k \Delta_i,$$

and the risk is $\sum_i s_i a_i$. It follows that

- **mixed data have a plateau**: at a constant step and share the risk tends to $p_2^2 c^2 + \tau(g)$, and $\tau$ to 0 with
  $g$: steps that fall leave $p_2^2 c^2$;
- **real data last have none**: then what synthetic data have left contracts, and falling steps take all of the risk to 0."""

e = sp.symbols(f"e_1:{FEATURES + 1}")
delta = sp.symbols(f"delta_1:{FEATURES + 1}")


def gaussian_mean(polynomial, normals):
    """E over independent standard normals: z^2k has the mean 1 * 3 * ... * (2k - 1), odd powers 0."""
    terms = sp.Poly(sp.expand(polynomial), *normals).terms()
    return sp.Add(
        *(
            coefficient * sp.Mul(*(sp.factorial2(power - 1) for power in powers))
            for powers, coefficient in terms
            if not any(power % 2 for power in powers)
        )
    )


def steps() -> Iterator[Step]:
    """From a fourth moment to what schedules can and cannot do."""
    yield _fourth_moment()
    yield _one_step()
    yield _batch()
    yield plateau()
    yield contraction()
    yield falling_steps()


def _fourth_moment():
    z = sp.symbols(f"z_1:{FEATURES + 1}")
    u, t = (sp.Matrix(sp.symbols(f"{name}_1:{FEATURES + 1}")) for name in "ut")
    root = sp.Matrix(FEATURES, FEATURES, lambda i, j: sp.Symbol(f"L_{i + 1}{j + 1}") if i >= j else 0)
    Sigma, x = root * root.T, root * sp.Matrix(z)
    left = gaussian_mean((x.dot(u)) ** 2 * (x.dot(t)) ** 2, z)
    right = 2 * (u.T * Sigma * t)[0] ** 2 + (u.T * Sigma * u)[0] * (t.T * Sigma * t)[0]
    return Step(
        r"**The fourth moment.** A gradient is quadratic in $x$, and its square needs Gaussian fourth moments: Isserlis' "
        r"theorem pairs the four factors in three ways. Between any two vectors $t$, that is the identity below. Here "
        r"$x = L z$ with any lower triangular $L$ in three dimensions, $\Sigma = L L^\top$, and monomials of standard "
        r"normals have the means $E z^2 = 1$, $E z^4 = 3$.",
        (r"E[(x \cdot u)^2\, x x^\top] = 2\, \Sigma u u^\top \Sigma + (u^\top \Sigma u)\, \Sigma",),
        (exact(r"$E[(x \cdot u)^2 (x \cdot t)^2]$ in three dimensions", left, right),),
    )


def _sample(index, k):
    """The gradient of one sample of diagonal Sigma, and its normals; k = 1 if it is synthetic."""
    z = sp.symbols(f"z_{index}1:{index}{FEATURES + 1}")
    eta = sp.Symbol(f"eta_{index}")
    x = [sp.sqrt(variance) * normal for variance, normal in zip(s, z, strict=True)]
    residual = sum(x_i * (e_i - k * delta_i) for x_i, e_i, delta_i in zip(x, e, delta, strict=True))
    return [(residual - sp.sqrt(noise) * eta) * x_i for x_i in x], (*z, eta)


def _square(i, k):
    """E G_i^2 given e and delta, as the statement has it."""
    U = [(e_j - k * delta_j) ** 2 for e_j, delta_j in zip(e, delta, strict=True)]
    return 2 * s[i] ** 2 * U[i] + s[i] * sum(map(sp.Mul, s, U)) + noise * s[i]


def _one_step():
    k = sp.Symbol("k")
    gradient, normals = _sample(1, k)
    checks = []
    for i in (0, 1):
        pulled = s[i] * (e[i] - k * delta[i])
        after = gaussian_mean((e[i] - g * gradient[i]) ** 2, normals)
        expected = e[i] ** 2 - 2 * g * e[i] * pulled + g**2 * _square(i, k)
        checks.append(exact(f"$e_{i + 1}^2$ after a step", after, expected))
    crossed = gaussian_mean((e[0] - g * gradient[0]) * delta[0], normals)
    checks.append(
        exact(
            r"$e_1 \delta_1$ after a step",
            crossed,
            e[0] * delta[0] - g * s[0] * (e[0] * delta[0] - k * delta[0] ** 2),
        )
    )
    return Step(
        r"**One step.** $e \leftarrow e - g\,(x \cdot (e - k \delta) - \varepsilon)\, x$, averaged over $x$ and "
        r"$\varepsilon$ for fixed $e$ and $\delta$, in the eigenvectors of $\Sigma$. No product of different coordinates "
        r"appears, so averages of $e_i^2$, $e_i \delta_i$ and $\delta_i^2$ need nothing but themselves: the recursion "
        r"closes. (For $k = k^2$ this is the statement; matrices that do not commute close in the same way, as matrices.)",
        (
            r"E[e_i'^2 \,|\, e, \delta] = e_i^2 - 2 g s_i e_i u_i + g^2 \Big( 2 s_i^2 u_i^2 + s_i \sum_j s_j u_j^2 "
            r"+ \sigma^2 s_i \Big), \qquad u = e - k \delta",
        ),
        tuple(checks),
    )


def _batch():
    mean, square = 0, 0
    for kinds in product((0, 1), repeat=2):
        chance = sp.Mul(*(p if k else 1 - p for k in kinds))
        (first, normals), (second, more) = (_sample(index, k) for index, k in enumerate(kinds, start=1))
        mean += chance * gaussian_mean((first[0] + second[0]) / 2, (*normals, *more))
        square += chance * gaussian_mean(((first[0] + second[0]) / 2) ** 2, (*normals, *more))
    expected = s[0] * (e[0] - p * delta[0])
    one = p * _square(0, 1) + (1 - p) * _square(0, 0)
    return Step(
        r"**A batch.** Of $B$ samples, each synthetic with probability $p_2$ by itself, the gradients are independent given "
        r"$e$ and $\delta$: their mean has the square below, here for two samples, all four ways of who labelled them.",
        (
            r"E[\bar G_i^2] = \frac1B\, E[G_i^2] + \left(1 - \frac1B\right) E[G_i]^2, \qquad "
            r"E[G_i] = s_i (e_i - p_2 \delta_i)",
        ),
        (
            exact("the mean gradient of two samples", mean, expected),
            exact("its square", square, one / 2 + expected**2 / 2),
        ),
    )


SGD = Derivation("one-pass-sgd", "One-pass SGD: a plateau, and how to avoid it", STATEMENT, steps)
