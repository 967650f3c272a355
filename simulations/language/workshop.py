"""Where models are trained and generators write: what was done before a kill is not done again."""

import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float, Int

from simulations.language.corpus.corpus import Corpus
from simulations.language.corpus.grammar import PAD
from simulations.language.experiment import (
    Losses,
    architecture,
    log_ratios,
    losses,
    mixed,
    one_of,
    write_stories,
)
from simulations.language.gpt2 import checkpoint
from simulations.language.gpt2.loop import Trained, train
from simulations.language.plan import Generator, Job, Plan, Shape

VALIDATION, TESTS = 250, 2000  # stories to choose a run's best model by, and to test it on, at most
AUTHORS = 1000  # seeds of generators begin here: their weights and orders are no model's

Progress = Callable[[float], object]  # hears of floating-point operations that are done


class Written(NamedTuple):
    """What the generators of all seeds wrote, and how good they are.

    `valid` is the share of all they wrote that the grammar knows, NaN for a corpus without one;
    `log_ratio` that of `experiment.log_ratios` for the test stories.
    """

    stories: Int[np.ndarray, "seeds count length"]
    valid: Float[np.ndarray, " seeds"]
    losses: Losses
    log_ratio: Float[np.ndarray, "seeds tests"]


class Workshop:
    """Models of a plan on a corpus, every seed with its own stories, generators and initial weights.

    Generators learn from stories that no model sees.  A run that was killed goes on from what it left
    in a folder of its own in `folder`.
    """

    def __init__(self, corpus: Corpus, plan: Plan, key: int, folder: Path, code: str):
        self.corpus, self.plan, self.key = corpus, plan, key
        self.folder = folder / _digest(corpus.name, corpus.vocabulary, corpus.length, plan, key, code)
        self.validation, self.tests = (
            corpus.real(part, int(min(most, corpus.available[part])), 0)
            for part, most in (("validation", VALIDATION), ("test", TESTS))
        )
        self._written: dict[Generator, Written] = {}
        self.folder.mkdir(parents=True, exist_ok=True)

    def trained(self, job: Job, progress: Progress) -> Trained:
        """The model of a job, for every seed; the same seeds of all jobs share real stories."""
        texts = self.real("train", job.n, job.seeds)
        if job.generator:
            written = self.written(job.generator, progress).stories[: job.seeds]
            texts = mixed(texts, written, job.fraction)
        return self.train(job.shape, texts, _unseeded(job), progress)

    def written(self, generator: Generator, progress: Progress) -> Written:
        """The stories of the generators, as many as the largest job wants."""
        if generator not in self._written:
            seeds, learnt = self.plan.authors(generator), Generator(generator.stories)
            texts = self.real("generator", generator.stories, seeds)
            models = self.train(self.plan.author, texts, learnt, progress, AUTHORS).run.best
            rows, valid = self.write(models, generator, self.plan.most(generator), generator, progress)
            quality = losses(self.corpus, models, self.tests)
            ratio = log_ratios(self.corpus, models, generator, valid, self.tests)
            self._written[generator] = Written(rows, valid, quality, ratio)
        return self._written[generator]

    def train(
        self,
        shape: Shape,
        texts: Int[np.ndarray, "seeds n T"],
        name: Any,
        progress: Progress,
        first: int = 0,
    ) -> Trained:
        """Models of the plan's recipe, one for each seed's texts, of which the first is seed `first`."""
        model, seeds = architecture(self.corpus, shape), len(texts)
        tokens = seeds * self.plan.recipe.batch * (self.corpus.length - 1)  # a step
        return train(
            model,
            texts,
            self.validation,
            PAD,
            self.plan.recipe,
            self.plan.steps_for(texts.shape[1]),
            self.key,
            range(first, first + seeds),
            path=self._path("model", shape, texts.shape[1], name, seeds),
            progress=lambda steps: progress(steps * tokens * model.flops_per_token),
        )

    def write(
        self,
        models: Any,
        generator: Generator,
        count: int,
        name: Any,
        progress: Progress,
        first: int = 0,
    ) -> tuple[Int[np.ndarray, "seeds count length"], Float[np.ndarray, " seeds"]]:
        """So many stories of each model, and the share of all it wrote that the grammar knows.

        `name` tells these stories from others of the workshop, `first` their random key.
        """
        tokens = count * (self.corpus.length - 1)
        flops = tokens * architecture(self.corpus, self.plan.author).flops_per_token_written
        parts: list[list[np.ndarray]] = []
        for seed in range(len(models.tokens)):
            path = self._path("stories", name, count, seed)
            stories: Any = jnp.zeros((count, self.corpus.length), jnp.int32), jnp.zeros(())
            stories, done = checkpoint.load(path, stories)
            if not done:
                key = jax.random.fold_in(jax.random.key(self.key), AUTHORS + first + seed)
                new = write_stories(self.corpus, one_of(models, seed), generator, count, key)
                stories = tuple(map(jnp.asarray, new))
                checkpoint.save(path, stories, count)
            parts.append([np.asarray(part) for part in stories])
            progress(flops)
        rows, valid = (np.stack(part) for part in zip(*parts, strict=True))
        return rows, valid

    def real(self, part: str, n: int, seeds: int) -> Int[np.ndarray, "seeds n length"]:
        """The first real stories of each seed."""
        return np.stack([self.corpus.real(part, n, seed) for seed in range(seeds)])

    def clear(self) -> None:
        """Remove what this run kept in case that it is killed; not what another one did."""
        shutil.rmtree(self.folder)
        if not any(self.folder.parent.iterdir()):
            self.folder.parent.rmdir()

    def _path(self, *name: Any) -> Path:
        return self.folder / f"{_digest(*name)}.safetensors"


def _digest(*name: Any) -> str:
    return hashlib.sha256(repr(name).encode()).hexdigest()[:16]


def _unseeded(job: Job) -> Job:
    """The same for all studies: a model that two of them want is trained once."""
    return job._replace(study="", seeds=0)
