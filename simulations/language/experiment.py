"""The stages of the experiment: real stories, what generators write, mixes of both, and losses."""

from typing import NamedTuple

import equinox as eqx
import jax
import numpy as np
from jaxtyping import Bool, Float, Int, Key

from simulations.language.corpus.corpus import Corpus, Rows
from simulations.language.corpus.grammar import BEGIN, END, PAD
from simulations.language.gpt2.loop import text_losses
from simulations.language.gpt2.model import GPT2, Architecture
from simulations.language.gpt2.sampling import write
from simulations.language.plan import Generator, Shape
from simulations.mix import is_synthetic

HEAD = 32  # width of an attention head
BATCH = 512  # stories written together
FEWEST = 0.01  # share of what a generator writes that must pass the verifier


class Losses(NamedTuple):
    """Cross-entropy per token of real stories in nats, and how far it is above the entropy.

    The excess is sum (log P - log q) / sum tokens over the same stories: their own randomness
    cancels, and no floor is left.  NaN where P is not known.
    """

    loss: Float[np.ndarray, " seeds"]
    excess: Float[np.ndarray, " seeds"]


def heads(width: int) -> int:
    """Attention heads of a model, of `HEAD` numbers each."""
    return max(1, width // HEAD)


def architecture(corpus: Corpus, shape: Shape) -> Architecture:
    """The model of this shape for the stories of a corpus."""
    return Architecture(corpus.vocabulary, corpus.length, *shape, heads(shape.width))


def losses(corpus: Corpus, models: GPT2, tests: Rows) -> Losses:
    """The losses of stacked models on these real stories."""
    loss, tokens = text_losses(models, tests, PAD)
    known = np.nan if corpus.log_probability is None else corpus.log_probability(tests).sum()
    return Losses(loss.sum(axis=1) / tokens.sum(), (loss.sum(axis=1) + known) / tokens.sum())


def log_ratios(
    corpus: Corpus, models: GPT2, generator: Generator, valid: Float[np.ndarray, " seeds"], tests: Rows
) -> Float[np.ndarray, "seeds stories"]:
    """log Q / P of real stories, Q the law of what generators hand on, P that of the corpus.

    What the verifier keeps of a generator's stories, a share `valid`, has the law Q / valid.  NaN where
    P is not known, and where a generator does not write as its model says.
    """
    loss, _ = text_losses(models, tests, PAD)
    if corpus.log_probability is None or (generator.temperature, generator.top_p) != (1, 1):
        return np.full(loss.shape, np.nan)
    kept = np.log(valid)[:, None] if generator.verified else 0.0
    return -loss - kept - corpus.log_probability(tests)


def endless_collapse(
    log_ratio: Float[np.ndarray, "seeds stories"], fraction: float, tokens: int
) -> Float[np.ndarray, " seeds"]:
    """The collapse of a learner with endless stories and no bounds to what it can learn, a token.

    It becomes the law (1 - p_2) P + p_2 Q of its training stories, and so loses
    log P / ((1 - p_2) P + p_2 Q) on a real one: at most -log(1 - p_2), and at p_2 = 1 what its
    generator loses.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        mixture = np.logaddexp(np.log1p(-fraction), np.log(fraction) + log_ratio)
    return -mixture.sum(axis=1) / tokens


def write_stories(
    corpus: Corpus, model: GPT2, generator: Generator, count: int, key: Key[jax.Array, ""]
) -> tuple[Rows, float]:
    """`count` stories of a generator, and the share of all it wrote that the grammar knows.

    Fewer stories are the first of more.  The share is NaN for a corpus without a grammar.  Raises
    ValueError if stories are to be verified and cannot be, and ArithmeticError if too few pass.
    """
    if generator.verified and corpus.log_probability is None:
        raise ValueError(f"verified = True: expected a corpus with a grammar, not {corpus.name}")
    kept: list[Rows] = []
    valid: list[Bool[np.ndarray, " batch"]] = []
    while sum(map(len, kept)) < count:
        drawn = write(
            model,
            BATCH,
            np.array([BEGIN]),
            corpus.length,
            jax.random.fold_in(key, len(valid)),
            end=END,
            pad=PAD,
            batch=BATCH,
            temperature=generator.temperature,
            top_p=generator.top_p,
        )
        valid.append(is_story(corpus, drawn))
        kept.append(drawn[valid[-1]] if generator.verified else drawn)
        if sum(map(len, kept)) < FEWEST * (len(valid) - 1) * BATCH:
            raise ArithmeticError("fewer than one story in a hundred is one: train the generator longer")
    share = float(np.mean(np.concatenate(valid))) if corpus.log_probability else float("nan")
    return np.concatenate(kept)[:count], share


def is_story(corpus: Corpus, rows: Rows) -> Bool[np.ndarray, " count"]:
    """Which rows the grammar knows; all, without one."""
    if corpus.log_probability is None:
        return np.ones(len(rows), dtype=bool)
    return corpus.log_probability(rows) > -np.inf


def mixed(
    real: Int[np.ndarray, "seeds n length"],
    synthetic: Int[np.ndarray, "seeds n_2 length"],
    fraction: float,
) -> Int[np.ndarray, "seeds n length"]:
    """The real stories, of which a fraction p_2 has been replaced by the first synthetic ones."""
    replaced = is_synthetic(fraction, real.shape[1])
    mix = real.copy()
    mix[:, replaced] = synthetic[:, : replaced.sum()]
    return mix


def one_of(models: GPT2, index: int) -> GPT2:
    """One of the models that are stacked."""
    return jax.tree.map(lambda leaf: leaf[index] if eqx.is_array(leaf) else leaf, models)
