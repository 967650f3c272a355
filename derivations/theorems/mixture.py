"""The mixture theorem: sources of one covariance and weight are one source in disguise."""

from collections.abc import Iterator
from itertools import combinations

import sympy as sp

from derivations.engine.traces import tr
from derivations.groundwork.formulas import THEOREM_1, THEOREM_2, U
from derivations.groundwork.setting import ALGEBRA, Delta, R, Sigma, df1, df2, kappa, n, noise, p1, p2
from derivations.groundwork.unified_form import unified_error
from derivations.steps import Derivation, Step
from derivations.verify import exact

STATEMENT = r"""Sources with the same covariance $\Sigma$ and the same weight have the errors of **one** source. With
$\bar w = \sum_k p_k w_k$ ($p_k$ within the group) its labels and its noise are

$$\bar w \qquad\text{and}\qquad \sum_k p_k \sigma_k^2 + \sum_k p_k \operatorname{tr} \Sigma\, E[(w_k - \bar w)(w_k - \bar w)^\top].$$

The paper's two sources are one, whose labels are $w_1 + p_2 \delta$ and whose noise is $\sigma^2 + p_1 p_2 c^2$. So

$$\zeta(p_2) = p_2^2\, \zeta(1) + p_1 p_2\, c^2\, \frac{V}{\sigma^2},$$

for any width and ridge: the bias of a wrong average, and the variance of labels that contradict each other.

At finite size and without any distribution something weaker still holds. For exchangeable rows and any predictor that is
linear in its labels, the mean error over which $n_2$ of the $n$ rows carry synthetic labels is
$E(n_2) = a + b q_1 + c q_2$ with $q_1 = \frac{n_2}{n}$, $q_2 = \frac{n_2 (n_2 - 1)}{n (n - 1)}$."""

SOURCES = 3
fractions = sp.symbols(f"p_1:{SOURCES + 1}", positive=True)
labels = sp.symbols(f"w_1:{SOURCES + 1}")
noises = sp.symbols(f"sigma^2_1:{SOURCES + 1}", positive=True)
biases = sp.symbols(f"b_1:{SOURCES + 1}", positive=True)
errors = sp.symbols(f"E_1:{SOURCES + 1}", positive=True)
predictor, coupling = sp.symbols("v T", positive=True)
WHOLE = {fractions[-1]: 1 - sum(fractions[:-1])}


def steps() -> Iterator[Step]:
    """The two lines, the paper's zeta, and what holds at every size."""
    yield _two_lines()
    yield _two_sources()
    yield _every_size()


def _mean(values):
    return sum(p * value for p, value in zip(fractions, values, strict=True))


def _two_lines():
    average = _mean(labels)
    spread = _mean([(w - average) ** 2 for w in labels])
    left, right = _mean([(predictor - w) ** 2 for w in labels]), (predictor - average) ** 2 + spread
    system = [
        sp.Eq(E, s + b + coupling * _mean(errors))
        for E, s, b in zip(errors, noises, biases, strict=True)
    ]
    solved = sp.solve(system, errors)
    mean_error = _mean([solved[E] for E in errors]).subs(WHOLE)
    one = ((_mean(noises) + _mean(biases)) / (1 - coupling)).subs(WHOLE)
    return Step(
        r"**Two lines.** Sources of one covariance and weight have one $e$, so their labels enter the mean predictor "
        r"$\bar w_{\mathrm{fit}} = G_S\, e \Sigma \sum_k p_k w_k$ through $\bar w$ alone, and the coupling $T_{kj} = p_j T$ "
        r"depends on $j$ only through $p_j$. First line: the biases $b_k = E|\bar w_{\mathrm{fit}} - w_k|^2_\Sigma$ have a "
        r"mean that splits like a variance. Second line: the mean of $E_k = \sigma_k^2 + b_k + T \sum_j p_j E_j$ over the "
        r"sources is an equation in $\bar E = \sum_k p_k E_k$ alone, that of one source whose noise has the spread added. "
        r"Any test error is $b_{\mathrm{test}} + T_{\mathrm{test}} \bar E$, which knows nothing else of the sources. (Three "
        r"sources are written out here; in each direction of the common eigenbasis the labels are numbers.)",
        (
            r"\sum_k p_k E |\bar w_{\mathrm{fit}} - w_k|^2_\Sigma = E |\bar w_{\mathrm{fit}} - \bar w|^2_\Sigma "
            r"+ \sum_k p_k E |w_k - \bar w|^2_\Sigma",
            r"\bar E = \Big( \sum_k p_k \sigma_k^2 + \sum_k p_k E |w_k - \bar w|^2_\Sigma \Big) "
            r"+ E |\bar w_{\mathrm{fit}} - \bar w|^2_\Sigma + T \bar E",
        ),
        (
            exact("the mean of the biases", left.subs(WHOLE), right.subs(WHOLE)),
            exact("the mean of the errors", mean_error, one),
        ),
    )


