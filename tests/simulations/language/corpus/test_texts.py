"""Files of stories as people have them: separators, JSON lines, and what editors leave in either."""

import itertools
import json

import pytest

from simulations.language.corpus.texts import SEPARATOR, read_stories

STORIES = [f"Story {i}.\n\nOnce “upon” a time." for i in range(40)]
SPOKEN = '"Help!" cried the fox.'
BOM = b"\xef\xbb\xbf"


@pytest.fixture
def read(tmp_path):
    """A function that reads the stories of a file with these bytes, or this text."""

    def written(content):
        path = tmp_path / "tales.txt"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return read_stories(path)

    return written


def separated(stories, separator=f"\n{SEPARATOR}\n"):
    return separator.join(stories)


def in_json(stories):
    return "".join(f"{json.dumps(story)}\n" for story in stories)


@pytest.mark.parametrize("form", [separated, in_json])
def test_stories_are_read_as_they_are(read, form):
    assert read(form(STORIES)) == STORIES


def test_separators_at_both_ends(read):
    assert read(f"{SEPARATOR}\n{separated(STORIES)}\n{SEPARATOR}\n\n") == STORIES


@pytest.mark.parametrize(
    "separator", [SEPARATOR, f"{SEPARATOR}\n", f" {SEPARATOR} ", f"\n{SEPARATOR}  \n"]
)
def test_a_separator_ends_a_story_wherever_it_stands(read, separator):
    assert read(separated(STORIES, separator)) == STORIES
    assert read(in_json([separated(STORIES, separator), "The end."])) == [*STORIES, "The end."]


@pytest.mark.parametrize(
    "first",
    [
        SPOKEN,
        '"Help!"',
        '"Help!"\ncried the fox.',
        "[A wood.]\nOnce.",
        "[1]",
        '{"text": "Help!"}',
        "null",
        "7",
    ],
)
def test_a_story_that_looks_like_json_among_separators(read, first):
    assert read(separated([first, *STORIES])) == [first, *STORIES]


@pytest.mark.parametrize("form", [separated, in_json])
@pytest.mark.parametrize("empty", ["", " ", "\n\n", "\t \n", "\u00a0", "\ufeff", "\ufeff \n"])
def test_empty_stories_are_none(read, form, empty):
    assert read(form([empty, *STORIES, empty, empty])) == STORIES
    assert read(form([empty])) == []


@pytest.mark.parametrize("form", [separated, in_json])
@pytest.mark.parametrize(
    "around", [(BOM, b""), (b"\n\n", b"\n \n\n"), (BOM + b"\r\n", b"\r\n\r\n"), (b"\n" + BOM, b"")]
)
def test_marks_of_byte_order_and_blank_lines(read, form, around):
    before, after = around
    assert read(before + form([SPOKEN, *STORIES]).encode() + after) == [SPOKEN, *STORIES]


@pytest.mark.parametrize("form", [separated, in_json])
def test_files_that_were_joined_keep_no_marks(read, form):
    half = len(STORIES) // 2
    middle = f"\n{SEPARATOR}\n" if form is separated else ""
    whole = BOM + (form(STORIES[:half]) + middle).encode() + BOM + form(STORIES[half:]).encode()
    assert read(whole) == STORIES


@pytest.mark.parametrize("end", ["\r\n", "\r"])
@pytest.mark.parametrize("form", [separated, in_json])
def test_line_ends_of_other_systems(read, form, end):
    assert read(form(STORIES).replace("\n", end)) == STORIES
    assert read(form([story.replace("\n", end) for story in STORIES])) == STORIES


@pytest.mark.parametrize("field", ["text", "story"])
def test_objects_with_a_story_in_a_field(read, field):
    assert read(in_json({field: story, "source": "GPT-4"} for story in STORIES)) == STORIES
    # And strings among them.
    assert read(in_json([*STORIES[:3], *({field: story} for story in STORIES[3:])])) == STORIES


NO_STORIES = [
    "null",
    "3",
    "true",
    "NaN",
    '["a story"]',
    "{}",
    '{"title": "a story"}',
    '{"text": null}',
    '{"text": ["a story"]}',
    '{"text": "one", "story": "other"}',
    '"no end',
    '{"text": "no end"',
    '"one" "other"',
    '"half a pair \\ud800"',
    "[" * 100_000,
]


@pytest.mark.parametrize(
    ("number", "line"), [*itertools.product([1, 4], NO_STORIES), (4, "no JSON"), (4, "9" * 5000)]
)
def test_lines_that_are_no_story_are_refused_by_number(read, number, line):
    lines = in_json(STORIES).splitlines(keepends=True)
    with pytest.raises(ValueError, match=rf"^corpus = .*tales.txt, line {number}: expected ") as caught:
        read("".join([*lines[: number - 1], f"{line}\n", *lines[number - 1 :]]))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("raw", "number"),
    [
        (b"\xff\xfe" + separated(STORIES).encode("utf-16-le"), 1),
        (separated(STORIES).encode("cp1252"), 3),
        (separated(STORIES[:10]).encode() + b"\ncaf\xe9\n" + separated(STORIES).encode(), 40),
        (in_json(STORIES[:10]).encode() + b'"caf\xe9"\n', 11),
    ],
)
def test_bytes_that_are_not_utf_8_are_refused_by_line(read, raw, number):
    with pytest.raises(ValueError, match=rf"^corpus = .*, line {number}: expected text in UTF-8$"):
        read(raw)


@pytest.mark.parametrize("form", [separated, in_json])
def test_a_story_that_comes_again_is_one(read, form):
    """However its words are laid out; another capital letter is another story."""
    again = ["Once  upon\na time.", " Once upon a time.\n", "Once\tupon a \n\n time."]
    assert read(form(["Once upon a time.", "Once upon A time.", *STORIES, *again, *STORIES])) == [
        "Once upon a time.",
        "Once upon A time.",
        *STORIES,
    ]


def test_one_story(read):
    assert read("Once upon a time.\n") == ["Once upon a time."]
    assert read('"Once upon a time."') == ["Once upon a time."]


def test_a_folder_and_a_missing_file_are_refused(tmp_path):
    for path in (tmp_path, tmp_path / "missing.txt"):
        with pytest.raises(ValueError, match=r"^corpus = .*: expected a file$"):
            read_stories(path)
