"""Where synthetic labels err at random, a verifier of one quality makes them help at every n; where they are
another function's it must become better as real data grow, and beyond some n even a perfect one is not enough.

Classification by ridge regression on signs: error against n, and the verifier that is required, against n.
"""

import jax
import jax.numpy as jnp
import numpy as np

import collapse_theory as ct
from figures.house.arrays import random_key
from figures.house.run import Run
from simulations import simulate_classification
from workbench.picture import Picture

WRONG = 0.1  # share of wrong labels of the generators
OFTEN = 0.25  # and of poorer ones
RIDGES = jnp.geomspace(1e-3, 10.0, 17)
RATIOS = (1.0, 0.2, 0.0)  # psi / phi
SEEDS = 64


def least(question):
    """The smallest error at any of the ridges, and its ridge."""
    problem, labels = question

    def at(ridge):
        settings = (problem.width, problem.test_covariance, problem.moments, problem.multiplicities)
        return ct.classification_error(
            ct.Problem(problem.sources, problem.signal, ridge, *settings), labels
        )

    errors = jax.vmap(at)(RIDGES)
    return jnp.stack([jnp.min(errors), RIDGES[jnp.argmin(errors)]])


def required(question):
    """psi / phi of the worst verifier with which the synthetic labels help."""
    return ct.required_verifier(*question, ridges=RIDGES)


def limit(question):
    """The error after endless data."""
    return ct.classification_plateau(*question)


def simulated(question):
    """The mean error of simulations, and its standard error."""
    estimate = simulate_classification(*question, SEEDS, random_key(question))  # type: ignore[call-arg, arg-type]  # a pair
    return np.array([estimate.mean.total, estimate.stderr.total])


def shift_of(wrong):
    """c^2 of a function that differs from the truth of signal 1 in this share of the signs."""
    return np.tan(np.pi * wrong) ** 2


def mixture(covariance, n, shift, labels, ridge=0.0):
    """As many real as synthetic labels."""
    sources = (ct.Source(n, covariance), ct.Source(n, covariance, 0.0, shift))
    return ct.Problem(sources, 1.0, ridge), (ct.SignLabels(), labels)


def draw(run: Run) -> Picture:
    """Error of mixtures against n for several verifiers; the worst verifier with which labels help."""
    d = run.pick(100, 30)
    covariance = ct.spectra.isotropic(d)
    picture = Picture(
        [f"{WRONG:.0%} wrong labels, systematic", "required verifier"],
        x="real samples per feature n₁ / d",
        y=["classification error", "ψ / φ below which labels help"],
    )
    left, right = picture.panels
    ratios = np.geomspace(0.5, 1000, run.pick(41, 8))
    marked = np.array(run.pick([0.5, 1, 2, 5, 10, 30, 100], [1, 30]))

    def alone(ratio, ridge=0.0):
        return ct.Problem((ct.Source(ratio * d, covariance),), 1.0, ridge), (ct.SignLabels(),)

    def verified(psi, ridge=0.0):
        labels = ct.SignLabels(0.0, ct.Verifier(1.0, psi))
        return lambda ratio: mixture(covariance, ratio * d, shift_of(WRONG), labels, ridge)

    names = {1.0: "no verifier", 0.0: "perfect verifier"}
    curves = [("real alone", alone)]
    curves += [(names.get(psi, f"ψ = {psi:g} φ"), verified(psi)) for psi in run.few(RATIOS)]
    for colour, (label, make) in enumerate(curves):
        left.line(ratios, run.evaluate(least, make, ratios)[:, 0], label, colour)
        best = run.evaluate(least, make, marked)
        run.progress(0, len(marked))
        points = []
        for ratio, (_, ridge) in zip(marked, best, strict=True):
            problem, labels = make(float(ratio))
            at_best = ct.Problem(problem.sources, problem.signal, float(ridge))
            points.append(run.once(simulated, (at_best, labels)))
            run.progress(1, 0)
        left.points(marked, *np.transpose(points), best[:, 0], label=label, colour=colour)  # type: ignore[misc, call-arg]
    perfect = ct.SignLabels(0.0, ct.Verifier(1.0, 0.0))
    end = run.evaluate(
        limit, lambda ratio: mixture(covariance, ratio * d, shift_of(WRONG), perfect), np.ones(1)
    )
    left.level(float(end[0]), "perfect verifier, n → ∞")

    kinds = [
        (f"{wrong:.0%}, {kind}", shift_of(wrong) if kind == "systematic" else 0.0, flip)
        for wrong in (WRONG, OFTEN)
        for kind, flip in (("systematic", 0.0), ("random", wrong))
    ]
    wide = np.geomspace(0.5, 1000, run.pick(61, 6))
    for colour, (label, shift, flip) in enumerate(run.few(kinds), start=len(curves)):
        labels = ct.SignLabels(flip, ct.Verifier(1.0, 1.0))

        def question(ratio, shift=shift, labels=labels):
            return mixture(covariance, ratio * d, shift, labels)

        right.line(wide, run.evaluate(required, question, wide), label, colour)
    right.axes.set_yscale("linear")
    right.axes.set_ylim(-0.02, 1.05)
    picture.caption = (
        f"d = {d}, Σ = I; n₁ real labels sign(x·w₁), and as many synthetic ones, a share of them wrong: those of another "
        f"function, sign(x·w₂), are systematic errors, flips are random ones. A verifier that knows the truth keeps all right "
        f"labels (φ = 1) and a share ψ of the wrong ones. Ridge regression with the best of {len(RIDGES)} ridges between "
        f"{float(RIDGES[0]):g} and {float(RIDGES[-1]):g}. Lines: theory; points: mean of {SEEDS} simulations, bars: standard "
        f"error. Right: 1 means that no verifier is required, 0 that not even a perfect one is enough."
    )
    return picture
