"""Remedies: which ways to train on real and synthetic data escape model collapse?"""

import marimo

__generated_with = "0.25.2"
app = marimo.App(width="medium", app_title="Remedies")

with app.setup(hide_code=True):
    import jax
    import jax.numpy as jnp
    import marimo as mo
    import matplotlib.pyplot as plt
    import numpy as np

    import collapse_theory as ct
    from simulations import simulate, simulate_two_stage
    from workbench.compiling import compile_fast
    from workbench.style import COLOURS, HOUSE

    compile_fast()  # small problems: compiling is most of the time
    plt.rcParams.update(HOUSE)


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    # Remedies

    Half of your samples are synthetic, and their labels are a little wrong. Trained on everything, a model stops improving:
    its error ends near p₂²c², however many samples there are (`first_steps.py`). What can be done about it?

    Three answers are compared here, each with the settings that are best for it at every n:

    - **mix**: ridge regression on all samples, at the best ridge;
    - **weigh**: the synthetic samples get a share $a$ of the loss, $\tfrac{1-a}{n_1} \sum_{\text{real}} + \tfrac{a}{n_2} \sum_{\text{synthetic}}$,
      at the best $a$ and ridge;
    - **two stages**: train on the synthetic samples first, then go on from there on the real ones (fine-tuning), at the best
      ridge of each stage.
    """)
    return


@app.cell
def _():
    def problem_of(n, ridge=0.0):
        return ct.real_and_synthetic(
            n=n,
            synthetic_fraction=0.5,
            covariance=ct.spectra.power_law(40, 1.0) / 2,
            quality=0.2,  # c^2
            noise=1.0,
            ridge=ridge,
        )

    return (problem_of,)


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## All settings at once

    Each error is a closed form, so that "the best settings" takes no search: `vmap` gives the errors of 50,000 trainings, and the
    smallest is taken. (`ct.best` and `ct.best_two_stage` find the minimum between the points of such a grid.)
    """)
    return


@app.cell
def _(problem_of):
    def everywhere(error):
        """error(n, x, y) on a grid of all n, x and y."""
        rows = jax.vmap(jax.vmap(error, (None, None, 0)), (None, 0, None))
        return jax.jit(lambda ns, xs, ys: jax.lax.map(lambda n: rows(n, xs, ys), ns))

    @everywhere
    def weighed(n, share, ridge):
        return ct.predict(ct.single_step_mixing(problem_of(n, ridge), share)).total

    @everywhere
    def staged(n, first_ridge, second_ridge):
        return ct.two_stage(problem_of(n), jnp.stack([first_ridge, second_ridge])).total

    sizes = np.geomspace(100, 1e8, 25)
    shares = np.concatenate([[0.0], np.geomspace(1e-6, 0.5, 30)])  # 0: discard; 0.5: as they come
    ridges = np.geomspace(1e-9, 30, 32)
    by_share = np.asarray(weighed(sizes, shares, ridges))
    by_ridges = np.asarray(staged(sizes, ridges, ridges))
    return by_ridges, by_share, ridges, shares, sizes


