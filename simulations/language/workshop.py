"""Where models are trained and generators write: what was done before a kill is not done again."""

import hashlib
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
    in `folder`.
    """

    def __init__(self, corpus: Corpus, plan: Plan, key: int, folder: Path, code: str):
        self.corpus, self.plan, self.key, self.folder, self.code = corpus, plan, key, folder, code
        trained = plan.author, plan.seeds, plan.steps, plan.epochs, plan.recipe
        self._stamp = corpus.name, corpus.vocabulary, corpus.length, trained, key, code
        self.validation, self.tests = (
            corpus.real(part, int(min(most, corpus.available[part])), 0)
            for part, most in (("validation", VALIDATION), ("test", TESTS))
        )
        self._written: dict[Generator, Written] = {}
        folder.mkdir(parents=True, exist_ok=True)

    def trained(self, job: Job, progress: Progress) -> Trained:
        """The model of a job, for every seed; the same seeds of all jobs share real stories."""
        texts = self._real("train", job.n)
        if job.generator:
            texts = mixed(texts, self.written(job.generator, progress).stories, job.fraction)
        return self._train(job.shape, texts, job, progress)

    def written(self, generator: Generator, progress: Progress) -> Written:
        """The stories of the generators, as many as the largest job wants."""
        if generator not in self._written:
            models = self._authors(generator, progress)
            count = self.plan.most(generator)
            tokens = count * (self.corpus.length - 1)
            flops = tokens * architecture(self.corpus, self.plan.author).flops_per_token_written
            parts: list[list[np.ndarray]] = []
            for seed in range(self.plan.seeds):
                path = self._stories_path(generator, seed)
                stories: Any = jnp.zeros((count, self.corpus.length), jnp.int32), jnp.zeros(())
                stories, done = checkpoint.load(path, stories)
                if not done:
                    key = jax.random.fold_in(jax.random.key(self.key), AUTHORS + seed)
                    new = write_stories(self.corpus, one_of(models, seed), generator, count, key)
                    stories = tuple(map(jnp.asarray, new))
                    checkpoint.save(path, stories, count)
                parts.append([np.asarray(part) for part in stories])
                progress(flops)
            rows, valid = (np.stack(part) for part in zip(*parts, strict=True))
            quality = losses(self.corpus, models, self.tests)
            ratio = log_ratios(self.corpus, models, generator, valid, self.tests)
            self._written[generator] = Written(rows, valid, quality, ratio)
        return self._written[generator]

    def clear(self) -> None:
        """Remove what this run kept in case that it is killed; not what another one did."""
        generators = self.plan.generators
        paths = [self._model_path(job.shape, job.n, job) for job in self.plan.jobs]
        paths += [self._model_path(self.plan.author, g.stories, _author(g)) for g in generators]
        paths += [self._stories_path(g, seed) for g in generators for seed in range(self.plan.seeds)]
        for path in paths:
            path.unlink(missing_ok=True)
        if not any(self.folder.iterdir()):
            self.folder.rmdir()

    def _authors(self, generator: Generator, progress: Progress) -> Any:
        """The generators."""
        texts = self._real("generator", generator.stories)
        return self._train(self.plan.author, texts, _author(generator), progress, AUTHORS).run.best

    def _train(
        self,
        shape: Shape,
        texts: Int[np.ndarray, "seeds n T"],
        name: Any,
        progress: Progress,
        first: int = 0,
    ) -> Trained:
        model = architecture(self.corpus, shape)
        tokens = self.plan.seeds * self.plan.recipe.batch * (self.corpus.length - 1)  # a step
        return train(
            model,
            texts,
            self.validation,
            PAD,
            self.plan.recipe,
            self.plan.steps_for(texts.shape[1]),
            self.key,
            range(first, first + self.plan.seeds),
            path=self._model_path(shape, texts.shape[1], name),
            progress=lambda steps: progress(steps * tokens * model.flops_per_token),
        )

    def _real(self, part: str, n: int) -> Int[np.ndarray, "seeds n length"]:
        return np.stack([self.corpus.real(part, n, seed) for seed in range(self.plan.seeds)])

    def _model_path(self, shape: Shape, n: int, name: Any) -> Path:
        return self._path("model", shape, n, name)

    def _stories_path(self, generator: Generator, seed: int) -> Path:
        return self._path("stories", generator, self.plan.most(generator), seed)

    def _path(self, *name: Any) -> Path:
        digest = hashlib.sha256(repr((name, self._stamp)).encode()).hexdigest()[:16]
        return self.folder / f"{digest}.safetensors"


def _author(generator: Generator) -> Generator:
    """The same for generators that only write differently."""
    return Generator(generator.stories)
