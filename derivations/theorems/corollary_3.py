"""Corollary 3: iterative mixing recovers a scaling law, at a price in rounds and in real data."""

from collections.abc import Callable, Iterator
from pathlib import Path

import mpmath as mp
import numpy as np
import sympy as sp

from derivations.steps import Check, Derivation, Step
from derivations.theorems.corollary_1 import BELOW, c2, phi
from derivations.theorems.pictures import picture
from derivations.theorems.setting import noise, p2
from derivations.verify import WORKING, Point, digits, exact, tends

HALF = sp.Rational(1, 2)
rounds = sp.Symbol("t", integer=True, nonnegative=True)
before, level = sp.symbols("E_{t-1} tau", positive=True)  # tau: the error over its limit, minus 1
CLEAN = BELOW.variance  # all n samples real
ALONE = CLEAN.subs(phi, 2 * phi)  # n / 2 real samples, nothing else

DIMENSION, SAMPLES, DRAWS, SEED = 40, 400, 60, 0  # of the brute force


def one_round() -> sp.Expr:
    """Corollary 1 with the previous error in the place of c^2."""
    return CLEAN + BELOW.zeta.subs(c2, before)


def closed_form() -> sp.Expr:
    """The error after t rounds, from c^2 at the start."""
    E = sp.Function("E")
    z, v = sp.symbols("z v", positive=True)
    solution = sp.rsolve(E(rounds + 1) - z * E(rounds) - v, E(rounds), {E(0): c2})
    return solution.subs({z: contraction(), v: CLEAN})


def contraction() -> sp.Expr:
    """What one round leaves of the previous error."""
    return sp.cancel(sp.diff(one_round(), before))


def steps() -> Iterator[Step]:
    """Fresh real data every round, then one real half for ever."""
    yield _recursion()
    yield _limit()
    yield _rounds()
    yield _price()
    yield _same_half()
    yield _same_half_exactly()


def _recursion():
    solution = closed_form()
    values = {"1/10": "1/2", "1/1000": "1/2", "7/10": "1/4"}
    points = [
        Point(f"phi = {a}, p_2 = {p}", _values(sp.Rational(a), sp.Rational(p)))
        for a, p in values.items()
    ]
    return Step(
        "**Reading A: fresh data every round.** Round $t$ fits $p_1 n$ new real samples and $p_2 n$ "
        r"new ones labelled by $\hat w_{t-1}$. Without a ridge and with $d < n$ there is no bias: "
        r"$\hat w_t - w_1 = M^{-1} (M_2 (\hat w_{t-1} - w_1) + X^\top \varepsilon / n)$ is noise, "
        r"handed on and independent of $w_1$ and of the new features. So $\delta = \hat w_{t-1} - w_1$ "
        "fits Corollary 1, with $c^2 = E_{t-1}$: an affine recursion, which SymPy solves.",
        (
            rf"E_t = {sp.latex(CLEAN)} + z E_{{t-1}}, \quad z = {sp.latex(sp.factor(contraction()))}",
            r"E_t = E_\infty + z^t (c^2 - E_\infty), \quad E_\infty = \frac{V}{1 - z}",
        ),
        (
            exact("it starts from $c^2$", sp.simplify(solution.subs(rounds, 0)), c2),
            *(
                digits(
                    f"the closed form after {t} rounds", solution.subs(rounds, t), _iterated(t), points
                )
                for t in (1, 2, 7)
            ),
        ),
        picture=_draw,
    )


def _values(aspect, fraction=HALF):
    return {phi: aspect, p2: fraction, noise: sp.Rational(1, 3), c2: sp.Rational(5, 4)}


def _iterated(count) -> Callable:
    def value(point):
        error = c2.subs(point.numbers)
        for _ in range(count):
            error = one_round().subs(before, error).subs(point.numbers)
        with mp.workdps(WORKING):
            return mp.mpf(error.p) / error.q

    return value


