"""How labels that are signs come about: who flips them, and who verifies them."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from collapse_theory import checks
from collapse_theory.checks import Number
from collapse_theory.problem import Problem


class Verifier(eqx.Module):
    """Who keeps right labels with probability phi and wrong ones with psi, and discards the others.

        kept share = (1 - q) phi + q psi,     wrong share of what is kept = q psi / kept share

    if a share q of the labels is wrong (Feng, Dohmatob, Yang, Charton and Kempe, arXiv 2406.07515).  A
    label is right where it is that of the truth, sign(x.w_1).

    - `keep_right`: phi, `keep_wrong`: psi, both in [0, 1]; by default everything is kept, and a perfect
      verifier has psi = 0.

    Raises ValueError for numbers outside of [0, 1].
    """

    keep_right: Float[Array, ""]
    keep_wrong: Float[Array, ""]

    def __init__(self, keep_right: Number = 1.0, keep_wrong: Number = 1.0):
        self.keep_right = checks.number("keep_right", keep_right, most=1)
        self.keep_wrong = checks.number("keep_wrong", keep_wrong, most=1)


if TYPE_CHECKING:
    Chosen = Verifier | None
else:  # `SignLabels` answers other values with one sentence
    Chosen = object


class SignLabels(eqx.Module):
    """How the labels of one source come about, -1 or 1.

        y = sign(x.w_k + eps), eps ~ N(0, sigma_k^2),     then flipped with probability `flip`,

    and a `Verifier` compares y with sign(x.w_1) and keeps the sample or not.  Source 1 is labelled by
    w_1 itself; its labels may be noisy, flipped and verified too.

    - `flip`: probability in [0, 1], whatever the inputs are;
    - `verifier`: by default one that keeps everything.

    Raises ValueError for a probability outside of [0, 1].
    """

    flip: Float[Array, ""]
    verifier: Verifier

    def __init__(self, flip: Number = 0.0, verifier: Chosen = None):
        self.flip = checks.number("flip", flip, most=1)
        self.verifier = Verifier() if verifier is None else verifier
        if not isinstance(self.verifier, Verifier):
            raise checks.fail("verifier", repr(verifier), "a Verifier")


if TYPE_CHECKING:
    Labels = SignLabels | Sequence[SignLabels]
else:  # `of_sources` answers other values with one sentence
    Labels = object


def of_sources(problem: Problem, labels: Labels | None) -> tuple[SignLabels, ...]:
    """The labels of every source: `labels` may be those of all of them, or None, clean ones."""
    K = len(problem.sources)
    signal = problem.signal if problem.signal is not None else problem.moments
    known = None if signal is None else checks.concrete(signal)
    if known is not None and not known.any():
        raise checks.fail("signal", known, "a signal > 0: its signs are the labels")
    if labels is None or isinstance(labels, SignLabels):
        return (labels or SignLabels(),) * K
    if not isinstance(labels, list | tuple) or not all(isinstance(one, SignLabels) for one in labels):
        raise checks.fail("labels", repr(labels), "SignLabels, or a tuple of them, one a source")
    if len(labels) != K:
        raise checks.fail("labels", f"those of {len(labels)} sources", f"those of {K}, one a source")
    return tuple(labels)


def check_kept(problem: Problem, labels: tuple[SignLabels, ...]) -> None:
    """Raises ValueError where no verifier keeps a sample that counts."""
    chances = [
        checks.concrete(source.n * source.weight * (one.verifier.keep_right + one.verifier.keep_wrong))
        for source, one in zip(problem.sources, labels, strict=True)
    ]
    if all(chance is not None and not chance for chance in chances):
        raise checks.fail("verifier", "one that keeps nothing", "some samples to be kept")


def stacked(labels: tuple[SignLabels, ...]) -> SignLabels:
    """The labels of all sources as one, whose leaves are arrays (K,)."""
    leaves = [[one.flip, one.verifier.keep_right, one.verifier.keep_wrong] for one in labels]
    flip, keep_right, keep_wrong = (jnp.stack(column) for column in zip(*leaves, strict=True))
    return eqx.tree_at(
        lambda tree: (tree.flip, tree.verifier.keep_right, tree.verifier.keep_wrong),
        labels[0],
        (flip, keep_right, keep_wrong),
    )
