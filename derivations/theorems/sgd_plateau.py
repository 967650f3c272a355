"""Where one-pass SGD ends: the plateau of mixed data, and nothing where real data come last."""

from pathlib import Path

import mpmath as mp
import numpy as np
import sympy as sp

from derivations.engine.points import WORKING, Point, precise
from derivations.groundwork.pictures import picture
from derivations.steps import Step
from derivations.verify import digits, exact, tends
from workbench.style import COLOURS

FEATURES = 3
g, noise, p = sp.symbols("g sigma^2 p_2", positive=True)
s = sp.symbols(f"s_1:{FEATURES + 1}", positive=True)
Delta = sp.symbols(f"Delta_1:{FEATURES + 1}", positive=True)
C2 = sum(map(sp.Mul, s, Delta))  # c^2
NUMBERS = {g: sp.Rational(1, 4), noise: 1, p: sp.Rational(1, 2)}
NUMBERS |= dict(zip(s, (1, sp.Rational(1, 2), sp.Rational(1, 3)), strict=True))
NUMBERS |= dict(zip(Delta, (sp.Rational(1, 10), sp.Rational(1, 5), sp.Rational(1, 3)), strict=True))
SETTLED = 1200  # steps after which 50 digits no longer change


def step(a, b, rate, share, eigenvalues, shifts, variance):
    """One step of the statement's recursion, averaged over who has labelled the sample."""
    after, crossed = [0] * len(a), [0] * len(a)
    for k, chance in ((0, 1 - share), (1, share)):
        U = [x - 2 * k * y + k * D for x, y, D in zip(a, b, shifts, strict=True)]
        whole = sum(lam * u for lam, u in zip(eigenvalues, U, strict=True))
        for i, lam in enumerate(eigenvalues):
            square = 2 * lam**2 * U[i] + lam * whole + variance * lam
            after[i] += chance * (a[i] - 2 * rate * lam * (a[i] - k * b[i]) + rate**2 * square)
            crossed[i] += chance * (b[i] - rate * lam * (b[i] - k * shifts[i]))
    return after, crossed


def settled() -> tuple[list[sp.Expr], sp.Expr, sp.Expr]:
    """The fixed point a, its risk beyond p_2^2 c^2, and the M that must be below 1."""
    forced = [noise + p * (1 - p) * (C2 + 2 * lam * D) for lam, D in zip(s, Delta, strict=True)]
    shares = [g * lam / (2 * (1 - g * lam)) for lam in s]
    M = sum(shares)
    tau = sum(map(sp.Mul, shares, forced)) / (1 - M)
    a = [
        p**2 * D + g * (q + tau) / (2 * (1 - g * lam))
        for lam, D, q in zip(s, Delta, forced, strict=True)
    ]
    return a, tau, M


def plateau() -> Step:
    """Constant steps and shares."""
    a, tau, _ = settled()
    b = [p * D for D in Delta]
    after, crossed = step(a, b, g, p, s, Delta, noise)
    checks = [
        exact(f"$a_{i + 1}$ stays where it is", new, old)
        for i, (new, old) in enumerate(zip(after, a, strict=True))
    ]
    checks += [
        exact("$b_1$ stays where it is", crossed[0], b[0]),
        exact(r"the risk there", sum(map(sp.Mul, s, a)), p**2 * C2 + tau),
        exact(r"without steps nothing is left of $\tau$", tau.subs(g, 0), 0),
        exact(
            r"the slope of $\tau$ at $g = 0$",
            sp.diff(tau, g).subs(g, 0),
            (sum(s) * (noise + p * (1 - p) * C2) + 2 * p * (1 - p) * _weighted(2)) / 2,
        ),
        digits(
            "a thousand steps of the recursion end there",
            lambda point: _after(SETTLED, point.numbers),
            p**2 * C2 + tau,
            (Point("three eigenvalues, $p_2 = 1/2$, $g = 1/4$", NUMBERS),),
        ),
    ]
    return Step(
        r"**Mixed data have a plateau.** At a constant step and share, $b$ tends to $p_2 \Delta$ and $a$ to a point that the "
        r"recursion leaves alone. With $q_i = \sigma^2 + p_2 (1 - p_2)(c^2 + 2 s_i \Delta_i)$, the noise and the labels that "
        r"contradict each other, it is $a_i = p_2^2 \Delta_i + \frac{g (q_i + \tau)}{2 (1 - g s_i)}$. The first term no step "
        r"removes: it is the error of the best weights for mixed data. The second falls with $g$. (Here, as below, for "
        r"three eigenvalues; any number adds terms to the sums.)",
        (
            r"\text{risk} \to p_2^2 c^2 + \tau, \qquad \tau = \frac{1}{1 - M} \sum_i \frac{g s_i q_i}{2 (1 - g s_i)}, "
            r"\qquad M = \sum_i \frac{g s_i}{2 (1 - g s_i)}",
            r"\tau = \frac g2 \left[ (\sigma^2 + p_2 (1 - p_2) c^2) \operatorname{tr} \Sigma + 2 p_2 (1 - p_2) "
            r"\operatorname{tr}[\Sigma^2 \Delta] \right] + O(g^2)",
        ),
        tuple(checks),
    )


