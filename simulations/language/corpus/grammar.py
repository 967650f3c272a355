"""A grammar of stories: unlimited samples, exact probabilities and an exact parser."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from collapse_theory.checks import fail
from simulations.language.corpus.bayesian_network import BayesianNetwork, Choice, Values
from simulations.language.corpus.template import (
    Forms,
    Sentence,
    Template,
    check_told,
    every_wording,
    make_slot,
    read_wording,
    wording_choice,
)

PAD, BEGIN, END = range(3)
MARKS = ["<pad>", "<begin>", "<end>"]  # these tokens, readable


class Grammar:
    """Stories: the outcomes of a Bayesian network of choices, written so that they can be read back.

    - `choices`: in the order they are made, each with its law;
    - `sentences`: by name, the wordings of each, or those for every value of a choice.  Which wording
      is used is one more choice, of that name, with values "1", "2", ... and Zipf's law;
    - `forms`: other forms of the words of a choice;  `names`: words that `text` writes with a capital.

    In a wording {choice} is the word chosen, {choice.form} a form of it, and {a} the article, "a" or
    "an", of the word after it.  A story is BEGIN, its words and signs, END, and PAD up to `length`.

    Raises ValueError for laws that are none, unknown slots, and choices that no reader could tell.
    """

    def __init__(
        self,
        choices: Sequence[Choice],
        sentences: Mapping[str, Sentence],
        forms: Forms | None = None,
        names: Sequence[str] = (),
    ) -> None:
        wordings = {name: every_wording(name, sentence, choices) for name, sentence in sentences.items()}
        self.network = BayesianNetwork(
            [*choices, *(wording_choice(name, listed) for name, listed in wordings.items())]
        )
        known = {c.name: {"": c.values, **(forms or {}).get(c.name, {})} for c in choices}
        for name, listed in known.items():
            for form, words in listed.items():
                if len(words) != len(listed[""]):
                    raise fail(f"form {form} of {name}", list(words), "a word for every value")
        lines = {text: read_wording(text, known) for listed in wordings.values() for _, text in listed}
        self.words = MARKS + sorted({w for line in lines.values() for _, words in line for w in words})
        self._token = {word: token for token, word in enumerate(self.words)}
        self._names = frozenset(names)
        slots = {text: [make_slot(*part, self._token) for part in line] for text, line in lines.items()}
        self._sentences = [
            [Template(when, slots[text]) for when, text in listed] for listed in wordings.values()
        ]
        self.length = 2 + sum(max(len(slots) for _, slots in sentence) for sentence in self._sentences)
        check_told(self._sentences, self.network.choices)

    def sample(self, rng: np.random.Generator, count: Any) -> Int[np.ndarray, "count length"]:
        """Independent stories.  Raises ValueError for a count that is no whole number >= 0."""
        if isinstance(count, bool) or not isinstance(count, int | np.integer) or count < 0:
            raise fail("count", repr(count), "a whole number >= 0")
        return self._write(self.network.sample(rng, int(count)))

    @property
    def entropy(self) -> float:
        """H = -sum_x P(x) log P(x) of a story x in nats, exactly: that of its choices."""
        return self.network.entropy

    def log_probability(self, tokens: np.ndarray) -> Float[np.ndarray, " count"]:
        """log P(x) of every row x in nats, -inf if it is no story.

        Raises ValueError unless `tokens` are rows of tokens of this grammar, of any length.
        """
        tokens = self._rows(tokens)
        values = self._read(tokens)
        same = (tokens[:, : self.length] == self._write(values)).all(axis=1)
        same &= (tokens[:, self.length :] == PAD).all(axis=1)
        return np.where(same, self.network.log_probability(values), -np.inf)

    def text(self, tokens: Int[np.ndarray, " _"]) -> str:
        """Tokens up to END, story or not, with capital letters and without spaces before signs."""
        text = ""
        for token in self._rows(np.asarray(tokens)[None])[0]:
            word = self.words[token]
            if token == END:
                break
            if token in (PAD, BEGIN):
                continue
            capital = not text or text[-1] in ".!?" or word in self._names
            space = " " if text and word.isalpha() else ""
            text += space + (word.capitalize() if capital else word)
        return text

    def _write(self, values: Values) -> Int[np.ndarray, "count length"]:
        """The stories with these choices."""
        count = len(next(iter(values.values())))
        tokens = np.full((count, self.length), PAD, dtype=np.int32)
        tokens[:, 0] = BEGIN
        end = np.ones(count, dtype=int)
        for sentence in self._sentences:
            for when, slots in sentence:
                rows = np.flatnonzero(np.all([values[name] == v for name, v in when.items()], axis=0))
                for position, slot in enumerate(slots):
                    value = 0 if slot.choice is None else values[slot.choice][rows]
                    tokens[rows, end[rows] + position] = slot.token[value]
                end[rows] += len(slots)
        tokens[np.arange(count), end] = END
        return tokens

    def _read(self, tokens: Int[np.ndarray, "count length"]) -> Values:
        """The choices of every row that is a story.

        Nothing is compared while reading.  What is no story yields choices, too, and those write a
        story, which is another.
        """
        row = np.arange(len(tokens))
        values = {name: np.zeros(len(tokens), dtype=int) for name in self.network.choices}
        end = np.ones(len(tokens), dtype=int)
        for sentence in self._sentences:
            start = end.copy()
            for when, slots in sentence:
                read = [slot.value[tokens[row, start + i]] for i, slot in enumerate(slots)]
                fits = np.flatnonzero(np.min(read, axis=0) >= 0)
                for name, value in when.items():
                    values[name][fits] = value
                for slot, told in zip(slots, read, strict=True):
                    if slot.choice is not None and slot.tells:
                        values[slot.choice][fits] = told[fits]
                end[fits] = start[fits] + len(slots)
        return values

    def _rows(self, tokens: np.ndarray) -> Int[np.ndarray, "count _"]:
        """The tokens, checked, and at least `length` of them."""
        tokens = np.asarray(tokens)
        if tokens.ndim != 2 or not np.issubdtype(tokens.dtype, np.integer):
            array = f"an array of {tokens.dtype} of shape {tokens.shape}"
            raise fail("tokens", array, "whole numbers, a story in each row")
        outside = tokens[(tokens < 0) | (tokens >= len(self.words))]
        if outside.size:
            raise fail("tokens", outside, f"numbers from 0 to {len(self.words) - 1}")
        missing = max(self.length - tokens.shape[1], 0)
        return np.pad(tokens, [(0, 0), (0, missing)], constant_values=PAD)
