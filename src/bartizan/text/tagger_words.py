"""What the names tagger sees of a text: its words, and for each the hashes of its beginnings, endings and shape."""

import re
import zlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

ROWS_BITS = 17
"""The weights have two to this power rows."""
MAX_WORD_BYTES = 48
"""Of a longer word only the beginning and the end count."""

LOWER, TITLE, UPPER, INITIAL, MIXED, DIGITS, SIGN, BREAK, CASELESS = range(9)
SHAPES = 9
MANNERS = CASED, UNCASED, SHOUTED = 0, SHAPES, 2 * SHAPES
"""How a text is written: as usual, without capitals, or in capitals. In the latter two a word's case says nothing."""
CLASSES = 3 * SHAPES

WORD = re.compile(r"[^\W\d_]+(?:(?:-|['’](?![sS]\b))[^\W\d_]+)*|\d+(?:[.,:/-]\d+)*|\n+|[^\s]")
"""Words, numbers, signs and line breaks."""

Seen = tuple[int, int, int, int, int, int, int, int, int]
"""Of a word: the hashes of all of it, of two to four bytes at its beginning, of one to four at its end; its shape."""


def manner(text: str) -> int:
    """How the text is written."""
    if text.isupper():
        return SHOUTED
    return UNCASED if text == text.lower() else CASED


def shape(word: str) -> int:
    """How the word is written."""
    first = word[0]
    if not first.isalpha():
        return DIGITS if first.isdigit() else BREAK if first == "\n" else SIGN
    lower = word.lower()
    if word == lower:
        return LOWER if word != word.upper() else CASELESS
    if len(word) == 1:
        return INITIAL
    if first == lower[:1]:
        return MIXED
    return UPPER if word == word.upper() else TITLE


def seen(word: str, written: int) -> Seen:
    """What is seen of the word in a text that is written so."""
    form = shape(word)
    if form < DIGITS or form == CASELESS:
        data, crc = word.lower().encode("utf-8", "replace"), zlib.crc32
        return (
            crc(data[:MAX_WORD_BYTES]), crc(data[:2], 11), crc(data[:3], 12), crc(data[:4], 13),
            crc(data[-1:], 21), crc(data[-2:], 22), crc(data[-3:], 23), crc(data[-4:], 24), form + written,
        )  # fmt: skip
    whole = min(len(word), 8) if form == DIGITS else zlib.crc32(word[:1].encode("utf-8", "replace"), form)
    return (whole, 0, 0, 0, 0, 0, 0, 0, form)


def word_class(word: str, written: int, vocabulary: dict[str, int]) -> int:
    """What a word is as a neighbour: itself if it is frequent, and else its shape."""
    number = vocabulary.get(word.lower())
    form = shape(word)
    if number is None:
        return form + written if form < DIGITS else form
    return CLASSES + 2 * number + (form != LOWER and not written)


def word_rows(words: Sequence[Seen]) -> "list[NDArray[np.int64]]":
    """For each place of the window, the rows of the weights that each word speaks for there: words by features."""
    import numpy as np

    parts = np.array(words, dtype=np.uint64)
    # The whole word, its end and its beginning count once more together with the shape, and the shape alone.
    shaped = parts[:, _SHAPED] + parts[:, -1:] * np.uint64(_SHAPE_FACTOR)
    features = np.concatenate([parts[:, :8], shaped], axis=1)
    return [_row(features[:, wanted], place) for place, wanted in enumerate(WINDOW)]


def class_rows(classes: "NDArray[np.uint64]") -> "NDArray[np.int64]":
    """For each word, the rows that its class and those of its neighbours speak for together."""
    import numpy as np

    size = len(classes)
    padded = np.full(size + 4, _EDGE, dtype=np.uint64)
    padded[2:-2] = classes
    neighbours = np.stack([padded[at : at + size] for at in range(5)], axis=1)
    return _row(neighbours @ np.array(_PAIRS, dtype=np.uint64).T, len(WINDOW))


def _row(features: "NDArray[np.uint64]", salt: int) -> "NDArray[np.int64]":
    """Numbers of rows, well spread; each column has its own."""
    import numpy as np

    columns = np.arange(1, features.shape[1] + 1, dtype=np.uint64) * np.uint64(0x632BE59BD9B4E019)
    spread = (features + columns + np.uint64(salt << 40)) * np.uint64(0x9E3779B97F4A7C15)
    rows: NDArray[np.int64] = (spread >> np.uint64(64 - ROWS_BITS)).astype(np.int64)
    return rows


_SHAPED = (0, 6, 5, 2, 8)
_SHAPE_FACTOR = 0x9E3779B1
_NEAR = (0, 2, 5, 6, 7, 8, 9, 12)
_FAR = (0, 6, 8, 12)
WINDOW = (_FAR, _NEAR, tuple(range(13)), _NEAR, _FAR)
"""Which features of a word count where it stands two before, one before, itself, one after and two after."""
WHOLE = (0, 8)
"""The features that tell one word from all others."""

_EDGE = 1_000_003
# The classes of two before to two after that are hashed together, by odd factors.
_F = (0x100000001B3, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0x27D4EB2F165667C5, 0x85EBCA77C2B2AE63)
_PAIRS = (
    (0, _F[1], _F[2], 0, 0),
    (0, 0, _F[2], _F[3], 0),
    (0, _F[1], 0, _F[3], 0),
    (_F[0], _F[1], 0, 0, 0),
    (0, 0, 0, _F[3], _F[4]),
    (0, _F[1], _F[2], _F[3], 0),
    (_F[0], _F[1], _F[2], 0, 0),
    (0, 0, _F[2], _F[3], _F[4]),
)
