"""Smuggled text: written in characters that nobody sees, next to or between those that everybody does."""

import re
from collections.abc import Iterator
from functools import partial

import numpy as np

from bartizan.text.views.likely import as_text
from bartizan.text.views.piece import Piece, Spans, in_place, of_bytes
from bartizan.text.views.source import numbers

TAGS = re.compile(
    "\U0001f3f4[\U000e0030-\U000e0039\U000e0061-\U000e007a]{2,6}\U000e007f|([\U000e0020-\U000e007e][\U000e0000-\U000e007f]*)"
)
"""A flag of a region, such as Scotland's, is the one use of tags that is meant to be seen."""
NO_LETTERS = bytes({*range(32), 127})

SELECTORS = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]{3,}")
"""Each stands for a byte. One changes how the character before it looks, and more are too many."""

BLANKS = (
    "\u200b\u200c\u200d\u200e\u200f\u2060\u2061\u2062\u2063\u2064\ufeff\u00ad\u034f\u061c\u180e"
    "\u115f\u1160\u3164\uffa0\u2800\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
)
LEAST_BLANKS = 32
"""Of two kinds, to be the bits of a text."""


def smuggled(text: str) -> Iterator[tuple[str, list[Piece]]]:
    """What is hidden in tags, in variation selectors, and in the bits of two kinds of blanks."""
    if pieces := list(_tags(text)):
        yield "tags", in_place(text, pieces)
    if pieces := list(_selectors(text)):
        yield "selectors", in_place(text, pieces)
    if pieces := _bits(text):
        yield "blanks", pieces


def _tags(text: str) -> Iterator[Piece]:
    """Each tag is an ASCII character's invisible twin."""
    for match in TAGS.finditer(text):
        if match[1]:
            read = match[0].encode("utf-32-le")[::4].translate(None, NO_LETTERS).decode()
            if not read.isspace():
                yield Piece(*match.span(), read, partial(_tag_spans, text, *match.span()))


def _tag_spans(text: str, start: int, end: int) -> Spans:
    at = [at for at in range(start, end) if 0xE0020 <= ord(text[at]) < 0xE007F]
    return at, [place + 1 for place in at]


def _selectors(text: str) -> Iterator[Piece]:
    for match in SELECTORS.finditer(text):
        codes = map(ord, match[0])
        read = as_text(bytes(code - 0xFE00 if code < 0xFE10 else code - 0xE0100 + 16 for code in codes))
        if read:
            start, end = match.span()
            yield Piece(start, end, read, partial(of_bytes, read, range(start, end), range(start + 1, end + 1)))


def _bits(text: str) -> list[Piece]:
    """All blanks of the text in a row: the two most frequent kinds are the bits, either way round."""
    counts = sorted(((text.count(blank), blank) for blank in BLANKS), reverse=True)
    if counts[1][0] * 8 < LEAST_BLANKS or counts[0][0] + counts[1][0] < LEAST_BLANKS:
        return []
    codes = numbers(text)
    one = codes == ord(counts[0][1])
    at = np.flatnonzero(one | (codes == ord(counts[1][1])))
    for bits in (one[at], ~one[at]):
        for width in (8, 7):
            size = len(bits) // width
            groups = np.zeros((size, 8), np.bool_)
            groups[:, 8 - width :] = bits[: size * width].reshape(size, width)
            if read := as_text(np.packbits(groups).tobytes()):
                begins, afters = at[: size * width : width].tolist(), (at[width - 1 :: width] + 1).tolist()
                return [Piece(begins[0], afters[-1], read, partial(of_bytes, read, begins, afters))]
    return []
