"""First steps: one problem, what theory predicts for it, and what training really gives."""

import marimo

__generated_with = "0.25.2"
app = marimo.App(width="medium", app_title="First steps")

with app.setup(hide_code=True):
    import jax
    import marimo as mo
    import matplotlib.pyplot as plt
    import numpy as np

    import collapse_theory as ct
    from simulations import simulate
    from workbench.compiling import compile_fast
    from workbench.style import COLOURS, HOUSE

    compile_fast()  # small problems: compiling is most of the time
    plt.rcParams.update(HOUSE)


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    # First steps

    A model learns from data of which a part is **synthetic**: its labels were written by another model, and are a little wrong.
    How large is its error on real data, and how does that error fall as the data grow?

    This notebook answers for ridge regression, in two independent ways: a closed form, and models that are really trained.
    It runs from top to bottom in a few seconds. Change any number, and everything that depends on it is computed again.
    """)
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## One problem

    A `Problem` holds everything that the error depends on. The paper's has two sources of data:

    - **real** samples $(x, y)$ with features $x \sim N(0, \Sigma)$ and labels $y = x \cdot w_1 + \text{noise}$;
    - **synthetic** samples, whose labels come from other weights $w_2$. How wrong they are is one number,
      $c^2 = \mathbb{E}\,(x \cdot (w_2 - w_1))^2$, in the units of the test error. Good generators have a small $c^2$.

    All errors are *excess* errors on real data: 0 is a model that knows $w_1$ exactly, and a model that has learnt nothing
    has the error `signal` $= 1$.
    """)
    return


@app.cell
def _():
    d = 60
    covariance = ct.spectra.power_law(d, exponent=1.2)  # eigenvalues of Sigma

    def problem_of(n, synthetic_fraction, quality):
        return ct.real_and_synthetic(
            n=n,  # samples in all
            synthetic_fraction=synthetic_fraction,  # p_2, the share of synthetic ones
            covariance=covariance,
            signal=1.0,  # error of a model that has learnt nothing
            quality=quality,  # c^2
            noise=0.1,  # variance of the label noise
            ridge=1e-3,  # lambda
        )

    problem = problem_of(n=400, synthetic_fraction=0.1, quality=0.5)
    return d, problem, problem_of


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## Two answers

    `ct.predict` says what the theory expects, `simulate` trains 64 models on data drawn at random. Both give the three parts
    of the error: **bias** (too few samples), **variance** (label noise) and **zeta** (what the synthetic labels add: model
    collapse).
    """)
    return


@app.cell
def _(problem):
    prediction = ct.predict(problem)
    estimate = simulate(problem, seeds=64)
    return estimate, prediction


@app.cell(hide_code=True)
def _(estimate, prediction):
    _rows = []
    for _part in ("bias", "variance", "zeta", "total"):
        _limit, _mean, _stderr = (
            float(getattr(_risk, _part)) for _risk in (prediction, estimate.mean, estimate.stderr)
        )
        _rows.append(
            f"| {_part} | {_limit:.4g} | {_mean:.4g} ± {_stderr:.1g} | {_mean / _limit - 1:+.1%} |"
        )
    mo.md(
        "| part of the error | theory | 64 trained models, ± standard error | gap |\n"
        "|---|---|---|---|\n" + "\n".join(_rows)
    )
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    The theory is the limit of many features and samples. With d = 60 features a gap of about one percent is left, which shrinks
    like 1/d; `ct.finite_size(problem)` computes it.

    ## A curve, and where it stops

    `predict` is an ordinary JAX function, so that a curve is one `vmap`. Choose how wrong the synthetic labels are:
    """)
    return


@app.cell
def _():
    quality = mo.ui.slider(
        steps=[0.05, 0.1, 0.2, 0.5, 1.0],
        value=0.5,
        label="c², how wrong synthetic labels are",
        show_value=True,
    )
    quality
    return (quality,)


@app.cell
def _(problem_of):
    sizes = np.geomspace(20, 1e6, 60)
    fractions = (0.0, 0.01, 0.1)
    curve = jax.jit(
        jax.vmap(lambda n, p2, c2: ct.predict(problem_of(n, p2, c2)).total, in_axes=(0, None, None))
    )
    return curve, fractions, sizes


@app.cell
def _(curve, d, fractions, problem_of, quality, sizes):
    figure, axes = plt.subplots(figsize=(6.5, 4))
    plateaus = {}
    for fraction, colour in zip(fractions, COLOURS, strict=False):
        axes.loglog(
            sizes, curve(sizes, fraction, quality.value), color=colour, label=f"p₂ = {fraction:g}"
        )
        for n in (100, 1000, 10_000):
            seen = simulate(problem_of(n, fraction, quality.value), seeds=64)
            axes.errorbar(n, seen.mean.total, seen.stderr.total, fmt="o", color=colour)
        if fraction:
            problem_at = problem_of(1000, fraction, quality.value)
            plateaus[fraction] = float(ct.plateau(problem_at).total)
            axes.axhline(plateaus[fraction], color=colour, linestyle=":")
    axes.set(xlabel="samples n", ylabel="excess test error", title=f"d = {d}, c² = {quality.value:g}")
    axes.legend(title="synthetic share")
    figure
    return (plateaus,)


@app.cell(hide_code=True)
def _(plateaus, quality):
    mo.md(
        "Lines are theory, points are trained models, and the dotted levels are what is left with endless data, `ct.plateau`:\n\n"
        "| synthetic share p₂ | the error stops at | p₂²c² |\n|---|---|---|\n"
        + "\n".join(
            f"| {_fraction:g} | {_level:.3g} | {_fraction**2 * quality.value:.3g} |"
            for _fraction, _level in plateaus.items()
        )
    )
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    Without synthetic data the error falls until only what the ridge shrinks away is left. With any fixed share of them it stops
    near p₂²c², with 1% too: that is **strong model collapse**. Better labels (a smaller c²) lower the level, but do not remove it.

    ## Where to go from here

    - `remedies.py`: which ways to train escape the plateau;
    - `own_model.py`: a formula for a model that nobody has solved for you;
    - `own_data.py`: the same question about a table of your own;
    - the README lists every function, and what each answers.
    """)
    return


if __name__ == "__main__":
    app.run()
