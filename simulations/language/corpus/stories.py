"""The stories of `words.toml`: which words they are made of, and how likely each is given others."""

import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files

import numpy as np

from simulations.language.corpus.bayesian_network import Choice, facts, others, shuffled, zipf
from simulations.language.corpus.grammar import Grammar

# Parts of the grammar, like its words: other numbers, other stories.
SEED, EXPONENT = 2024, 1.3
KINDS = {"hero": "name", "friend": "name", "fellow": "animal", "home": "place", "site": "place"}


@cache
def story_grammar() -> Grammar:
    """The grammar of the stories in `words.toml`, about an animal, a thing it finds, and a friend.

    Facts of the animals' world are drawn once, from PCG64(SEED): where each animal lives, what each
    object looks like, what each animal wants to do with each object, and so on.  Words follow Zipf's
    law, so of the 6,000 pairs of animal and object one is met in every 13 stories, and many in less
    than one of 100,000: what a model has yet to learn falls slowly with the number of stories.
    """
    path = files("simulations.language.corpus") / "words.toml"
    content = tomllib.loads(path.read_text(encoding="utf-8"))
    words, forms = {}, {}
    for kind, text in content["words"].items():
        columns = list(zip(*(entry.split() for entry in text.split(",")), strict=True))
        further = dict(zip(content["forms"].get(kind, ()), columns[1:], strict=True))
        for name in [name for name, of in KINDS.items() if of == kind] + [kind]:
            words[name], forms[name] = columns[0], further
    return Grammar(_choices(words), content["sentences"], forms, words["name"])


def _choices(words: Mapping[str, Sequence[str]]) -> list[Choice]:
    """The choices of a story, each with its law, which depends on earlier ones."""
    rng = np.random.Generator(np.random.PCG64(SEED))
    law = {name: zipf(len(listed), EXPONENT) for name, listed in words.items()}

    def free(name: str) -> Choice:
        """Zipf's law."""
        return Choice(name, words[name], law[name])

    def mostly(share: float, name: str, *parents: str) -> Choice:
        """With this probability the one value that is a fact about the parents; else Zipf's law."""
        fact = facts(rng, [len(words[parent]) for parent in parents], len(words[name]))
        return Choice(name, words[name], share * fact + (1 - share) * law[name], parents)

    def partly(share: float, name: str, parent: str) -> Choice:
        """With this probability Zipf's law in an order that depends on the parent; else Zipf's law."""
        reordered = shuffled(rng, len(words[parent]), law[name])
        return Choice(name, words[name], share * reordered + (1 - share) * law[name], (parent,))

    def another(choice: Choice) -> Choice:
        """Any value but the parent's."""
        return choice._replace(law=others(choice.law))

    return [
        free("hero"),
        free("animal"),
        mostly(0.6, "trait", "animal"),
        mostly(0.75, "home", "animal"),
        another(mostly(0.5, "site", "home")),
        partly(0.3, "object", "site"),
        mostly(0.7, "adjective", "object"),
        mostly(0.9, "verb", "animal", "object"),
        another(mostly(0.0, "friend", "hero")),
        mostly(0.3, "fellow", "animal"),
        mostly(0.6, "event", "fellow"),
        mostly(0.7, "emotion", "event", "trait"),
        mostly(0.7, "joy", "emotion"),
    ]
