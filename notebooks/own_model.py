"""A model of your own: from a product of random matrices to its formula, derived while you watch."""

import marimo

__generated_with = "0.25.2"
app = marimo.App(width="medium", app_title="A model of your own")

with app.setup(hide_code=True):
    import marimo as mo
    import matplotlib.pyplot as plt
    import numpy as np
    import sympy as sp

    from derivations import Gaussian, NumericTrace, SymbolicTrace, deterministic
    from derivations.engine.traces import tr
    from derivations.verify import exact
    from workbench.style import COLOURS, HOUSE

    plt.rcParams.update(HOUSE)


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    # A model of your own

    The formulas of this project were not looked up: a machine derives them. You name the random matrices, write down the product
    whose trace you want, and get the limit for large matrices, as numbers and as a formula. This notebook does so for a model
    that is in none of the paper's theorems.

    **The model: features measured with an error.** The labels are right, $y = x \cdot w$, but in training the features are seen as
    $z = x + e$ with an error $e \sim N(0, \tau^2 I)$. Ridge regression learns from $n$ pairs $(z, y)$, and is tested on clean features.
    Is that harmless, as the errors average out? Or does the test error stop falling, as it does with wrong labels?
    """)
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## 1. The error as a trace

    With rows in matrices, $Z = X + E$, ridge regression finds $\hat w = (Z^\top Z / n + \lambda)^{-1} Z^\top X w / n$, so that what is missing
    of $w$ is

    $$w - \hat w = L w, \qquad L = I - \left(\tfrac1n Z^\top Z + \lambda\right)^{-1} \tfrac1n Z^\top X .$$

    Averaged over weights $w \sim N(0, \Gamma)$, the test error is $\operatorname{tr}[\Gamma L^\top \Sigma L]$. In code these are the same words:
    """)
    return


@app.cell
def _():
    n, d, ridge, tau2 = sp.symbols("n d lambda tau2", positive=True)
    Sigma, Gamma = deterministic("Sigma Gamma", d)
    X = Gaussian("X", n, d, Sigma)  # rows N(0, Sigma)
    E = Gaussian("E", n, d, variance=tau2)  # rows N(0, tau^2 I)

    Z = X + E
    L = sp.Identity(d) - (Z.T * Z / n + ridge * sp.Identity(d)).I * Z.T * X / n
    error = Gamma * L.T * Sigma * L
    return Gamma, Sigma, d, error, n, ridge, tau2


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## 2. Numbers

    `NumericTrace` turns the product into one large matrix that is linear in $X$ and $E$ (a *linear pencil*), and solves the equations
    that its inverse obeys when $n$ and $d$ are large. They are not tied to this model: any product of Gaussian and deterministic
    matrices and bounded inverses will do. Beside it stands what needs no theory, training in NumPy:
    """)
    return


@app.cell
def _(Gamma, Sigma, d, error, n, ridge, tau2):
    spectrum = np.arange(1, 41) ** -1.0  # eigenvalues of Sigma
    spectrum /= spectrum.sum()
    weights = np.ones(40)  # eigenvalues of Gamma: an error of 1 before anything is learnt
    limit = NumericTrace(error)

    def predicted(samples, noise):
        solution = limit(
            {n: samples, d: 40, ridge: 1e-3, tau2: noise}, {Sigma: spectrum, Gamma: weights}
        )
        return float(solution.value)  # NaN if the equations were not solved

    return predicted, spectrum, weights


@app.cell
def _(spectrum, weights):
    def trained(samples, noise, seeds=100):
        """Mean error of models trained on random data, and its standard error."""
        random, errors = np.random.default_rng(0), []
        for _ in range(seeds):
            x = random.normal(size=(samples, 40)) * np.sqrt(spectrum)
            z = x + np.sqrt(noise) * random.normal(size=x.shape)
            missing = np.eye(40) - np.linalg.solve(
                z.T @ z / samples + 1e-3 * np.eye(40), z.T @ x / samples
            )
            errors.append(np.sum(weights * spectrum[:, None] * missing**2))
        return np.mean(errors), np.std(errors) / np.sqrt(seeds)

    return (trained,)


@app.cell
def _(predicted, trained):
    points = [(samples, noise) for noise in (0.001, 0.01) for samples in (30, 100, 1000)]
    comparison = [(*point, predicted(*point), *trained(*point)) for point in points]
    return (comparison,)


@app.cell(hide_code=True)
def _(comparison):
    mo.md(
        "| samples n | τ² | derived limit | 100 trained models, ± standard error |\n|---|---|---|---|\n"
        + "\n".join(
            f"| {_n} | {_noise:g} | {_limit:.4f} | {_mean:.4f} ± {_stderr:.4f} |"
            for _n, _noise, _limit, _mean, _stderr in comparison
        )
    )
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    The limit is close at 40 features already; what is left of the gap shrinks like 1/d.

    ## 3. A formula

    `SymbolicTrace` solves the same equations by exact algebra. They leave one unknown that has no closed form, the effective ridge
    $\kappa$; everything else is a rational function of it and of traces.
    """)
    return