def _limit():
    limit = sp.solve(sp.Eq(one_round(), before), before)[0]
    ratio = sp.factor(limit / CLEAN)
    half, small = sp.factor(ratio.subs(p2, HALF)), sp.factor(sp.limit(ratio, phi, 0))
    (critical,) = sp.solve(sp.Eq(contraction().subs(p2, HALF), 1), phi)

    def at(size):
        return sp.N(half.subs(phi, sp.Rational(size)), 40)

    return Step(
        r"Hence a scaling law is back: $E_\infty$ is proportional to the clean error, and for small "
        "$d/n$ the price is the factor $1/(1 - p_2^2)$, four thirds at $p_2 = 1/2$. But the recursion "
        r"contracts only while $\phi < 3/4$: with fewer than $\frac43 d$ samples a round, mixing "
        "forever diverges, though each round alone is finite.",
        (
            rf"\frac{{E_\infty}}{{V}} = {sp.latex(ratio)}, \ \ p_2 = \tfrac{{1}}{{2}}: {sp.latex(half)}",
            rf"\lim_{{\phi \to 0}} \frac{{E_\infty}}{{V}} = {sp.latex(small)}",
        ),
        (
            exact("the price at $p_2 = 1/2$", half, 4 * (1 - phi) / (3 - 4 * phi)),
            exact(r"the price for small $\phi$", small, 1 / (1 - p2**2)),
            exact("where the recursion stops contracting", critical, sp.Rational(3, 4)),
            tends(r"the price tends to $4/3$", at, mp.mpf(4) / 3, (2.0**-20, 2.0**-30), 1),
        ),
    )


def _rounds():
    z, limit = contraction().subs(p2, HALF), (CLEAN / (1 - contraction())).subs(p2, HALF)
    # z^t (c^2 - E_inf) = tau E_inf: t log(1/z) is the logarithm of this.
    quotient = sp.factor((c2 - limit) / (level * limit))
    rest = sp.limit(quotient * noise * phi / c2, phi, 0)
    values = _values(phi) | {level: 1}
    values.pop(phi)

    def constant(size):
        """t log(1/z) - log(c^2 / (sigma^2 phi)) with t from the recursion itself."""
        with mp.workdps(WORKING):
            at = {**values, phi: sp.Rational(size), p2: HALF}
            found = sp.N(closed_form().subs(at).subs(rounds, 0), WORKING)
            solution = sp.lambdify(rounds, closed_form().subs(at), "mpmath")
            target = 2 * mp.mpf(sp.N(limit.subs(at), WORKING))
            guess = mp.log(mp.mpf(found) / target) / mp.log(4)
            count = mp.findroot(lambda t: solution(t) - target, guess)
            ratio = mp.mpf(sp.N(z.subs(at), WORKING))
            return -count * mp.log(ratio) + mp.log(mp.mpf(sp.N((noise * phi / c2).subs(at), WORKING)))

    return Step(
        r"How many rounds? The distance to the limit falls by $z \approx 1/4$ a round, from $c^2$ to "
        r"the order of $\sigma^2 \phi$. To come within $(1 + \tau) E_\infty$ takes a number of rounds "
        r"of order $\log(n/d)$:",
        (
            r"t = \frac{1}{\log 4} \left\{ \log \frac{c^2 n}{\sigma^2 d} + "
            rf"\log {sp.latex(rest)} \right\}} + O(\phi \log \phi)",
        ),
        (
            exact("the constant", rest, 3 / (4 * level)),
            tends(
                r"rounds to within twice $E_\infty$, times $\log(1/z)$, less $\log(c^2/\sigma^2\phi)$",
                constant,
                mp.log(mp.mpf(3) / 4),
                (2.0**-20, 2.0**-26),
                1,
            ),
        ),
    )


