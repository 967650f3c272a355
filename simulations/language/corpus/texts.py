"""Stories of text files: between separators, as TinyStories has them, or in lines of JSON."""

import itertools
import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from collapse_theory.checks import fail
from simulations.language.corpus.archive import is_archive, unpacked

SEPARATOR = "<|endoftext|>"
FIELDS = ("text", "story")  # of a JSON object, one of which is its story
MOST = 500_000  # stories of a file that are read
MARK = "\ufeff"  # of byte order: some editors and programs begin a file with it


def read_stories(path: Path) -> list[str]:
    """The stories of a file, the first `MOST` of them.

    The file is UTF-8 text: stories with `SEPARATOR` between them, usually on a line of its own, as
    TinyStories is published; or a JSON string or object in each line, as BabiStories'
    `traindataset.txt` and files of the kind `.jsonl`, the story of an object being its field "text" or
    "story".  A file without a line that is the separator, whose first line begins as JSON does, is
    lines of JSON.  Or it is a 7z archive of such a file, or the first of its parts (`.7z.001`, the
    others beside it).

    White space around stories, marks of byte order and empty stories are left out; so are stories that
    have the words of an earlier one, lest the same story be trained on and tested on.

    Raises ValueError, naming the file and the line, for what is none of them.
    """
    if not path.is_file():
        raise fail("corpus", path, "a file")
    text = unpacked(path) if is_archive(path) else path
    try:
        pieces = _of_json(text) if _is_json(text) else _between_separators(text)
        return list(itertools.islice(_distinct(pieces), MOST))
    except OSError as error:
        raise fail("corpus", path, f"a file that can be read ({error.strerror})") from None


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    """The numbered lines of a file.  Raises ValueError for the first that is not UTF-8."""
    with open(path, encoding="utf-8", errors="surrogateescape") as file:
        for number, line in enumerate(file, start=1):
            if not _is_text(line):
                raise fail("corpus", f"{path}, line {number}", "text in UTF-8")
            yield number, line.lstrip(MARK)


def _is_json(path: Path) -> bool:
    first = next((line.strip() for _, line in _lines(path) if line.strip()), "")
    if not first.startswith(('"', "{", "[")) and not _parses(first):
        return False
    return not any(line.strip() == SEPARATOR for _, line in _lines(path))


def _of_json(path: Path) -> Iterator[str]:
    """The story of every line, from its string or object."""
    for number, line in _lines(path):
        if not line.strip():
            continue
        where = f"{path}, line {number}"
        try:
            content = json.loads(line)
        except (ValueError, RecursionError):
            raise fail("corpus", where, f"JSON, a story in each line, or {SEPARATOR} lines") from None
        if isinstance(content, dict):
            fields = [name for name in FIELDS if name in content]
            if len(fields) != 1:
                raise fail("corpus", where, f"an object with one field among {', '.join(FIELDS)}")
            content = content[fields[0]]
        if not isinstance(content, str) or not _is_text(content):
            raise fail("corpus", where, "a string, or an object with one")
        yield from content.replace("\r\n", "\n").replace("\r", "\n").split(SEPARATOR)


def _between_separators(path: Path) -> Iterator[str]:
    story: list[str] = []
    for _, line in _lines(path):
        *ends, begins = line.split(SEPARATOR)
        for end in ends:
            yield "".join([*story, end])
            story = []
        story.append(begins)
    yield "".join(story)


def _distinct(pieces: Iterable[str]) -> Iterator[str]:
    """Stories without the space around them, none of them empty and none twice."""
    earlier: set[str] = set()
    for piece in pieces:
        story = piece.strip().strip(MARK).strip()
        words = " ".join(story.split())
        if words and words not in earlier:
            earlier.add(words)
            yield story


def _parses(line: str) -> bool:
    try:
        json.loads(line)
    except (ValueError, RecursionError):
        return False
    return True


def _is_text(characters: str) -> bool:
    """Whether these are characters: no half of a pair, as stands for a byte that is not UTF-8."""
    try:
        characters.encode()
    except UnicodeEncodeError:
        return False
    return True
