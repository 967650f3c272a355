"""Corpora: stories of the grammar, whose entropy is known, and stories from a text file.

Both are made here: who works with a `Corpus` reaches by its imports all that its stories come from.
"""

import hashlib
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float, Int
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

from collapse_theory.checks import fail
from simulations.language.corpus.grammar import BEGIN, END, MARKS, PAD
from simulations.language.corpus.stories import story_grammar
from simulations.language.corpus.texts import SEPARATOR, read_stories

PARTS = ("train", "generator", "validation", "test")  # of a corpus, each for a purpose of its own
PIECE = 1000  # stories drawn together
FEWEST = 20  # stories of a file, so that every part has one
SHARES = {"generator": 0.3, "validation": 0.05, "test": 0.1}  # of a file's stories

Rows = Int[np.ndarray, "count length"]


@dataclass(frozen=True)
class Corpus:
    """Real stories as rows of tokens: BEGIN, the story, END, then PAD up to `length`.

    - `real(part, count, seed)`: stories of one of `PARTS`; another seed, other stories (of a file: in
      another order); fewer stories are the first of more;
    - `available`: how many stories each part has;
    - `text(row)`: readable;
    - `log_probability(rows)`: exact, in nats, -inf for what is no story; None where it is not known.
    """

    name: str
    vocabulary: int
    length: int
    real: Callable[[str, int, int], Rows]
    available: Mapping[str, int | float]
    text: Callable[[Int[np.ndarray, " length"]], str]
    log_probability: Callable[[Rows], Float[np.ndarray, " count"]] | None


def grammar_corpus() -> Corpus:
    """Stories of the grammar: as many as wanted, with their exact probabilities."""
    grammar = story_grammar()

    def real(part: str, count: int, seed: int) -> Rows:
        pieces = [
            grammar.sample(np.random.default_rng([PARTS.index(part), seed, piece]), PIECE)
            for piece in range(-(-count // PIECE))
        ]
        return np.concatenate(pieces)[:count]

    words = len(grammar.words)
    return Corpus(
        "grammar",
        words,
        grammar.length,
        real,
        dict.fromkeys(PARTS, math.inf),
        grammar.text,
        grammar.log_probability,
    )


def file_corpus(path: Path, vocabulary: int = 1000, length: int = 256) -> Corpus:
    """Stories of a text file or an archive (`read_stories`), as byte-pair tokens.

    The tokenizer is trained on the part for training alone; a story is cut at `length` tokens.  No
    story is in two parts, as no two have the same words, before they are cut.  `real` raises ValueError
    when more stories are wanted than there are.
    """
    stories = read_stories(path)
    if len(stories) < FEWEST:
        expected = f"{FEWEST} or more different ones, with {SEPARATOR} between them or in lines of JSON"
        raise fail("corpus", f"{path} (different stories: {len(stories)})", expected)
    parts = _divided(stories)
    tokenizer = _tokenizer(parts["train"], vocabulary)
    rows = {
        part: np.array([_row(tokenizer.encode(story).ids, length) for story in chosen], np.int32)
        for part, chosen in parts.items()
    }

    def real(part: str, count: int, seed: int) -> Rows:
        if count > len(rows[part]):
            raise fail("stories", count, f"at most {len(rows[part])}, the part for {part} of {path}")
        order = np.random.default_rng([PARTS.index(part), seed]).permutation(len(rows[part]))
        return rows[part][order[:count]]

    def readable(row: Int[np.ndarray, " length"]) -> str:
        return tokenizer.decode([int(token) for token in row if token not in (PAD, BEGIN, END)])

    available = {part: len(chosen) for part, chosen in rows.items()}
    digest = hashlib.sha256("\0".join(stories).encode()).hexdigest()[:8]
    name = f"{path.name.split('.')[0]}-{digest}"
    return Corpus(name, tokenizer.get_vocab_size(), length, real, available, readable, None)


def _divided(stories: list[str]) -> dict[str, list[str]]:
    """The stories of each part, in an order that has nothing to do with the file's."""
    order = np.random.default_rng(0).permutation(len(stories))
    cuts = np.cumsum([round(share * len(stories)) for share in SHARES.values()])
    chosen = dict(zip([*SHARES, "train"], np.split(order, cuts), strict=True))
    return {part: [stories[i] for i in index] for part, index in chosen.items()}


def _tokenizer(stories: list[str], vocabulary: int) -> Tokenizer:
    """Byte-pair tokens of these stories, the first three of them PAD, BEGIN and END."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        special_tokens=MARKS,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(stories, trainer)
    tokenizer.encode_special_tokens = True  # "<end>" in a story is five characters, not its end
    return tokenizer


def _row(ids: list[int], length: int) -> list[int]:
    story = [BEGIN, *ids[: length - 2], END]
    return story + [PAD] * (length - len(story))