def _price():
    limit = (CLEAN / (1 - contraction())).subs(p2, HALF)
    noiseless = sp.limit(limit.subs(noise, HALF * noise) / phi, phi, 0)
    count = sp.Symbol("T", positive=True)
    pooled = CLEAN.subs(phi, 2 * phi / count)  # T n / 2 real samples
    against_half = sp.limit(limit / ALONE, phi, 0)
    against_pooled = sp.limit(limit / pooled, phi, 0)
    return Step(
        r"Is it worth it? To leading order one round's *real half alone* has $2 \sigma^2 \phi$, and "
        r"$E_\infty = \frac43 \sigma^2 \phi$ **beats it**: under reading A iterative mixing is better "
        "than the $n/2$ real samples of one round. It has used more than those, though. After $T$ "
        "rounds $T n / 2$ real samples have gone by, and one fit to all of them has the error $2 "
        r"\sigma^2 \phi / T$: two rounds are enough for the real data alone to win, and the "
        r"$\log(n/d)$ rounds that mixing needs make it worse by a factor of that order. (Where models "
        r"label without noise, $\sigma^2$ is $p_1 \sigma_1^2$: $E_\infty$ is $\frac23 \sigma_1^2 "
        r"\phi$, and the two ratios below are half as large.)",
        (
            rf"\frac{{E_\infty}}{{\mathrm{{real\ half\ of\ one\ round}}}} \to {sp.latex(against_half)}; "
            rf"\frac{{E_\infty}}{{\mathrm{{real\ halves\ of\ }}T\mathrm{{\ rounds}}}} \to "
            rf"{sp.latex(against_pooled)}",
        ),
        (
            exact("mixing against the real half of one round", against_half, sp.Rational(2, 3)),
            exact("mixing against the real halves of $T$ rounds", against_pooled, 2 * count / 3),
            exact("$E_\\infty$ over $\\phi$ with noiseless labels", noiseless, 2 * noise / 3),
        ),
    )


def _same_half():
    S, C = sp.Function("S"), sp.Function("C")  # E|delta_t|^2 and E[delta_t . delta_real]
    real, fresh = sp.symbols("v_1 v_2", positive=True)  # variances of the halves' own errors
    crossing = sp.rsolve(C(rounds + 1) - (real + C(rounds)) / 2, C(rounds), {C(0): 0})
    rise = (real + fresh + 2 * crossing) / 4
    variance = sp.rsolve(S(rounds + 1) - S(rounds) / 4 - rise, S(rounds), {S(0): c2})
    limit = sp.limit(variance, rounds, sp.oo)
    distance = sp.expand(limit - 2 * sp.limit(crossing, rounds, sp.oo) + real)
    leading = {real: sp.limit(ALONE / phi, phi, 0) * phi, fresh: sp.limit(ALONE / phi, phi, 0) * phi}
    points = [
        Point("some variances", {real: sp.Rational(2, 7), fresh: sp.Rational(3, 5), c2: sp.Rational(4)})
    ]

    def iterated(point):
        """Vectors in an orthonormal basis of independent errors: start, real, one per round."""
        coefficients = [mp.mpf(1), mp.mpf(0)]
        for _ in range(9):
            coefficients = [x / 2 for x in coefficients] + [mp.mpf(1) / 2]
            coefficients[1] += mp.mpf(1) / 2
        with mp.workdps(WORKING):
            start, half, own = (mp.mpf(x.p) / x.q for x in map(point.numbers.get, (c2, real, fresh)))
            sizes = [start, half] + [own] * 9
            return mp.fsum(x**2 * size for x, size in zip(coefficients, sizes, strict=True))

    return Step(
        "**Reading B: one real half for ever**, and a fresh half labelled by the last model with new "
        r"label noise $\eta_t$. To leading order both halves weigh the same, $\delta_t = \frac12 "
        r"(\delta_{\mathrm{real}} + \delta_{t-1} + \eta_t)$ with $\delta_{\mathrm{real}}$ the error of "
        r"the real half alone. Now the same error comes back every round: $\delta_t \to "
        r"\delta_{\mathrm{real}} + \sum_k 2^{-k} \eta_{t+1-k}$. The limit is **worse than the real "
        "half alone**, by the variance of the synthetic labels; if those carry no noise, it *is* the "
        "real half.",
        (
            rf"E|\delta_t|^2 = {sp.latex(sp.expand(variance))}",
            r"v_1 = E|\delta_{\mathrm{real}}|^2, \quad v_2 = E|\eta_t|^2",
            rf"E|\delta_\infty|^2 = {sp.latex(limit)} = {sp.latex(sp.expand(limit.subs(leading)))} > "
            rf"{sp.latex(leading[real])} = \mathrm{{real\ half\ alone}}",
        ),
        (
            digits("nine rounds in coordinates", iterated, variance.subs(rounds, 9), points),
            exact("the limit", limit, real + fresh / 3),
            exact(r"the limit in $\sigma^2 \phi$", limit.subs(leading), sp.Rational(8, 3) * noise * phi),
            exact("noiseless labels: the distance to the real half's fit", distance.subs(fresh, 0), 0),
        ),
    )


