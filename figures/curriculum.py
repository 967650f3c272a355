"""The order of the samples decides: SGD on a mixture stops falling, while with its real samples last it keeps falling. The best
schedule for a budget puts them last.

One-pass SGD, exact at finite d: error along one run, and at its end against the number of samples.
"""

import numpy as np

import collapse_theory as ct
from figures.house.run import Run
from workbench.picture import Picture

FRACTION, QUALITY, NOISE = 0.5, 0.2, 1.0
LINES = {"mixed": 0, "real first": 1, "real last": 2, "best schedule": 3}


def shares(order: str, steps: int) -> np.ndarray:
    """The probability of a synthetic sample at every step; half of them are synthetic in all."""
    late = np.arange(steps) >= steps // 2
    return {"mixed": np.full(steps, FRACTION), "real first": 1.0 * late, "real last": 1.0 * ~late}[order]


def rates(steps: int, d: int) -> np.ndarray:
    """2 / (t + 2 d), restarted half-way."""
    half = 2 / (np.arange(steps - steps // 2) + 2.0 * d)
    return np.concatenate([half[: steps // 2], half])


def path(question):
    """The errors after every step."""
    problem, learning_rates, synthetic = question
    return ct.one_pass_sgd(problem, learning_rates, synthetic).total


def best(question):
    """The best schedule with as many real samples as the others: rates, shares and errors."""
    problem, learning_rates = question
    steps = len(learning_rates)
    schedule = ct.best_schedule(problem, steps, steps // 2)
    rows = schedule.learning_rates, schedule.synthetic_fractions
    return np.stack([*rows, path((problem, *rows))[1:]])


def draw(run: Run) -> Picture:
    """Error along runs of each order; error at the end of runs of each length."""
    d, seeds = run.pick(100, 30), run.pick(400, 50)
    steps = run.pick(2000, 200)
    problem = ct.real_and_synthetic(
        n=2,  # one-pass SGD draws its samples as it goes
        synthetic_fraction=FRACTION,
        covariance=ct.spectra.power_law(d, 1.0) / 2,
        quality=QUALITY,
        noise=NOISE,
        ridge=0.0,
    )
    picture = Picture(
        [f"one run of {steps:,} samples", "at the end of a run"],
        x=["samples so far", "samples in all"],
        y="excess test error",
        legend="order of the samples",
    )
    left, right = picture.panels
    left.axes.set_xscale("linear")
    after = np.round(np.linspace(0, steps, run.pick(9, 5))[1:]).astype(int)
    when = np.arange(1, steps + 1)
    learned, mixed, best_path = run.once(best, (problem, rates(steps, d)))
    for order, colour in LINES.items():
        planned = (learned, mixed) if colour == 3 else (rates(steps, d), shares(order, steps))
        errors = best_path if colour == 3 else run.once(path, (problem, *planned))[1:]
        left.line(when, errors, order, colour)
        trained = run.sgd(problem, planned, seeds, after)
        left.points(
            after,
            trained.mean.total,
            trained.stderr.total,
            errors[after - 1],
            label=order,
            colour=colour,
        )
    left.level(FRACTION**2 * QUALITY, "p₂²c²")
    lengths = np.round(np.geomspace(100, run.pick(1_000_000, 1000), run.pick(13, 3))).astype(int)
    for order, colour in list(LINES.items())[:3]:
        ends = [run.once(path, (problem, rates(int(T), d), shares(order, int(T))))[-1] for T in lengths]
        right.line(lengths, np.array(ends), order, colour, marker=".")
    right.level(FRACTION**2 * QUALITY)
    picture.caption = (
        f"d = {d}, eigenvalues ∝ 1/j of mean 1/2, signal tr ΣΓ = 1, noise σ² = {NOISE}, c² = {QUALITY}, half of the samples "
        f"synthetic; batches of one, learning rate 2/(t + {2 * d}), restarted half-way; the best schedule has its own. Lines: "
        f"theory, exact at this d; points: mean of {seeds} runs, bars: standard error. Dotted: p₂²c²."
    )
    return picture
