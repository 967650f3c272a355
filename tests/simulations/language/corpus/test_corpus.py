"""Corpora: parts that do not meet, rows that read back, and one sentence for a bad file."""

import math

import numpy as np
import pytest

from simulations.language.corpus.corpus import PARTS, SEPARATOR, file_corpus, grammar_corpus
from simulations.language.corpus.grammar import BEGIN, END, PAD

STORIES = [
    f"Once upon a time number {i} went to the big green park, and it was happy." for i in range(60)
]


@pytest.fixture
def path(tmp_path):
    file = tmp_path / "tales.txt"
    file.write_text(f"\n{SEPARATOR}\n".join(STORIES))
    return file


def test_rows_of_a_file_read_back(path):
    corpus = file_corpus(path, vocabulary=400, length=64)
    counts = {"train": 33, "generator": 18, "validation": 3, "test": 6}
    assert corpus.available == counts
    told = {part: [corpus.text(row) for row in corpus.real(part, counts[part], 0)] for part in PARTS}
    # Every story once, in one part.
    assert sorted(story for part in told.values() for story in part) == sorted(STORIES)
    rows = corpus.real("train", 33, 1)
    assert rows.shape == (33, 64)
    assert (rows[:, 0] == BEGIN).all()
    assert ((rows == END).sum(axis=1) == 1).all()
    assert rows.max() < corpus.vocabulary
    assert (rows[:, -1] == PAD).any()
    assert corpus.log_probability is None


@pytest.mark.parametrize("name", ["file", "grammar"])
def test_fewer_stories_are_the_first_of_more(path, name):
    corpus = grammar_corpus() if name == "grammar" else file_corpus(path, vocabulary=300, length=12)
    most = min(2500, corpus.available["train"])
    one, other = (corpus.real("train", most, seed) for seed in (0, 1))
    assert not np.array_equal(one, other)
    for count in (1, 20, most // 2, most - 1):
        np.testing.assert_array_equal(corpus.real("train", count, 0), one[:count])


def test_long_stories_are_cut(path):
    rows = file_corpus(path, vocabulary=300, length=12).real("test", 6, 0)
    assert (rows[:, -1] == END).all()


def test_more_stories_than_there_are(path):
    with pytest.raises(ValueError, match="stories = 7: expected at most 6"):
        file_corpus(path).real("test", 7, 0)


@pytest.mark.parametrize("content", [None, b"one story only", b"\xff\xfe"])
def test_a_bad_file_is_one_sentence(tmp_path, content):
    file = tmp_path / "tales.txt"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(ValueError, match=r"^corpus = .*expected") as caught:
        file_corpus(file)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("mark", ["<end>", "<pad>", "<begin>"])
def test_marks_in_a_story_are_characters(path, mark):
    """A story that says "<end>" goes on after it, and reads back."""
    file = path.with_name("marked.txt")
    marked = [story.replace(" green", f"{mark} green {mark}") for story in STORIES]
    file.write_text(f"\n{SEPARATOR}\n".join(marked))
    corpus = file_corpus(file, vocabulary=400, length=64)
    rows = np.concatenate([corpus.real(part, corpus.available[part], 0) for part in PARTS])
    assert sorted(map(corpus.text, rows)) == sorted(marked)
    assert ((rows == BEGIN).sum(axis=1) == 1).all()
    assert ((rows == END).sum(axis=1) == 1).all()
    # PAD stands after END and nowhere else.
    assert ((rows == PAD).sum(axis=1) == 63 - np.argmax(rows == END, axis=1)).all()


def test_no_story_is_in_two_parts(path):
    """Each story three times in the file, with other line ends: the corpus of the file without."""
    file = path.with_name("again.txt")
    others = [story.replace(", and", ",\r\nand ") for story in STORIES]
    file.write_bytes(f"\n{SEPARATOR}\n".join([*STORIES, *others, *STORIES[::-1]]).encode())
    twice, once = (file_corpus(name, vocabulary=300, length=64) for name in (file, path))
    assert twice.available == once.available
    for part in PARTS:
        rows = [corpus.real(part, corpus.available[part], 0) for corpus in (twice, once)]
        np.testing.assert_array_equal(*rows)
    few = path.with_name("few.txt")
    few.write_text(f"\n{SEPARATOR}\n".join(10 * STORIES[:19]))
    with pytest.raises(ValueError, match=r"few.txt \(different stories: 19\): expected 20 or more"):
        file_corpus(few)


def test_parts_and_seeds_of_the_grammar_differ():
    corpus = grammar_corpus()
    drawn = [corpus.real(part, 50, seed) for part in PARTS for seed in (0, 1)]
    assert len({rows.tobytes() for rows in drawn}) == 2 * len(PARTS)
    np.testing.assert_array_equal(corpus.real("train", 50, 0), drawn[0])
    assert np.isfinite(corpus.log_probability(np.concatenate(drawn))).all()
    assert set(corpus.available) == set(PARTS)
    assert min(corpus.available.values()) == math.inf
