"""The stories' probabilities are exact and their parser knows every story and nothing else."""

import itertools
import re
from collections import Counter

import numpy as np
import pytest
from scipy.stats import chisquare

from simulations.language.corpus.bayesian_network import Choice
from simulations.language.corpus.grammar import BEGIN, END, PAD, Grammar
from simulations.language.corpus.stories import EXPONENT, story_grammar
from tests.problems import ALARM

FIRST = (
    "Once upon a time there was a wise fox named Max. Max lived by a bridge. Near the mill, Max found a "
    "pink ball. He wanted to shake the ball. But he lost it and asked Anna the snake. Max felt unhappy. "
    "Soon Anna came back with the pink ball. Max and Anna shook the ball together. The wise fox was "
    "excited again."
)


def generator(seed):
    return np.random.Generator(np.random.PCG64(seed))


def encode(grammar, text):
    """The tokens of a text, with BEGIN, END and PAD."""
    token = {word: number for number, word in enumerate(grammar.words)}
    story = [BEGIN, *(token[word] for word in re.findall(r"[a-z]+|[.,!?]", text.lower())), END]
    return np.array(story + [PAD] * (grammar.length - len(story)), dtype=np.int32)


def valid(grammar, rows):
    """Which rows are stories."""
    return grammar.log_probability(rows) > -np.inf


@pytest.fixture(scope="module")
def grammar():
    return story_grammar()


@pytest.fixture(scope="module")
def sample(grammar):
    return grammar.sample(generator(1), 20_000)


@pytest.fixture(scope="module")
def texts(grammar, sample):
    return [grammar.text(tokens) for tokens in sample]


# A grammar small enough to write down all its stories, with a fact that is certain.
PET = Choice("pet", ["cat", "owl"], np.array([0.7, 0.3]))
FOOD = Choice("food", ["nut", "egg"], np.array([[0.9, 0.1], [0.0, 1.0]]), ("pet",))
TOY = Grammar(
    [PET, FOOD],
    {
        "meal": ["{pet} {food}", "{food} {pet} {pet}"],
        "end": {"pet": {"cat": ["."], "owl": ["! {food}"]}},
    },
)
TOY_STORIES = {
    "cat nut .": 0.7 * 0.9 * 2 / 3,
    "nut cat cat .": 0.7 * 0.9 / 3,
    "cat egg .": 0.7 * 0.1 * 2 / 3,
    "egg cat cat .": 0.7 * 0.1 / 3,
    "owl egg ! egg": 0.3 * 2 / 3,
    "egg owl owl ! egg": 0.3 / 3,
}


def test_toy_grammar_is_its_list_of_stories():
    p = np.array(list(TOY_STORIES.values()))
    assert p.sum() == pytest.approx(1, abs=1e-15)
    tokens = np.array([encode(TOY, text) for text in TOY_STORIES])
    np.testing.assert_allclose(TOY.log_probability(tokens), np.log(p), rtol=1e-14)
    assert TOY.entropy == pytest.approx(-p @ np.log(p), rel=1e-14)
    assert TOY.length == 2 + max(len(text.split()) for text in TOY_STORIES)


def test_toy_parser_accepts_its_stories_among_all_sequences():
    words = len(TOY.words)
    every = np.indices((words,) * (TOY.length - 1), dtype=np.int32).reshape(TOY.length - 1, -1).T
    for first in (PAD, BEGIN, END):
        rows = np.insert(every, 0, first, axis=1)
        accepted = {" ".join(TOY.words[t] for t in row if t > END) for row in rows[valid(TOY, rows)]}
        # As many rows as stories: nothing is accepted with a mark inside, or without one.
        assert valid(TOY, rows).sum() == len(accepted)
        assert accepted == (set(TOY_STORIES) if first == BEGIN else set())


def test_toy_sample_has_the_frequencies_of_the_list():
    rows = TOY.sample(generator(0), 30_000)
    counts = Counter(" ".join(TOY.words[t] for t in row if t > END) for row in rows)
    assert set(counts) == set(TOY_STORIES)
    expected = 30_000 * np.array(list(TOY_STORIES.values()))
    assert chisquare([counts[text] for text in TOY_STORIES], expected).pvalue > 1e-4


def test_surprise_is_the_entropy_on_average(grammar, sample):
    surprise = -grammar.log_probability(sample)
    stderr = surprise.std() / np.sqrt(len(sample))
    assert abs(surprise.mean() - grammar.entropy) < ALARM * stderr
    assert stderr < 0.002 * grammar.entropy  # nor would a forgotten choice be missed


def test_the_longest_story(grammar, sample):
    assert (sample != PAD).sum(axis=1).max() <= sample.shape[1] == grammar.length <= 80