@app.cell
def _(error, ridge):
    formula = SymbolicTrace(error, ridge)
    sp.Eq(sp.Symbol("error"), sp.factor(formula.value))
    return (formula,)


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    That is right, but hard to read; $R$ stands for $(\Sigma + \kappa)^{-1}$. A person guesses the form behind it. Write $C = \Sigma + \tau^2$ for
    the covariance of the features as they are seen. The guess: what the shrinkage leaves of the signal, plus the part of the
    labels that the model cannot explain by $z$, which acts like label noise,

    $$\text{error} = \kappa^2 \operatorname{tr}[\Gamma \Sigma R^2] + \frac{\operatorname{tr}[\Sigma C R^2]}{n - \operatorname{tr}[C^2 R^2]}
    \operatorname{tr}[\Gamma \Sigma (\kappa^2 + \tau^2 \Sigma) R^2],
    \qquad \lambda = (\kappa - \tau^2) \left(1 - \tfrac1n \operatorname{tr}[C R]\right).$$

    Whether a guess is right is not a matter of taste: both sides are elements of one field of fractions, and `exact` decides
    whether their difference is 0. A guess with an error in it is found out as well.
    """)
    return


@app.cell
def _(formula, n, ridge, tau2):
    kappa, sigma, gamma = sp.symbols(
        "kappa Sigma Gamma", positive=True
    )  # inside traces matrices commute
    R = formula.resolvents[0].symbol
    C = sigma + tau2
    shrunk = kappa**2 * tr(gamma * sigma * R**2)
    share = tr(sigma * C * R**2) / (n - tr(C**2 * R**2))
    guess = shrunk + share * tr(gamma * sigma * (kappa**2 + tau2 * sigma) * R**2)
    wrong = shrunk + share * tr(gamma * sigma * (kappa**2 + 2 * tau2 * sigma) * R**2)
    level = (kappa - tau2) * (1 - tr(C * R) / n)
    checks = [
        exact("the error is the guess", formula.value, guess, formula.reduced),
        exact("kappa solves its equation", formula.solution[ridge], level, formula.reduced),
        exact("the error is the guess with 2 in front of tau^2", formula.value, wrong, formula.reduced),
    ]
    return (checks,)


@app.cell(hide_code=True)
def _(checks):
    mo.md(
        "| claim | decided by exact algebra |\n|---|---|\n"
        + "\n".join(
            f"| {_check.claim} | {'proved' if _check.passed else 'refuted'} |" for _check in checks
        )
    )
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## 4. What it says

    For endless data $\kappa \to \lambda + \tau^2$ and the second term vanishes. What is left is

    $$\text{error} \to (\lambda + \tau^2)^2 \operatorname{tr}[\Gamma \Sigma (\Sigma + \lambda + \tau^2)^{-2}],$$

    which no number of samples lowers: **errors in the features stop the scaling law as errors in the labels do**. With endless
    data they act exactly like a ridge of $\tau^2$ that cannot be turned off.
    """)
    return


@app.cell
def _(predicted, spectrum, trained, weights):
    figure, axes = plt.subplots(figsize=(6.5, 4))
    sizes = np.geomspace(10, 1e5, 40)
    curves, floors = {}, {}
    for noise, colour in zip((1e-6, 0.001, 0.01), COLOURS, strict=False):
        curves[noise] = [predicted(size, noise) for size in sizes]
        axes.loglog(sizes, curves[noise], color=colour, label=f"τ² = {noise:g}")
        for size in (20, 100, 500, 2500):
            mean, stderr = trained(size, noise, seeds=20)
            axes.errorbar(size, mean, stderr, fmt="o", color=colour)
        left = 1e-3 + noise
        floors[noise] = np.sum(weights * spectrum * (left / (spectrum + left)) ** 2)
        axes.axhline(floors[noise], color=colour, linestyle=":")
    axes.set(
        xlabel="samples n",
        ylabel="test error on clean features",
        title="lines: derived; points: trained",
    )
    axes.legend(title="error of the features")
    figure
    return curves, floors


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## Your turn

    Change the model in section 1: other rows (`Gaussian("E", n, d, Sigma, variance=tau2)`), a random projection
    (`Gaussian("S", d, m, variance=1 / d)`), several sources. If a formula takes too long, its numbers still come at once. Where an inverse
    does not stay bounded (no ridge, say) there is no limit, and the value is NaN rather than wrong.

    `python -m derivations` derives every theorem of the paper in this way, and CONTRIBUTING says how a derivation becomes part of
    the report.
    """)
    return


if __name__ == "__main__":
    app.run()
