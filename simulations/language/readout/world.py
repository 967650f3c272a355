"""The two sources of an experiment: real stories, and those that an earlier GPT-2 wrote."""

from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from simulations.language.corpus.corpus import Corpus, Rows, file_corpus, grammar_corpus
from simulations.language.corpus.stories import story_grammar
from simulations.language.corpus.successive import successive_words
from simulations.language.gpt2.training import ADAMW
from simulations.language.plan import Block, Generator, Plan, Shape
from simulations.language.readout.origin import PIECE, Origin, Piece, pool_origin
from simulations.language.readout.transitions import Runs, Transitions, runs, transitions
from simulations.language.workshop import Workshop
from workbench.job import Progress

SAMPLE = 500  # stories of a source by which the dependence of their tokens is judged
HELD_OUT = 1000  # stories of a file that nothing is trained on, at most


class Author(NamedTuple):
    """The GPT-2 that writes the synthetic stories: what it learnt from, its size, how much it writes."""

    stories: int
    steps: int
    width: int
    depth: int
    temperature: float
    written: int


class Place(NamedTuple):
    """All that a process needs to know to make the sources; `path` None means the grammar's stories."""

    path: str | None
    vocabulary: int
    length: int
    order: int  # tokens of a context
    author: Author
    key: int
    folder: Path  # of unfinished models
    code: str


class World(NamedTuple):
    """The sources, the transitions that their stories make, and stories that no source has."""

    transitions: Transitions
    real: Origin
    synthetic: Origin
    held_out: Runs | None  # None: the law of real stories is that of all stories there are


def corpus_of(place: Place) -> Corpus:
    """The corpus.  Raises ValueError if its file cannot be read."""
    return _corpus(place.path, place.vocabulary, place.length)


@cache
def _corpus(path: str | None, vocabulary: int, length: int) -> Corpus:
    return grammar_corpus() if path is None else file_corpus(Path(path), vocabulary, length)


def make_world(place: Place, progress: Progress) -> World:
    """The sources.  Stories of the grammar have its exact law, those of a file are the law themselves.

    Synthetic stories are drawn, with replacement, from those that the author has written.
    """
    corpus = corpus_of(place)
    written = synthetic_stories(place, progress)
    words = runs(written, place.order).words
    if place.path is not None:
        pool, test = (
            corpus.real(part, int(min(most, corpus.available[part])), 0)
            for part, most in (("train", corpus.available["train"]), ("test", HELD_OUT))
        )
        held_out = runs(test, place.order)
        known = transitions([runs(pool, place.order).words, held_out.words, words], corpus.vocabulary)
        real = pool_origin(known, pool, SAMPLE)
        return World(known, real, pool_origin(known, written, SAMPLE), held_out)
    exact = successive_words(story_grammar(), place.order + 1)
    known = transitions([exact.words, words], corpus.vocabulary)
    law = np.zeros(len(known.codes))
    law[known.number(exact.words)] = exact.expected
    real = _grammar_origin(known, law, place.order)
    return World(known, real, pool_origin(known, written, SAMPLE), None)


def synthetic_stories(place: Place, progress: Progress) -> Rows:
    """What the author writes.  If it was killed while it learned or wrote, it goes on from there."""
    return _workshop(place).written(_generator(place), progress).stories[0]


def forget(place: Place) -> None:
    """Remove what was kept in case that the author is killed, if anything was."""
    if place.folder.exists():
        _workshop(place).clear()


def _generator(place: Place) -> Generator:
    return Generator(place.author.stories, place.author.temperature)


def _workshop(place: Place) -> Workshop:
    author, shape = place.author, Shape(place.author.width, place.author.depth)
    plan = Plan(
        blocks=(Block("author", (shape,), (author.written,), (1.0,), (_generator(place),)),),
        author=shape,
        seeds=1,
        steps=author.steps,
        epochs=author.steps * ADAMW.batch,  # however few its stories are
        recipe=ADAMW,
    )
    return Workshop(corpus_of(place), plan, place.key, place.folder, place.code)


def _grammar_origin(known: Transitions, law: np.ndarray, order: int) -> Origin:
    grammar = story_grammar()
    number = np.full((len(known.contexts), known.vocabulary), -1, np.int32)
    number[known.context, known.following] = np.arange(len(known.codes))
    places = known.vocabulary ** np.arange(order - 1, -1, -1)
    context = np.full(known.vocabulary**order, -1, np.int32)  # looked up, not searched for
    context[known.contexts @ places] = np.arange(len(known.contexts))

    def stories(keys: list[int]) -> Piece:
        words = runs(grammar.sample(np.random.default_rng(keys), PIECE), order)
        made = number[context[words.words[:, :-1] @ places], words.words[:, -1]]
        return Piece(made, np.cumsum(np.bincount(words.story, minlength=PIECE)))

    sample = runs(grammar_corpus().real("validation", SAMPLE, 1), order)
    return Origin(law / law.sum(), float(law.sum()), stories, sample)
