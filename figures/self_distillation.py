"""A model that learns from its own predictions beats its teacher unless the teacher's ridge is already the best. On mixed
data both stop falling.

Self-distillation on the same inputs: error against the mix, against the ridge, and against n.
"""

import numpy as np

import collapse_theory as ct
from figures.house.run import Run
from simulations.training.algorithms import SelfDistillation
from workbench.picture import Picture
from workbench.style import fraction_colours

QUALITY, NOISE, DECAY, SAMPLES = 0.5, 1.0, 0.8, 2  # n / d
FRACTIONS = (0.0, 0.1, 0.5)
RIDGES = {0.1: 0, 1.0: 1, 10.0: 2}


def distilled(question):
    """The error of a student whose labels are, for a part `mix`, those of its teacher."""
    problem, mix = question
    return ct.self_distillation(problem, mix).total[1]


def teacher(problem):
    """The error of the teacher."""
    return ct.predict(problem).total


def student(problem):
    """The error of the student with the best mix."""
    return ct.best_distillation(problem).best.total


def draw(run: Run) -> Picture:
    """Error against the mix; of teacher and best student against the ridge; against n."""
    d, seeds = run.pick(100, 60), run.pick(6, 8)

    def problem(ridge, ratio=float(SAMPLES), fraction=0.0):
        return ct.real_and_synthetic(
            n=ratio * d,
            synthetic_fraction=fraction,
            covariance=ct.spectra.power_law(d, DECAY),
            quality=QUALITY,
            noise=NOISE,
            ridge=ridge,
        )

    picture = Picture(
        ["real data", "best mix", "best mix, ridge 0.1"],
        x=["part ξ of the teacher's labels", "ridge λ", "samples per feature n / d"],
        y=["excess test error", "", "excess test error"],
    )
    left, middle, right = picture.panels
    left.axes.set_xscale("linear")
    picture.place = None
    mixes = np.linspace(-1, 3, run.pick(81, 9))
    marked = np.linspace(-1, 3, run.pick(9, 3))
    for ridge, colour in RIDGES.items():
        setting = problem(ridge)

        def mixed(mix, setting=setting):
            return setting, mix

        curve, at = (run.evaluate(distilled, mixed, along) for along in (mixes, marked))
        left.line(mixes, curve, f"λ = {ridge:g}", colour)
        trained = [run.train(setting, SelfDistillation(ridge, (float(mix),)), seeds) for mix in marked]
        mean = np.array([points.mean.total[1] for points in trained])
        stderr = np.array([points.stderr.total[1] for points in trained])
        left.points(marked, mean, stderr, at, label=f"λ = {ridge:g}", colour=colour)
    ridges = np.geomspace(1e-2, 1e2, run.pick(65, 9))
    ratios = np.geomspace(0.5, 1e6, run.pick(65, 9))
    for colour, fraction in zip(fraction_colours(FRACTIONS), FRACTIONS, strict=True):
        label = f"p₂ = {fraction:g}"

        def at_ridge(ridge, fraction=fraction):
            return problem(ridge, fraction=fraction)

        def at_size(ratio, fraction=fraction):
            return problem(0.1, ratio, fraction)

        for panel, xs, make in ((middle, ridges, at_ridge), (right, ratios, at_size)):
            panel.line(xs, run.evaluate(student, make, xs), label, colour)
            panel.guide(xs, run.evaluate(teacher, make, xs), "teacher" if not fraction else "")
        if fraction:
            right.level(fraction**2 * QUALITY, color=f"C{colour}")
    picture.caption = (
        f"d = {d}, eigenvalues ∝ j^-{DECAY}, signal tr ΣΓ = 1, noise σ² = {NOISE}, c² = {QUALITY}; left and middle n = "
        f"{SAMPLES}d. Lines: theory, by two-point equivalents; points: mean of {seeds} simulations, bars: standard error. "
        "Dashed: the teacher, which the student touches where the ridge is best. Dotted: p₂²c²."
    )
    return picture