def _two_sources():
    c2 = tr(Sigma * Delta)
    checks = []
    for name, theorem, carried in (("Theorem 1", THEOREM_1, df2 / n), ("Theorem 2", THEOREM_2, U)):
        gain = carried / (1 - carried)
        mixed = p2**2 * theorem.zeta.subs(p2, 1) + p1 * p2 * c2 * gain
        checks += [
            exact(rf"$V / \sigma^2$ of {name}", theorem.variance / noise, gain, ALGEBRA.normal_form),
            exact(rf"$\zeta(p_2)$ of {name}", theorem.zeta, mixed, ALGEBRA.normal_form),
        ]
    first, second = sp.symbols("sigma_1^2 sigma_2^2", positive=True)
    for name, wide in (("without projections", False), ("projected", True)):
        e = sp.Symbol("e", positive=True)
        unequal = unified_error((e, e), e * kappa, (Sigma, Sigma), wide, (first, second)).variance
        theorem = THEOREM_2 if wide else THEOREM_1
        expected = theorem.variance.subs(noise, p1 * first + p2 * second)
        # There R stands for (e Sigma + nu)^-1, which is (Sigma + kappa)^-1 over e.
        reduced = ALGEBRA.normal_form(unequal.subs(R, R / e)).subs(e, 1 - df1 / n)
        claim = f"unequal noises act as their mean, {name}"
        checks.append(exact(claim, reduced, expected, ALGEBRA.normal_form))
    return Step(
        r"**The paper's two sources**, $w_2 = w_1 + \delta$: $\bar w = w_1 + p_2 \delta$, and the spread is "
        r"$p_1 p_2^2 + p_2 p_1^2 = p_1 p_2$ times $c^2 = \operatorname{tr}[\Sigma\Delta]$. The error of one source is "
        r"quadratic in its labels and linear in its noise, so $\zeta$ is $p_2^2$ times what it is for synthetic data alone, "
        r"and what noise of variance $p_1 p_2 c^2$ does. Theorems 1 and 2, derived before without this, agree; and noises "
        r"that differ act as their mean.",
        (r"\zeta(p_2) = p_2^2\, \zeta(1) + p_1 p_2\, c^2\, \frac{U}{1 - U}",),
        tuple(checks),
    )


def _every_size():
    rows = sp.Matrix([[1, 2], [0, 1], [2, -1], [1, 1], [-1, 3]])
    real, synthetic = sp.Matrix([3, -1, 2, 0, 1]), sp.Matrix([1, 4, -2, 5, 2])
    truth, size = sp.Matrix([1, -2]), rows.rows
    fit = (rows.T * rows + sp.Rational(1, 2) * sp.eye(2)).inv() * rows.T

    def error(chosen):
        mixed = sp.Matrix([(synthetic if i in chosen else real)[i] for i in range(size)])
        distance = fit * mixed - truth
        return (distance.T * sp.diag(2, 3) * distance)[0]

    def mean(count):
        values = [error(chosen) for chosen in combinations(range(size), count)]
        return sp.Add(*values) / len(values)

    a, b, c = sp.symbols("a b c")

    def law(count):
        return a + b * sp.Rational(count, size) + c * sp.Rational(count * (count - 1), size * (size - 1))

    three = sp.solve([law(count) - mean(count) for count in (0, 1, size)], [a, b, c])
    return Step(
        r"**At every size.** Let row $i$ have the label $y_i + s_i z_i$, where $s_i = 1$ says that it is synthetic. A "
        r"predictor that is linear in its labels makes the error a quadratic form in $s$, and over all choices of $n_2$ rows "
        r"$E[s_i] = q_1$ and $E[s_i s_j] = q_2$, whatever the rows and the predictor are. So three mixtures determine all "
        r"of them. Here are five rows of integers and ridge regression, every subset in exact arithmetic: $a$, $b$ and $c$ "
        r"from 0, 1 and 5 synthetic labels give the means for 2, 3 and 4. For large $n$ this is a parabola in $p_2$, and "
        r"the theorem above says which.",
        (r"E(n_2) = a + b\, \frac{n_2}{n} + c\, \frac{n_2 (n_2 - 1)}{n (n - 1)}",),
        tuple(
            exact(
                f"the mean over all choices of {count} of {size} rows",
                mean(count),
                law(count).subs(three),
            )
            for count in (2, 3, 4)
        ),
    )


MIXTURE = Derivation("mixture", "The mixture theorem: one source in disguise", STATEMENT, steps)
