"""The best mix for a budget: cheap synthetic samples are worth buying only while the budget is small. The larger the budget,
the larger the share of real data.

Error against the share of the budget that buys synthetic samples, and the best share against the budget.
"""

import equinox as eqx
import numpy as np

import collapse_theory as ct
from figures.house.run import Run
from workbench.picture import Picture

COST, COSTS = 0.1, (0.5, 0.1, 0.02)  # of a synthetic sample; a real one costs 1
BUDGETS = (0.3, 1, 5, 50)  # real samples per feature
QUALITY, NOISE, RIDGE = 0.1, 0.2, 0.05
DECAY = 1.0


def bought(template, budget, cost, share):
    """The template's problem with the sample sizes that a budget buys."""
    sizes = ct.spend(budget, share, 1.0, cost)
    return eqx.tree_at(lambda p: [source.n for source in p.sources], template, list(sizes))


def best_share(question):
    """The share of smallest error."""
    template, budget, cost = question
    optimum = ct.best(lambda share: bought(template, budget, cost, share), share=(0.0, 1.0))
    return optimum.arguments["share"]


def draw(run: Run) -> Picture:
    """Error against the share for several budgets; the best share against the budget for several costs."""
    d, seeds = run.pick(100, 60), run.pick(64, 16)
    template = ct.real_and_synthetic(
        n=d,
        synthetic_fraction=0.5,
        covariance=ct.spectra.power_law(d, DECAY),
        quality=QUALITY,
        noise=NOISE,
        ridge=RIDGE,
    )
    picture = Picture(
        [f"a synthetic sample costs {COST:g}", "best share"],
        x=["share of the budget for synthetic data", "budget / d"],
        y=["excess test error", "best share"],
    )
    left, right = picture.panels
    line = np.linspace(0, 0.99, 100)
    shares = run.pick([0, 0.1, 0.3, 0.5, 0.7, 0.9], [0, 0.5])
    for colour, budget in run.few(enumerate(BUDGETS)):

        def mixed(share, budget=budget):
            return bought(template, budget * d, COST, share)

        run.curve(left, mixed, line, shares, seeds, f"budget {budget:g} d", colour)
    left.axes.set_xscale("linear")
    budgets = np.geomspace(0.2, 1000, run.pick(48, 12))
    for colour, cost in enumerate(run.pick(COSTS, COSTS[:1])):

        def question(budget, cost=cost):
            return template, budget * d, cost

        right.line(budgets, run.evaluate(best_share, question, budgets), f"cost {cost:g}", colour)
    right.axes.set(yscale="linear", ylim=(-0.02, 1.02))
    picture.place = None
    picture.caption = (
        f"Power-law features λⱼ ∝ j^-{DECAY:g}, d = {d}, quality c² = {QUALITY}, signal tr ΣΓ = 1, noise σ² = {NOISE}, "
        f"ridge {RIDGE}; budgets in real samples, errors in units of the signal. Left: lines theory, points mean of "
        f"{seeds} simulations, bars: standard error. Right: best share, "
        "by gradients through the theory."
    )
    return picture