def test_names_in_the_text_follow_zipfs_law(grammar, texts):
    names = grammar.network.choices["hero"].values
    p = np.arange(1, len(names) + 1.0) ** -EXPONENT
    p /= p.sum()
    heroes = Counter(re.search(r"(?:named|called|This is) (\w+)", t)[1].lower() for t in texts)
    assert chisquare([heroes[name] for name in names], len(texts) * p).pvalue > 1e-4
    # The friend of Lily, the first name, is somebody else.
    friends = Counter(re.search(r"Lily and (\w+)", t)[1].lower() for t in texts if "Lily and" in t)
    assert friends["lily"] == 0
    expected = friends.total() * p[1:] / p[1:].sum()
    assert chisquare([friends[name] for name in names[1:]], expected).pvalue > 1e-4


def test_facts_in_the_text(grammar, texts):
    """What the fox wants to do with a ball is nearly always the same, and Zipf's law otherwise."""
    verbs = grammar.network.choices["verb"].values
    fox_and_ball = re.compile(r"[^.]* fox\b.* the ball\b")
    told = [re.search(r"(?:wanted|hoped) to (\w+)", t)[1] for t in texts if fox_and_ball.match(t)]
    fact, _ = Counter(told).most_common(1)[0]
    law = np.arange(1, len(verbs) + 1.0) ** -EXPONENT
    p = 0.9 + 0.1 * (law / law.sum())[list(verbs).index(fact)]
    share = np.mean([verb == fact for verb in told])
    assert len(told) > 1000
    assert abs(share - p) < ALARM * np.sqrt(p * (1 - p) / len(told))


def test_parsed_stories_are_what_was_chosen(grammar):
    tokens = grammar.sample(generator(3), 300)
    chosen, parsed = grammar.network.sample(generator(3), 300), grammar._read(tokens)
    assert chosen.keys() == parsed.keys()
    for name, values in chosen.items():
        np.testing.assert_array_equal(parsed[name], values)
    assert valid(grammar, tokens).all()
    for row in tokens:
        np.testing.assert_array_equal(encode(grammar, grammar.text(row)), row)


def test_equal_stories_are_equal_choices(grammar):
    """All wordings at all events, and words that could be mistaken for each other."""
    choices = grammar.network.choices
    wordings = [name for name in choices if choices[name].values[0] == "1"]
    axes = [range(len(choices[name].values)) for name in (*wordings, "event")]
    every = np.array(list(itertools.product(*axes))).T
    values = {name: np.zeros(every.shape[1], dtype=int) for name in choices}
    values |= dict(zip((*wordings, "event"), every, strict=True)) | {"friend": values["friend"] + 1}
    values["site"] = values["site"] + 1
    tokens = grammar._write(values)
    assert len(np.unique(tokens, axis=0)) == len(tokens) == 3 * 2 ** (len(wordings) - 1) * 4
    assert valid(grammar, tokens).all()


def test_only_what_nothing_repeats_can_be_changed_in_one_word(grammar):
    story = encode(grammar, FIRST)
    positions, words = np.indices((len(story), len(grammar.words))).reshape(2, -1)
    changed = np.tile(story, (len(positions), 1))
    changed[np.arange(len(positions)), positions] = words
    different = words != story[positions]
    log_p = grammar.log_probability(changed)
    assert (log_p[~different] == grammar.log_probability(story[None])).all()
    counts = Counter(grammar.words[story[i]] for i in positions[different & (log_p > -np.inf)])
    by_water = {"river", "lake", "pond", "stream", "harbour", "waterfall"}  # "lived by a", but no mill
    values = {name: choice.values for name, choice in grammar.network.choices.items()}
    assert counts == {
        "bridge": len(by_water),
        "mill": len(values["site"]) - 2,
        "snake": len(values["fellow"]) - 1,
        "unhappy": len(values["emotion"]) - 1,
        "excited": len(values["joy"]) - 1,
    }


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("He wanted", "She wanted"),
        ("But he lost", "But she lost"),
        ("pink ball. Max and", "red ball. Max and"),
        *(("shook the ball", new) for new in ("shook the drum", "painted the ball", "shake the ball")),
        ("Soon Anna", "Soon Emma"),
        ("Max felt", "Ben felt"),
        ("Max and Anna", "Anna and Max"),
        ("The wise fox", "The wise bear"),
        ("by a bridge", "on a bridge"),
        ("a wise", "an wise"),
        ("Anna", "Max"),
        ("came back with", "mended"),
        ("lost it and asked", "took it and asked"),
        ("Near the mill", "Near the bridge"),
        *((lost, "") for lost in (" upon", " Max felt unhappy.", " The wise fox was excited again.")),
        *(("again.", new) for new in ("again", "again. again", "again. Max felt sad.")),
    ],
)
def test_a_spoilt_story_is_none(grammar, old, new):
    assert old in FIRST
    story, spoilt = (encode(grammar, text) for text in (FIRST, FIRST.replace(old, new)))
    assert valid(grammar, np.array([story, spoilt])).tolist() == [True, False]