def contraction() -> Step:
    """Real samples only: the linear map of a."""
    _, _, M = settled()
    a = sp.symbols(f"a_1:{FEATURES + 1}")
    none = (0,) * FEATURES
    after, _ = step(a, none, g, 0, s, none, 0)
    L = sp.Matrix(FEATURES, FEATURES, lambda i, j: sp.diff(after[i], a[j]))
    determinant = (sp.eye(FEATURES) - L).det()
    factors = sp.Mul(*(2 * g * lam * (1 - g * lam) for lam in s))
    return Step(
        r"**Real data last have none.** While samples are real, bias and $\zeta$ obey $a \leftarrow L a$ with the symmetric "
        r"$L = \operatorname{diag}(1 - 2 g s_i + 2 g^2 s_i^2) + g^2 s s^\top$: what synthetic data have left is an error "
        r"like any other. An eigenvalue $\mu \geq 1$ would solve $\sum_i \frac{g^2 s_i^2}{\mu - 1 + 2 g s_i (1 - g s_i)} = 1$, "
        r"whose left side falls in $\mu$ and is $M$ at $\mu = 1$. So where $g s_i < 1$ and $M < 1$, the very condition of a "
        r"plateau, all eigenvalues are in $(0, 1)$: $\zeta$ falls geometrically, and of the plateau only "
        r"$\tau$ at $p_2 = 0$ is left, which is proportional to $\sigma^2$ and falls with $g$.",
        (
            r"\det(1 - L) = (1 - M) \prod_i 2 g s_i (1 - g s_i)",
            r"\zeta_{t} = s^\top L^{t} a_{\text{synthetic}} \to 0",
        ),
        (
            exact("$L$ is symmetric", L[0, 1] - L[1, 0], 0),
            exact("the determinant", determinant, factors * (1 - M)),
            exact("the secular equation at 1", _secular(1), M),
        ),
    )


def falling_steps() -> Step:
    """g_t = 2/(t + t_0): the rates at which both orders of the samples end."""
    isotropic = {lam: 1 for lam in s} | {D: sp.Rational(1, 5) / FEATURES for D in Delta}
    numbers = NUMBERS | isotropic
    floor = precise((p**2 * C2).subs(numbers))
    sizes = (2**10, 2**12)
    return Step(
        r"**Falling steps**, $g_t = 2 / (t + 10)$, $\Sigma = I$, $c^2 = 1/5$, $\sigma^2 = 1$: after $T$ samples, each "
        r"synthetic with probability $1/2$, the risk tends to $p_2^2 c^2 = 1/20$. The same number of samples, first the "
        r"synthetic half, then, with steps that start again, the real half: it tends to 0. Both gaps fall like $1/T$.",
        (r"\text{mixed:}\ p_2^2 c^2 + O(1/T), \qquad \text{real last:}\ O(1/T)",),
        (
            tends("mixed data", lambda T: _trained(T, numbers, False)[-1], floor, sizes, -1),
            tends("real data last", lambda T: _trained(T, numbers, True)[-1], 0, sizes, -1),
        ),
        picture=_draw,
    )


def _weighted(power):
    return sum(lam**power * D for lam, D in zip(s, Delta, strict=True))


def _secular(mu):
    return sum(g**2 * lam**2 / (mu - 1 + 2 * g * lam * (1 - g * lam)) for lam in s)


def _after(number, numbers):
    """The risk after so many steps from a = 1, b = 0 at a point."""
    with mp.workdps(WORKING):
        at = {symbol: precise(sp.sympify(value)) for symbol, value in numbers.items()}
        eigenvalues, shifts = [at[lam] for lam in s], [at[D] for D in Delta]
        a, b = [mp.mpf(1)] * FEATURES, [mp.mpf(0)] * FEATURES
        for _ in range(number):
            a, b = step(a, b, at[g], at[p], eigenvalues, shifts, at[noise])
        return mp.fsum(lam * x for lam, x in zip(eigenvalues, a, strict=True))


def _trained(T, numbers, real_last):
    """The risk after every one of T steps that fall, from a = 1 / d; a second half starts again."""
    with mp.workdps(WORKING):
        at = {symbol: precise(sp.sympify(value)) for symbol, value in numbers.items()}
        eigenvalues, shifts = [at[lam] for lam in s], [at[D] for D in Delta]
        a, b = [mp.mpf(1) / FEATURES] * FEATURES, [mp.mpf(0)] * FEATURES
        risks = []
        for t in range(T):
            share, since = (mp.mpf(t < T // 2), t % (T // 2)) if real_last else (at[p], t)
            a, b = step(a, b, mp.mpf(2) / (since + 10), share, eigenvalues, shifts, at[noise])
            risks.append(mp.fsum(lam * x for lam, x in zip(eigenvalues, a, strict=True)))
        return risks


def _draw(path: Path) -> None:
    numbers = NUMBERS | {lam: 1 for lam in s} | {D: sp.Rational(1, 5) / FEATURES for D in Delta}
    T = 2000
    with picture(path, "samples", "excess risk") as axes:
        for real_last, label, colour in zip(
            (False, True), ("mixed evenly", "real data last"), COLOURS, strict=False
        ):
            risks = np.array(_trained(T, numbers, real_last), dtype=float)
            axes.plot(np.arange(1, T + 1), risks, color=colour, label=label)
        axes.axhline(0.05, ls=":", color="0.4", label="$p_2^2 c^2$")
