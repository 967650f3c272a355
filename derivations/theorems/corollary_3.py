"""Corollary 3: iterative mixing recovers a scaling law, at a price in rounds and in real data."""

from collections.abc import Callable, Iterator
from pathlib import Path

import mpmath as mp
import sympy as sp

from derivations.engine.points import WORKING, Point, precise
from derivations.groundwork.isotropic import BELOW, c2, phi
from derivations.groundwork.pictures import picture
from derivations.groundwork.setting import noise, p2
from derivations.steps import Derivation, Step
from derivations.theorems.corollary_3_same_half import ALONE, beyond_leading_order, leading_order, rounds
from derivations.verify import digits, exact, tends

HALF = sp.Rational(1, 2)
before, level = sp.symbols("E_{t-1} tau", positive=True)  # tau: the error over its limit, minus 1
CLEAN = BELOW.variance  # all n samples real


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
    yield leading_order()
    yield beyond_leading_order()


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
            return precise(error)

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
            start = sp.N(closed_form().subs(at).subs(rounds, 0), WORKING)
            solution = sp.lambdify(rounds, closed_form().subs(at), "mpmath")
            target = 2 * mp.mpf(sp.N(limit.subs(at), WORKING))
            guess = mp.log(mp.mpf(start) / target) / mp.log(4)
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
