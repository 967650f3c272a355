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

from simulations.language import checkpoint, cost
from simulations.language.corpus import Corpus
from simulations.language.experiment import Losses, architecture, losses, mixed, one_of, write_stories
from simulations.language.grammar import PAD
from simulations.language.loop import Trained, train
from simulations.language.study import Generator, Job, Plan, Shape

VALIDATION, TESTS = 250, 2000  # stories to choose a run's best model by, and to test it on, at most

Progress = Callable[[float], object]  # hears of floating-point operations that are done


class Written(NamedTuple):
    """What the generators of all seeds wrote, and how good they are.

    `valid` is the share of all they wrote that the grammar knows, NaN for a corpus without one.
    """

    stories: Int[np.ndarray, "seeds count length"]
    valid: Float[np.ndarray, " seeds"]
    losses: Losses


class Workshop:
    """Models of a plan on a corpus, every seed with its own stories, generators and initial weights.

    Generators learn from stories that no model sees.  A run that was killed goes on from what is in
    `folder`, which belongs to this corpus, this key and this code.
    """

    def __init__(self, corpus: Corpus, plan: Plan, key: int, folder: Path, code: str):
        self.corpus, self.plan, self.key, self.folder, self.code = corpus, plan, key, folder, code
        self._stamp = corpus.name, corpus.vocabulary, corpus.length, plan.recipe, plan.seeds, key, code
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
        found = self._train(job.shape, texts, job, progress)
        return found

    def written(self, generator: Generator, progress: Progress) -> Written:
        """The stories of the generators, as many as the largest job wants."""
        if generator not in self._written:
            models = self._author(generator, progress)
            count = self.plan.most(generator)
            share = cost.writing(self.corpus, self.plan, generator).flops / self.plan.seeds
            found: list[list[np.ndarray]] = []
            for seed in range(self.plan.seeds):
                path = self._path("stories", generator, self.plan.author, count, seed)
                stories: Any = jnp.zeros((count, self.corpus.length), jnp.int32), jnp.zeros(())
                stories, done = checkpoint.load(path, stories)
                if not done:
                    key = jax.random.fold_in(jax.random.key(self.key), seed)
                    new = write_stories(self.corpus, one_of(models, seed), generator, count, key)
                    stories = tuple(map(jnp.asarray, new))
                    checkpoint.save(path, stories, count)
                found.append([np.asarray(part) for part in stories])
                progress(share)
            rows, valid = (np.stack(part) for part in zip(*found, strict=True))
            of_generators = losses(self.corpus, models, self.tests)
            self._written[generator] = Written(rows, valid, of_generators)
        return self._written[generator]

    def clear(self) -> None:
        """Remove what is kept for a run that was killed."""
        shutil.rmtree(self.folder)

    def _author(self, generator: Generator, progress: Progress) -> Any:
        """The generators, of which those that only write differently are the same."""
        own = generator._replace(temperature=1.0, top_p=1.0, verified=False)
        texts = self._real("generator", generator.stories)
        return self._train(self.plan.author, texts, own, progress).run.best

    def _train(
        self, shape: Shape, texts: Int[np.ndarray, "seeds n T"], name: Any, progress: Progress
    ) -> Trained:
        steps = self.plan.steps_for(texts.shape[1])
        per_step = cost.training(self.corpus, self.plan, shape, texts.shape[1]).flops / steps
        return train(
            architecture(self.corpus, shape),
            texts,
            self.validation,
            PAD,
            self.plan.recipe,
            steps,
            self.key,
            range(self.plan.seeds),
            path=self._path(name, shape, steps),
            progress=lambda done: progress(done * per_step),
        )

    def _real(self, part: str, n: int) -> Int[np.ndarray, "seeds n length"]:
        return np.stack([self.corpus.real(part, n, seed) for seed in range(self.plan.seeds)])

    def _path(self, *name: Any) -> Path:
        digest = hashlib.sha256(repr((name, self._stamp)).encode()).hexdigest()[:16]
        return self.folder / f"{digest}.safetensors"
