"""Words: how the scorers read a text, as words, single ideographs and marks, each with a few hashed features."""

import re
from collections.abc import Iterator
from zlib import crc32

BUCKETS = 1 << 15
MAX_LETTERS = 24
"""A longer run is no word of a language but a key, a hash, encoded bytes: its letters say nothing."""

# Scripts that write without spaces: each character stands for itself.
ALONE = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
)
WORD = re.compile(rf"[{ALONE}]|[^\W_{ALONE}]+|[^\w\s]|_|\n")
ASCII_WORD = re.compile(r"[a-z0-9]+|[!-/:-@\[-`{-~]|\n")
DIGIT = re.compile(r"\d")


def words(text: str) -> list[str]:
    """The words of a folded text, in order."""
    return (ASCII_WORD if text.isascii() else WORD).findall(text)


def spans(text: str) -> Iterator[tuple[int, int]]:
    """The places of the same words."""
    return (found.span() for found in (ASCII_WORD if text.isascii() else WORD).finditer(text))


def features(word: str) -> list[int]:
    """The buckets of a word: itself, its beginning, its end, and its letters in threes."""
    if len(word) == 1:
        return [_bucket(word)]
    if len(word) > MAX_LETTERS:
        return [_bucket(f"\0long {len(word).bit_length()}")]
    marked = f"^{DIGIT.sub('0', word)}$"
    threes = (marked[at : at + 3] for at in range(len(marked) - 2))
    return [_bucket(piece) for piece in (marked, marked[:4], marked[:6], marked[-4:], *threes)]


def _bucket(piece: str) -> int:
    return crc32(piece.encode("utf-8", "replace")) % BUCKETS
