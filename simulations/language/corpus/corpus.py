"""Corpora: stories of the grammar, whose entropy is known, and stories from a text file."""

import hashlib
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float, Int
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

from collapse_theory.checks import fail
from simulations.language.corpus.grammar import BEGIN, END, MARKS, PAD
from simulations.language.corpus.stories import stories
from simulations.language.corpus.texts import SEPARATOR, read_stories

PARTS = ("train", "generator", "validation", "test")  # of a corpus: no story is in two of them
PIECE = 1000  # stories drawn together
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
    available: dict[str, float]
    text: Callable[[Int[np.ndarray, " length"]], str]
    log_probability: Callable[[Rows], Float[np.ndarray, " count"]] | None


def grammar_corpus() -> Corpus:
    """Stories of the grammar: as many as wanted, with their exact probabilities."""
    grammar = stories()

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

    The tokenizer is trained on the part for training alone; a story is cut at `length` tokens.  `real`
    raises ValueError when more stories are wanted than there are.
    """
    found = read_stories(path)
    if len(found) < 20:
        raise fail(
            "corpus", f"{path} with {len(found)} stories", f"20 or more, between {SEPARATOR} lines"
        )
    parts = _divided(found)
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        special_tokens=MARKS,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(parts["train"], trainer)
    rows = {
        part: np.array([_row(tokenizer.encode(story).ids, length) for story in some], np.int32)
        for part, some in parts.items()
    }

    def real(part: str, count: int, seed: int) -> Rows:
        if count > len(rows[part]):
            raise fail("stories", count, f"at most {len(rows[part])}, the part for {part} of {path}")
        order = np.random.default_rng([PARTS.index(part), seed]).permutation(len(rows[part]))
        return rows[part][order[:count]]

    def readable(row: Int[np.ndarray, " length"]) -> str:
        return tokenizer.decode([int(token) for token in row if token not in (PAD, BEGIN, END)])

    available: dict[str, float] = {part: len(some) for part, some in rows.items()}
    digest = hashlib.sha256("\0".join(found).encode()).hexdigest()[:8]
    name = f"{path.name.split('.')[0]}-{digest}"
    return Corpus(name, tokenizer.get_vocab_size(), length, real, available, readable, None)


def _divided(found: list[str]) -> dict[str, list[str]]:
    """The stories of each part, in an order that has nothing to do with the file's."""
    order = np.random.default_rng(0).permutation(len(found))
    cuts = np.cumsum([round(share * len(found)) for share in SHARES.values()])
    chosen = dict(zip([*SHARES, "train"], np.split(order, cuts), strict=True))
    return {part: [found[i] for i in index] for part, index in chosen.items()}


def _row(ids: list[int], length: int) -> list[int]:
    story = [BEGIN, *ids[: length - 2], END]
    return story + [PAD] * (length - len(story))