def test_a_row_is_a_whole_story_and_no_more(grammar, sample):
    sample = sample[:500]
    row, end = np.arange(len(sample)), np.argmax(sample == END, axis=1)
    assert valid(grammar, np.pad(sample, [(0, 0), (0, 9)])).all()
    dot = encode(grammar, ".")[1]
    for column, token in [(0, END), (end, PAD), (end - 1, PAD), (end, dot), (-1, BEGIN)]:
        spoilt = sample.copy()
        spoilt[row, column] = token
        assert not valid(grammar, spoilt).any()
    assert not valid(grammar, np.insert(sample, sample.shape[1], END, axis=1)).any()
    assert not valid(grammar, np.delete(sample, 1, axis=1)).any()
    assert not valid(grammar, sample[:, :40]).any()
    assert not valid(grammar, generator(0).permuted(sample, axis=1)).any()
    # Half of one story and half of another: the halves contradict each other.
    mixed = np.where(np.arange(sample.shape[1]) < 25, sample, np.roll(sample, 1, axis=0))
    unchanged = (mixed == sample).all(axis=1) | (mixed == np.roll(sample, 1, axis=0)).all(axis=1)
    assert valid(grammar, mixed)[~unchanged].mean() < 0.01


def test_pronouns_and_articles(texts):
    for text in texts[:2000]:
        words = set(re.findall(r"\w+", text.lower()))
        assert not ({"he", "his"} & words and {"she", "her"} & words)
        assert re.search(r"\ba [aeiou]|\ban [^aeiou]", text) is None


def test_words(grammar):
    assert 500 <= len(grammar.words) == len(set(grammar.words)) <= 900
    choices = grammar.network.choices
    common = {word for name in choices.keys() - {"hero", "friend"} for word in choices[name].values}
    assert not common.intersection(choices["hero"].values)  # else a capital letter would be out of place


def test_the_grammar_is_still_the_same(grammar):
    assert grammar.entropy == pytest.approx(30.49577983075504, abs=5e-11)
    first = grammar.sample(generator(0), 3)
    assert grammar.text(first[0]) == FIRST
    np.testing.assert_array_equal(first, grammar.sample(generator(0), 3))
    assert (first != grammar.sample(generator(1), 3)).any()
    assert grammar.sample(generator(0), 0).shape == (0, grammar.length)
    assert valid(grammar, first[:0]).shape == (0,)


@pytest.mark.parametrize("count", [-1, 1.5, True, "2"])
def test_count_is_checked(grammar, count):
    with pytest.raises(ValueError, match=r"^count = .*: expected a whole number >= 0$"):
        grammar.sample(generator(0), count)


@pytest.mark.parametrize(
    ("tokens", "expected"),
    [
        *((t, "whole numbers, a story in each row") for t in (np.zeros((2, 3)), np.zeros(3, dtype=int))),
        *((np.array([[1, t]]), "numbers from 0 to 582") for t in (10_000, -1)),
    ],
)
def test_tokens_are_checked(grammar, tokens, expected):
    with pytest.raises(ValueError, match=f"^tokens = .*: expected {expected}$"):
        valid(grammar, tokens)


@pytest.mark.parametrize(
    ("sentences", "named"),
    [
        ({"s": ["{pet} {dish} ."]}, "wording"),
        ({"s": ["{pet.past} {food} ."]}, "wording"),
        ({"s": ["{pet} {food} {a}"]}, "wording"),
        ({"s": ["{pet} eats {food} On Sunday"]}, "wording"),
        ({"s": ["{pet} {food} .", "{pet} {food} . ."]}, "sentences"),
        ({"s": ["{pet} eats {food} .", "{pet} eats ."]}, "sentences"),
        ({"s": ["{pet} ."]}, "sentences"),
        ({"s": ["{pet} {food}"], "t": {"pet": {"cat": ["."]}}}, "sentence t"),
        ({"s": ["{pet} {food}"], "t": {"pet": {"cat": ["."], "owl": ["!", "?"]}}}, "sentence t"),
        ({"s": ["{pet} {food}"], "t": {"dog": {"cat": ["."], "owl": ["!"]}}}, "sentence t"),
        ({"s": ["{pet} {food}"], "t": []}, "sentence t"),
        ({"s": ["{pet} {food}"], "t": [" "]}, "sentence t"),
        ({"pet": ["{pet} {food}"]}, "choice"),
    ],
)
def test_sentences_that_cannot_be_read_are_refused(sentences, named):
    with pytest.raises(ValueError, match=f"^{named} = .*: expected "):
        Grammar([PET, FOOD], sentences)


def test_forms_are_one_for_every_value():
    expected = r"^form past of pet = \['ate'\]: expected a word for every value$"
    with pytest.raises(ValueError, match=expected):
        Grammar([PET], {"s": ["{pet} {pet.past}"]}, {"pet": {"past": ["ate"]}})
