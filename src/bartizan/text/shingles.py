"""Shingles: every run of 8 consecutive words of a text, as a place among its letters, a length and a hash."""

import re

import msgspec

from bartizan.text.windows import Runs, normal_at

WORDS = 8
SIGNS_A_WORD = 2
"""Chinese and Japanese put no spaces; there two signs count as a word."""
TOKEN = re.compile(r"([\u3040-\u30ff\u3400-\u9fff])|[^\W_\u3040-\u30ff\u3400-\u9fff]+")


class Shingle(msgspec.Struct, frozen=True, array_like=True):
    """One run of words."""

    start: int
    length: int
    hash: int


def shingles(text: str, runs: Runs) -> list[Shingle]:
    """The runs in order; if the text has fewer words, all of it is the one run."""
    import numpy as np

    tokens = list(TOKEN.finditer(text))
    weights = [1 if token[1] else SIGNS_A_WORD for token in tokens]
    letters = normal_at(text)
    starts = np.searchsorted(letters, [token.start() for token in tokens]).tolist()
    ends = np.searchsorted(letters, [token.end() for token in tokens]).tolist()
    found: list[Shingle] = []
    last = weight = 0
    for first in range(len(tokens)):
        while last < len(tokens) and weight < WORDS * SIGNS_A_WORD:
            weight += weights[last]
            last += 1
        if found and weight < WORDS * SIGNS_A_WORD:
            break
        length = ends[last - 1] - starts[first]
        found.append(Shingle(starts[first], length, runs.hash(starts[first], length)))
        weight -= weights[first]
    return found
