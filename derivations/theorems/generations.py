"""Generations of models: labels replaced, accumulated, or mixed with fresh real data."""

from collections.abc import Iterator

import sympy as sp

from derivations.groundwork.isotropic import BELOW, c2, phi
from derivations.groundwork.setting import d, n, noise, p2
from derivations.steps import Derivation, Step
from derivations.theorems.generations_accumulate import errors_add_up, moved_by_noise, same_rows
from derivations.theorems.generations_bound import ONE_FIT, bounded
from derivations.theorems.generations_golden_ratio import best_weight, fixed_weight
from derivations.verify import exact, tends

STATEMENT = r"""Let the model of each round label data for the next. What becomes of the error depends on what is kept.

- **Replace** all data every round: without a ridge the error grows by $\sigma^2 d / (n - d - 1)$ a round, for ever.
- **Accumulate** them, $N_i = n_1 + i n_2$ by round $i$: with the ridge fixed on the *sum* of squares, $L = \lambda n$, a
  round adds nothing but the share that its new samples have in the variance $V$ of Theorem 1 or 2,

$$E_t = E_1 + \sum_{i=2}^t \frac{n_2}{N_i} V\left(N_i, \frac{L}{N_i}\right);$$

- with the same $n_2$ inputs labelled once more every round it adds $V_{(i)} / i^2$, $V_{(i)}$ being what their noise
  makes at $i$ times their weight;
- without a ridge and with real labels in round 1 only, all rounds together make at most $\pi^2 / 6$ of the first.

- **Mix** with fresh real data: the error settles, and is least where the weight of the real data is $x$ with
  $x^2 = k (1 - x)$, $k = n_1 \sigma_2^2 / n_2 \sigma_1^2$; for equal halves that is $x = \frac{\sqrt5 - 1}{2}$, one over
  the golden ratio. It is then $x$ times the error of one round's real data alone (leading order in $d/n$)."""


def steps() -> Iterator[Step]:
    """From growing for ever to settling."""
    yield _replace()
    yield moved_by_noise()
    yield errors_add_up()
    yield same_rows()
    yield bounded()
    yield fixed_weight()
    yield best_weight()


def _replace():
    T = sp.Matrix(3, 3, lambda row, column: sp.Symbol(f"T_{row}{column}") if row <= column else 0)
    x, k = sp.symbols("x k", positive=True)
    density = x ** (k / 2 - 1) * sp.exp(-x / 2) / (2 ** (k / 2) * sp.gamma(k / 2))
    inverse_mean = sp.gammasimp(sp.integrate(density / x, (x, 0, sp.oo), conds="none"))
    at_quarter = sp.lambdify(n, (ONE_FIT / noise).subs(d, n / 4), "mpmath")
    return Step(
        r"**Replace.** Every round fits $n$ fresh samples, labelled by the model before with new noise, and nothing "
        r"else. Without a ridge and with $d < n$ the fit errs by $\hat w_t - \hat w_{t-1} = (X^\top X)^{-1} X^\top "
        r"\varepsilon$, which knows nothing of the past: errors add up. Tested on the training covariance $\Sigma$, "
        r"whichever it is, one of them is $\sigma^2 E \operatorname{tr}[(Z^\top Z)^{-1}]$ with $Z = X \Sigma^{-1/2}$. "
        r"Bartlett's triangle, $Z^\top Z = T^\top T$, has $T_{dd}^2 \sim \chi^2_{n-d+1}$, and the last diagonal entry "
        r"of the inverse is $1 / T_{dd}^2$; the others have the same law. So the error grows linearly, exactly so at "
        r"every size. Nothing pulls back to the truth: Corollary 1 at $p_2 = 1$ hands on all of $E_{t-1}$.",
        (r"E_t = E_{t-1} + \frac{\sigma^2 d}{n - d - 1} = t \, \frac{\sigma^2 d}{n - d - 1}",),
        (
            exact("the last diagonal entry of the inverse", (T.T * T).inv()[2, 2], 1 / T[2, 2] ** 2),
            exact(r"$E[1 / \chi^2_k]$", inverse_mean, 1 / (k - 2)),
            exact("the error of one fit", d * noise * inverse_mean.subs(k, n - d + 1), ONE_FIT),
            exact(
                "Corollary 1 at $p_2 = 1$",
                (BELOW.variance + BELOW.zeta).subs(p2, 1),
                c2 + noise * phi / (1 - phi),
            ),
            tends(
                r"at $\phi = 1/4$ the error of one fit tends to Corollary 1's",
                lambda size: at_quarter(1 / size),
                (BELOW.variance / noise).subs(phi, sp.Rational(1, 4)),
                (2.0**-12, 2.0**-16),
                1,
            ),
        ),
    )


GENERATIONS = Derivation("generations", "Generations: replace, accumulate, mix", STATEMENT, steps)
