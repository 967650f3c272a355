"""Sentences as templates: readable wordings, with slots for the words that are chosen."""

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np
from jaxtyping import Int

from collapse_theory.checks import fail
from simulations.language.corpus.bayesian_network import Choice, zipf

TOKEN = re.compile(r"[a-z]+|[.,!?]")

Sentence = list[str] | dict[str, dict[str, list[str]]]  # wordings, or {choice: {value: wordings}}
Forms = Mapping[str, Mapping[str, Sequence[str]]]  # {choice: {form: a word for every value}}
Line = list[tuple[str | None, Sequence[str]]]  # for every token, who chooses it, and from which words


class Slot(NamedTuple):
    """One token of a sentence: a form of the word chosen, or always the same (choice None)."""

    choice: str | None
    token: Int[np.ndarray, " values"]
    value: Int[np.ndarray, " words"]  # of every token, -1 where no value has it

    @property
    def tells(self) -> bool:
        """Whether the token tells which value was chosen."""
        return self.choice is not None and len(np.unique(self.token)) == len(self.token)


class Template(NamedTuple):
    """One wording of a sentence, and the values (as indices) of the choices that lead to it."""

    when: dict[str, int]
    slots: list[Slot]


def every_wording(
    name: str, sentence: Sentence, choices: Sequence[Choice]
) -> list[tuple[dict[str, int], str]]:
    """Every wording of a sentence with the values, as indices, that lead to it.

    Raises ValueError unless there are equally many for every value of the one choice they depend on.
    """
    cases: list[tuple[dict[str, int], list[str]]] = []
    if isinstance(sentence, list):
        cases.append(({}, sentence))
    else:
        values = {choice.name: choice.values for choice in choices}
        for choice, by_value in sentence.items():
            if len(sentence) > 1 or set(by_value) != set(values.get(choice, ())):
                raise fail(f"sentence {name}", sentence, "wordings for every value of one choice")
            cases += [({choice: i}, by_value[value]) for i, value in enumerate(values[choice])]
    counts = {len(listed) for _, listed in cases}
    if len(counts) != 1 or 0 in counts or not all(all(map(str.split, listed)) for _, listed in cases):
        raise fail(f"sentence {name}", sentence, "equally many wordings in every case, none empty")
    return [({**when, name: i}, text) for when, listed in cases for i, text in enumerate(listed)]


def wording_choice(name: str, wordings: list[tuple[dict[str, int], str]]) -> Choice:
    """The choice among the wordings of a sentence, by Zipf's law."""
    count = len({when[name] for when, _ in wordings})
    return Choice(name, [str(i + 1) for i in range(count)], zipf(count))


def read_wording(wording: str, known: Forms) -> Line:
    """For every token of a wording, the choice it depends on and the words that it may be.

    Raises ValueError for an unknown slot, and for what is no word or sign.
    """
    line: Line = []
    for part in reversed(wording.split()):
        if part == "{a}" and line:
            choice, after = line[-1]
            line.append((choice, ["an" if word[0] in "aeiou" else "a" for word in after]))
        elif part.startswith("{"):
            choice, _, form = part.strip("{}").partition(".")
            if form not in known.get(choice, {}):
                raise fail("wording", repr(wording), f"a choice or a form of it, not {part}")
            line.append((choice, known[choice][form]))
        else:
            line.append((None, [part]))
    for _, words in line:
        for word in words:
            if not TOKEN.fullmatch(word):
                raise fail("wording", repr(wording), f"words of letters a to z, and signs, not {word!r}")
    return line[::-1]


def make_slot(choice: str | None, words: Sequence[str], tokens: Mapping[str, int]) -> Slot:
    """The slot of these words, one for every value; `tokens` numbers all words of the grammar."""
    token = np.array([tokens[word] for word in words])
    value = np.full(len(tokens), -1)
    value[token] = np.arange(len(words))
    return Slot(choice, token, value)


def check_told(sentences: Sequence[Sequence[Template]], choices: Iterable[str]) -> None:
    """That stories are one-to-one with choices, whatever their values.  Raises ValueError if not.

    Somewhere any two wordings of a sentence have no word in common, so that no more than one fits;
    and every choice leads to a wording or is told by all wordings of a sentence.
    """
    told: set[str | None] = set()
    for sentence in sentences:
        for one, other in combinations(sentence, 2):
            pairs = zip(one.slots, other.slots, strict=False)
            if all(((a.value >= 0) & (b.value >= 0)).any() for a, b in pairs):
                pair = f"{one.when} and {other.when}"
                raise fail("sentences", pair, "wordings that can be told apart")
        told.update(*(when for when, _ in sentence))
        telling = [{slot.choice for slot in slots if slot.tells} for _, slots in sentence]
        told.update(set.intersection(*telling))
    for name in choices:
        if name not in told:
            raise fail("sentences", f"none that always tells {name}", "one for every choice")