def same_half(aspect) -> mp.mpf:
    """Reading B's limit over sigma^2 at any phi < 1/2, by the eigenvalues of the fixed real half.

    Given M_1 = A, the excess over the real half has the stationary second moment
    C = G (p_2^2 e^2 C + p_2 e^2 phi E) G,  G = (A + p_2 e)^-1,  in the eigenbasis of A.
    """
    ratio = 2 * mp.mpf(aspect)
    nodes = 400
    # Marchenko-Pastur with x = 1 + ratio + 2 sqrt(ratio) cos: the trapezoidal rule is exponential.
    angles = [mp.pi * k / nodes for k in range(1, nodes)]
    points = [1 + ratio + 2 * mp.sqrt(ratio) * mp.cos(angle) for angle in angles]
    weights = [2 * mp.sin(angle) ** 2 / (nodes * x) for angle, x in zip(angles, points, strict=True)]
    eigenvalues = [x / 2 for x in points]

    def mean(function):
        return mp.fsum(w * function(s) for w, s in zip(weights, eigenvalues, strict=True))

    e = mp.findroot(lambda x: x * (1 + aspect * mean(lambda s: 1 / (s + x / 2))) - 1, mp.mpf(1))
    own = e**2 * aspect / 2
    heard = own * mean(lambda s: (2 * s + e) / ((s + e) * (s + e / 2) ** 2))
    error = 1 / (1 - heard)
    return mean(lambda s: aspect / s) + error * mean(lambda s: own / (s * (s + e)))


def _same_half_exactly():
    aspect = mp.mpf(DIMENSION) / SAMPLES
    with mp.workdps(WORKING):
        found = same_half(aspect)
        alone = 2 * aspect / (1 - 2 * aspect)
        again = same_half(mp.mpf(1) / 4)

    def per_phi(size):
        return same_half(mp.mpf(size)) / size

    return Step(
        "Is leading order enough? Beyond it the halves do not weigh the same in every direction. "
        r"Given the real half, $M_1 = A$, the excess $\hat w_t - \hat w_{\mathrm{real}}$ obeys a "
        "linear recursion in which $A$ stands in the place of a ridge. Fresh synthetic features have "
        "their deterministic equivalent, and averages over the Marchenko-Pastur law of $A$ give the "
        r"limit at any $\phi < 1/2$. Brute force, with the average over noise exact, agrees.",
        (
            rf"\phi = {float(aspect):g}:\quad E_\infty / \sigma^2 = {mp.nstr(found, 8)}, \quad "
            rf"\mathrm{{real\ half\ alone:}}\ {mp.nstr(alone, 8)}",
        ),
        (
            tends(r"the limit over $\sigma^2\phi$", per_phi, mp.mpf(8) / 3, (2.0**-10, 2.0**-14), 1),
            _brute_force(found),
            Check(
                "at $\\phi = 1/4$ it is worse than the real half alone",
                f"{mp.nstr(again, 12)} > 1",
                bool(again > 1),
                (mp.nstr(again, 30),),
            ),
        ),
    )


