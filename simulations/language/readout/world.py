"""The two sources of an experiment: real stories, and those that an earlier GPT-2 wrote."""

import hashlib
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import NamedTuple

import numpy as np

from simulations.language.corpus.corpus import Corpus, Rows, file_corpus, grammar_corpus
from simulations.language.corpus.stories import story_grammar
from simulations.language.corpus.successive import successive_words
from simulations.language.gpt2.training import ADAMW, Recipe
from simulations.language.plan import Block, Generator, Plan, Shape
from simulations.language.readout.features import Features, relu_features, state_features
from simulations.language.readout.origin import PIECE, Origin, Piece, pool_origin
from simulations.language.readout.prefixes import prefixes
from simulations.language.readout.reader import Reader, context_states, trained_reader
from simulations.language.readout.transitions import Steps, Transitions, Windows, runs, windows
from simulations.language.workshop import Workshop
from workbench.job import Progress

SAMPLE = 500  # stories of a source by which the dependence of their tokens is judged
POOL = 2000  # real stories, where what follows their prefixes is the law
HELD_OUT = 1000  # stories that nothing is trained on, at most


class Author(NamedTuple):
    """The GPT-2 that writes the synthetic stories: what it learnt from, its size, how much it writes."""

    stories: int
    steps: int
    width: int
    depth: int
    temperature: float
    written: int


class Place(NamedTuple):
    """All that a process needs to know to make the sources; `path` None means the grammar's stories.

    With a `reader` contexts are prefixes, and features made of its hidden states; without one they are
    the last `order` tokens.
    """

    path: str | None
    vocabulary: int
    length: int
    order: int
    author: Author
    reader: Reader | None
    key: int
    folder: Path  # of unfinished models
    code: str
    recipe: Recipe = ADAMW  # of author and reader


class World(NamedTuple):
    """The sources, the transitions that their stories make, features, and stories that no source has."""

    transitions: Transitions
    real: Origin
    synthetic: Origin
    features: Callable[[int], Features]  # of all contexts, so many
    held_out: Steps | None  # None: the law of real stories is that of all stories there are


def corpus_of(place: Place) -> Corpus:
    """The corpus.  Raises ValueError if its file cannot be read."""
    return _corpus(place.path, place.vocabulary, place.length)


@cache
def _corpus(path: str | None, vocabulary: int, length: int) -> Corpus:
    return grammar_corpus() if path is None else file_corpus(Path(path), vocabulary, length)


def make_world(place: Place, progress: Progress) -> World:
    """The sources.  Stories of the grammar have its exact law if contexts are their last tokens.

    Else, and those of a file, the law is that of drawing stories of a pool with replacement, as
    synthetic stories always are drawn from those that the author has written.
    """
    corpus = corpus_of(place)
    written = synthetic_stories(place, progress)
    if place.reader is None and place.path is None:
        return _exact(place, corpus, written)
    most = {"train": np.inf if place.path else POOL, "test": HELD_OUT}
    pool, test = (
        corpus.real(part, int(min(count, corpus.available[part])), 0) for part, count in most.items()
    )
    if place.reader is None:
        sets = [runs(stories, place.order).words for stories in (pool, written, test)]
        known = windows(sets, corpus.vocabulary)
        transitions = known.transitions
        steps = [known.steps(stories) for stories in (pool, written, test)]
        features = _of_tokens(transitions, place.key)
    else:
        transitions, steps = prefixes([pool, written, test], corpus.vocabulary)
        model = trained_reader(
            corpus,
            place.reader,
            place.recipe,
            place.author.stories,
            place.key,
            _reader_path(place),
        )
        states = context_states(model, np.concatenate([pool, written, test]), transitions)
        features = partial(state_features, states, key=place.key)
    real, synthetic = (pool_origin(part, len(transitions.context), SAMPLE) for part in steps[:2])
    return World(transitions, real, synthetic, features, steps[2])


def synthetic_stories(place: Place, progress: Progress) -> Rows:
    """What the author writes.  If it was killed while it learned or wrote, it goes on from there."""
    return _workshop(place).written(_generator(place), progress).stories[0]


def forget(place: Place) -> None:
    """Remove what was kept in case that models are killed, if anything was."""
    _reader_path(place).unlink(missing_ok=True)
    if place.folder.exists():
        _workshop(place).clear()


def _reader_path(place: Place) -> Path:
    digest = hashlib.sha256(repr(place).encode()).hexdigest()[:16]
    return place.folder / f"{digest}.safetensors"


def _generator(place: Place) -> Generator:
    return Generator(place.author.stories, place.author.temperature)


def _workshop(place: Place) -> Workshop:
    author, shape = place.author, Shape(place.author.width, place.author.depth)
    plan = Plan(
        blocks=(Block("author", (shape,), (author.written,), (1.0,), (_generator(place),)),),
        author=shape,
        seeds=1,
        steps=author.steps,
        epochs=author.steps * place.recipe.batch,  # however few its stories are
        recipe=place.recipe,
    )
    return Workshop(corpus_of(place), plan, place.key, place.folder, place.code)


def _of_tokens(transitions: Transitions, key: int) -> Callable[[int], Features]:
    return lambda width: relu_features(transitions.contexts, width, transitions.vocabulary, key)


def _exact(place: Place, corpus: Corpus, written: Rows) -> World:
    """Without a story drawn: the law of the grammar's successive words."""
    exact = successive_words(story_grammar(), place.order + 1)
    known = windows([exact.words, runs(written, place.order).words], corpus.vocabulary)
    law = np.zeros(len(known.codes))
    law[known.number(exact.words)] = exact.expected
    real = _grammar_origin(known, law, place.order)
    synthetic = pool_origin(known.steps(written), len(law), SAMPLE)
    return World(known.transitions, real, synthetic, _of_tokens(known.transitions, place.key), None)


def _grammar_origin(known: Windows, law: np.ndarray, order: int) -> Origin:
    grammar, made_of = story_grammar(), known.transitions
    number = np.full((len(made_of.contexts), made_of.vocabulary), -1, np.int32)
    number[made_of.context, made_of.following] = np.arange(len(law))
    places = made_of.vocabulary ** np.arange(order - 1, -1, -1)
    context = np.full(made_of.vocabulary**order, -1, np.int32)  # looked up, not searched for
    context[made_of.contexts @ places] = np.arange(len(made_of.contexts))

    def stories(keys: list[int]) -> Piece:
        words = runs(grammar.sample(np.random.default_rng(keys), PIECE), order)
        made = number[context[words.words[:, :-1] @ places], words.words[:, -1]]
        return Piece(made, np.cumsum(np.bincount(words.story, minlength=PIECE)))

    sample = known.steps(grammar_corpus().real("validation", SAMPLE, 1))
    return Origin(law / law.sum(), float(law.sum()), stories, sample)
