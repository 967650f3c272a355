"""A row of the page: what was published, what comes out here, and the test that holds the two together."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum


class Verdict(Enum):
    """What became of a statement."""

    CONFIRMED = "confirmed"
    CORRECTED = "corrected"
    EXCEPTION = "holds with an exception"
    APPROXIMATION = "only an approximation"


@dataclass(frozen=True)
class Statement:
    """A published statement and the numbers of this project about it.

    - `source`: authors and where it is published, in Markdown;
    - `claim`: what is stated there, in the notation of this project;
    - `numbers`: computes, by the project's code, the numbers that `ours` speaks of by name;
    - `ours`: a sentence, with the numbers as fields of `str.format`;
    - `test`: file::function.
    """

    source: str
    claim: str
    verdict: Verdict
    numbers: Callable[[], Mapping[str, float]]
    ours: str
    test: str

    def sentence(self) -> str:
        """What comes out here, numbers and all."""
        return self.ours.format(**self.numbers())


def arxiv(authors: str, number: str) -> str:
    """A source on arXiv."""
    return f"{authors}, [arXiv {number}](https://arxiv.org/abs/{number})"