@app.cell
def _(by_ridges, by_share):
    real = by_share[:, 0].min(axis=1)  # a = 0: the real half alone, at its best ridge
    remedies = {
        "mix": by_share[:, -1].min(axis=1),
        "weigh": by_share.min(axis=(1, 2)),
        "two stages": by_ridges.min(axis=(1, 2)),
    }
    return real, remedies


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    Some of these trainings really happen: at three sizes 32 models learn from the mix, and 32 in two stages, with the settings
    that theory found.
    """)
    return


@app.cell
def _(by_ridges, by_share, problem_of, ridges, sizes):
    points = {"mix": [], "weigh": [], "two stages": []}
    for n in (100, 1000, 10_000):
        at = np.argmin(abs(sizes - n))
        best = ridges[by_share[at, -1].argmin()]
        points["mix"].append((n, simulate(problem_of(n, best), seeds=32)))
        first, second = np.unravel_index(by_ridges[at].argmin(), by_ridges[at].shape)
        stages = ridges[first], ridges[second]
        # No real samples and n / 2 synthetic ones train the first stage, the others the second.
        trained_twice = simulate_two_stage(problem_of(n), stages, first=(0, n // 2), seeds=32)
        points["two stages"].append((n, trained_twice))
    return (points,)


@app.cell
def _(points, real, remedies, sizes):
    figure, (left, right) = plt.subplots(1, 2, figsize=(8.5, 3.8))
    for (name, errors), colour in zip(remedies.items(), COLOURS, strict=False):
        left.loglog(sizes, errors, color=colour, label=name)
        right.semilogx(sizes, errors / real, color=colour)
        for size, trained in points[name]:
            left.errorbar(size, trained.mean.total, trained.stderr.total, fmt="o", color=colour)
    left.loglog(sizes, real, "k--", label="real half alone")
    left.axhline(0.25 * 0.2, color="0.5", linestyle=":", label="p₂²c²")
    right.axhline(1.0, color="k", linestyle="--")
    left.set(xlabel="samples n", ylabel="excess test error", title="lines: theory; points: trained")
    right.set(xlabel="samples n", title="error / that of real data alone", ylim=(0.5, 1.5))
    left.legend()
    figure
    return


@app.cell(hide_code=True)
def _(real, remedies, sizes):
    _picked = [int(np.argmin(abs(sizes - _n))) for _n in (100, 1000, 10_000, 1e8)]
    mo.md(
        "Errors as multiples of those of the real half alone:\n\n"
        f"| | {' | '.join(f'n = {sizes[_i]:,.0f}' for _i in _picked)} |\n|---|---|---|---|---|\n"
        + "\n".join(
            f"| {_name} | {' | '.join(f'{_errors[_i] / real[_i]:.4g}' for _i in _picked)} |"
            for _name, _errors in remedies.items()
        )
    )
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    - **Mixing for good does not escape**: no ridge removes the plateau, and at n = 10⁸ the error is tens of thousands of times that of
      the real half alone.
    - **What ends on real data escapes**, and so does a weight that shrinks as the data grow: both fall like 1/n for ever.
    - **In the end they do what discarding the synthetic half does**, no better: the ratio tends to 1.
    - **With few samples synthetic data help**, and the order counts: around n = 1000 two stages beat the best weight.

    ## How fast must the weight shrink?

    Choose a size, and see the error against the share of the synthetic samples in the loss:
    """)
    return


@app.cell
def _(sizes):
    size_index = mo.ui.slider(0, len(sizes) - 1, value=4, label="samples n, from 100 to 10⁸ in 25 steps")
    size_index
    return (size_index,)


@app.cell
def _(by_share, shares, size_index, sizes):
    by_weight = by_share[size_index.value].min(axis=1)
    best_share = shares[by_weight.argmin()]
    picture, panel = plt.subplots(figsize=(6.5, 3.6))
    panel.loglog(shares[1:], by_weight[1:], color=COLOURS[1], label="at the best ridge")
    panel.axhline(by_weight[0], color="k", linestyle="--", label="a = 0: discard")
    panel.loglog(shares[1:], 0.2 * shares[1:] ** 2, color="0.5", linestyle=":", label="a²c²")
    panel.set(
        xlabel="share a of the synthetic samples in the loss",
        ylabel="excess test error",
        title=f"n = {sizes[size_index.value]:,.0f}: best a = {best_share:.2g}",
        ylim=(by_weight.min() / 3, None),
    )
    panel.legend()
    picture
    return


@app.cell(hide_code=True)
def _(by_share, shares, sizes):
    _best = shares[by_share.min(axis=2).argmin(axis=1)]
    _picked = [int(np.argmin(abs(sizes - _n))) for _n in (100, 1000, 10_000, 1e6)]
    mo.md(
        "Any fixed share $a > 0$ has a floor of its own, $a^2 c^2$. For many samples the best share falls like $1/n$: "
        + ", ".join(f"{_best[_i]:.2g} at n = {sizes[_i]:,.0f}" for _i in _picked)
        + ".\n\n`docs/training.md` compares eight ways to train in this manner, early stopping, self-distillation, averages of models and "
        "SGD among them."
    )
    return


if __name__ == "__main__":
    app.run()
