"""What a generator writes, and how far a model is from the real stories."""

from typing import NamedTuple

import jax
import numpy as np
from jaxtyping import Array, Bool, Key

from simulations.language.corpus import Corpus, Rows
from simulations.language.grammar import BEGIN, END, PAD
from simulations.language.loop import text_losses
from simulations.language.model import GPT2
from simulations.language.sampling import write


class Writing(NamedTuple):
    """How a generator writes: `verified` keeps only stories that the grammar knows."""

    temperature: float = 1.0
    top_p: float = 1.0
    verified: bool = False


class Losses(NamedTuple):
    """Cross-entropy per token of real stories in nats, and how far it is above the entropy.

    The excess is sum (log P - log q) / sum tokens over the same stories: their own randomness
    cancels, and no floor is left.  NaN where P is not known.
    """

    loss: float
    excess: float


def write_stories(
    corpus: Corpus, model: GPT2, writing: Writing, count: int, key: Key[Array, ""], batch: int = 512
) -> tuple[Rows, float]:
    """`count` stories of a generator, and the share of all it wrote that the grammar knows.

    The share is NaN for a corpus without a grammar.  Raises ValueError if stories are to be verified
    and cannot be, and ArithmeticError if fewer than one in a hundred is a story.
    """
    if writing.verified and corpus.log_probability is None:
        raise ValueError(f"verified = True: expected a corpus with a grammar, not {corpus.name}")
    kept: list[Rows] = []
    valid: list[Bool[np.ndarray, " batch"]] = []
    while sum(map(len, kept)) < count:
        drawn = write(
            model,
            batch,
            np.array([BEGIN]),
            corpus.length,
            jax.random.fold_in(key, len(valid)),
            end=END,
            pad=PAD,
            batch=batch,
            temperature=writing.temperature,
            top_p=writing.top_p,
        )
        valid.append(is_story(corpus, drawn))
        kept.append(drawn[valid[-1]] if writing.verified else drawn)
        if len(valid) * batch > 100 * (sum(map(len, kept)) + batch):
            raise ArithmeticError("fewer than one story in a hundred is one: train the generator longer")
    share = float(np.mean(np.concatenate(valid))) if corpus.log_probability else float("nan")
    return np.concatenate(kept)[:count], share


def is_story(corpus: Corpus, rows: Rows) -> Bool[np.ndarray, " count"]:
    """Which rows the grammar knows; all, without one."""
    if corpus.log_probability is None:
        return np.ones(len(rows), dtype=bool)
    return corpus.log_probability(rows) > -np.inf


def losses(corpus: Corpus, model: GPT2, tests: Rows) -> Losses:
    """The losses of a model on these real stories."""
    loss, tokens = text_losses(model, tests, PAD)
    known = np.nan if corpus.log_probability is None else corpus.log_probability(tests).sum()
    return Losses(loss.sum() / tokens.sum(), (loss.sum() + known) / tokens.sum())
