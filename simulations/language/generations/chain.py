"""A chain: what the models of later rounds learn from, and how they write."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Int

from simulations.language.corpus.corpus import Corpus
from simulations.language.experiment import mixed
from simulations.language.plan import Generator

KINDS = {
    "replace": "every round learns from the stories of the round before alone",
    "mix": "half of its stories are new real ones",
    "accumulate": "it learns from the first real stories and from all that was written since",
}
SYNTHETIC = 0.5  # part of a mix

Stories = Int[np.ndarray, "seeds count length"]


class Chain(NamedTuple):
    """Round 0 learns from n real stories, every later one from those that the last model wrote, too.

    `kind` is one of `KINDS`; models write n stories at this temperature; of `verified` chains they write
    until n of them are stories that the grammar's parser knows.
    """

    kind: str
    temperature: float = 1.0
    verified: bool = False

    def __str__(self) -> str:
        cooled = "" if self.temperature == 1 else f", temperature {self.temperature:g}"
        return self.kind + cooled + (", verified" if self.verified else "")

    def generator(self, n: int) -> Generator:
        """How the models of this chain write."""
        return Generator(n, self.temperature, verified=self.verified)

    def texts(self, corpus: Corpus, written: list[Stories], n: int, seeds: int) -> Stories:
        """What the model of the next round learns from; `written` are the stories of those before."""
        done = len(written)
        real = np.stack([corpus.real("train", (done + 1) * n, seed) for seed in range(seeds)])
        if not written:
            return real
        if self.kind == "mix":
            return mixed(real[:, done * n :], written[-1], SYNTHETIC)
        return written[-1] if self.kind == "replace" else np.concatenate([real[:, :n], *written], axis=1)
