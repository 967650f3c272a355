"""A chain: what the models of later rounds learn from, and how they write."""

from typing import NamedTuple

KINDS = {
    "replace": "every round learns from the stories of the round before alone",
    "mix": "half of its stories are new real ones",
    "accumulate": "it learns from the first real stories and from all that was written since",
}
SYNTHETIC = 0.5  # part of a mix


class Chain(NamedTuple):
    """Round 0 learns from n real stories, every later one from those that the last model wrote, too.

    `kind` is one of `KINDS`; models write n stories at this temperature; of `verified` chains they write
    until n of them are stories that the grammar's parser knows.
    """

    kind: str
    temperature: float = 1.0
    verified: bool = False

    def __str__(self) -> str:
        cooled = "" if self.temperature == 1 else f", temperature {self.temperature:g}"
        return self.kind + cooled + (", verified" if self.verified else "")