def _brute_force(expected):
    """The mean over draws of the features, rounds run until they no longer change."""
    rng = np.random.default_rng(SEED)
    half = SAMPLES // 2
    results = []
    for _ in range(DRAWS):
        X = rng.standard_normal((half, DIMENSION))
        first = X.T @ X / SAMPLES
        excess = np.zeros((DIMENSION, DIMENSION))
        # Fresh halves every round, and a mean over rounds once they are stationary.
        kept = []
        for number in range(60):
            Z = rng.standard_normal((half, DIMENSION))
            second = Z.T @ Z / SAMPLES
            inverse = np.linalg.inv(first + second)
            passed = inverse @ second
            excess = passed @ excess @ passed.T + inverse @ second @ inverse / SAMPLES
            if number >= 20:
                kept.append(np.trace(excess))
        results.append(np.trace(np.linalg.inv(first)) / SAMPLES + np.mean(kept))
    mean, error = np.mean(results), np.std(results, ddof=1) / np.sqrt(DRAWS)
    allowed = 4 * error + float(expected) / DIMENSION
    return Check(
        f"the limit at d = {DIMENSION}, n = {SAMPLES}",
        f"brute force {mean:.4f} ± {error:.4f} against {float(expected):.4f}; "
        "allowed: 4 standard errors and 1/d",
        bool(abs(mean - float(expected)) < allowed),
    )


def _draw(path: Path) -> None:
    numbers = range(16)
    error = sp.lambdify((rounds, phi), closed_form().subs({p2: HALF, c2: 1, noise: 1}))
    labels = ("round $t$ ($p_2 = 1/2$, $\\sigma^2 = c^2$)", "excess test error (units of $c^2$)")
    with picture(path, *labels, scales=("linear", "log"), beside=True) as axes:
        for ratio in (10, 100, 1000, 10_000):
            (line,) = axes.plot(
                numbers, [error(t, 1 / ratio) for t in numbers], ".-", label=f"$n/d$ = {ratio}"
            )
            real, crossing, variance = 2 / (ratio - 2), 0.0, 1.0
            values = []
            for _ in numbers:
                values.append(variance)
                variance = (variance + 2 * real + 2 * crossing) / 4
                crossing = (real + crossing) / 2
            axes.plot(numbers, values, "--", color=line.get_color(), linewidth=1)
            axes.axhline(1 / (ratio - 1), color=line.get_color(), linestyle=":", linewidth=1)
        axes.plot([], [], ".-", color="grey", label="fresh real half (A)")
        axes.plot([], [], "--", color="grey", label="same real half (B,\nleading order)")
        axes.plot([], [], ":", color="grey", label="all $n$ real")


COROLLARY_3 = Derivation(
    "corollary-3",
    "Corollary 3: iterative mixing",
    r"Let $\Sigma = I$, $\lambda \to 0^+$, $p_1 = p_2 = 1/2$, and let each model label the synthetic "
    r"half of the next round. With fresh data every round (A) the error tends to $\frac{4 (1-\phi)}{3 "
    r"- 4\phi}$ times the clean error for $\phi < 3/4$, within $\log(c^2/\sigma^2\phi)/\log 4 + O(1)$ "
    r"rounds, of order $\log(n/d)$. That is better than the real half of one round alone ($\frac43$ "
    r"against 2, in units of $\sigma^2 \phi$), and worse than one fit to the real data of two or more "
    r"rounds. With the same real half every round (B) it tends to $\frac83 \sigma^2 \phi + O(\phi^2)$, "
    "worse than the real half alone.",
    steps,
)
