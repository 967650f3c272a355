"""The stories of a chain: what each round learns from, and how its model writes."""

import numpy as np
from jaxtyping import Int

from simulations.language.corpus.corpus import Corpus
from simulations.language.experiment import mixed
from simulations.language.generations.chain import SYNTHETIC, Chain
from simulations.language.plan import Generator

Stories = Int[np.ndarray, "seeds count length"]


def generator(chain: Chain, n: int) -> Generator:
    """How the models of a chain write."""
    return Generator(n, chain.temperature, verified=chain.verified)


def training_texts(chain: Chain, corpus: Corpus, written: list[Stories], n: int, seeds: int) -> Stories:
    """What the model of the next round learns from; `written` are the stories of those before."""
    done = len(written)
    real = np.stack([corpus.real("train", (done + 1) * n, seed) for seed in range(seeds)])
    if not written:
        return real
    if chain.kind == "mix":
        return mixed(real[:, done * n :], written[-1], SYNTHETIC)
    return written[-1] if chain.kind == "replace" else np.concatenate([real[:, :n], *written], axis=1)
