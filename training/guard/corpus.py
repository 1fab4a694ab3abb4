"""The corpus: the grammar's samples, folded as the guard folds them, alone, carried and side by side."""

import random
from collections.abc import Iterator
from dataclasses import dataclass

from training.guard.grammar import BENIGN, load, samples


@dataclass(frozen=True, slots=True)
class Text:
    text: str
    kinds: frozenset[str]
    language: str
    family: str


def corpus(each: int, seed: int) -> Iterator[Text]:
    """Up to `each` texts of every family."""
    for sample in samples(load(parts=("attack", "benign")), each, seed):
        kinds = frozenset() if sample.kind == BENIGN else frozenset({sample.kind})
        yield Text(sample.text.lower(), kinds, sample.language, sample.family)
