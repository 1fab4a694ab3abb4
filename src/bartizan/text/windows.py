"""Windows: the letters and digits of a text as numbers, and hashes of runs of them."""

from functools import lru_cache
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


GRAM = 8
"""Letters that are looked at together: the bytes of one machine word."""
BETWEEN = 1
"""The code of NUL, which stands between views and is in nothing registered."""
TABLE_CHARS = 0x3100
"""Below it a table says what is a letter or a digit; above it nearly all is."""

Codes: TypeAlias = "NDArray[np.uint8] | NDArray[np.uint32]"
Flags: TypeAlias = "NDArray[np.bool_]"
Hashes: TypeAlias = "NDArray[np.uint64]"

KEPT = bytes(code for code in range(128) if chr(code).isalnum() or code == 0)
DROPPED = bytes(set(range(128)) - set(KEPT))
LOWERED = bytes(ord(chr(code).lower()) if code else BETWEEN for code in range(128)) + bytes(128)


def normal(text: str) -> Codes:
    """The letters and digits of the text, in lower case."""
    import numpy as np

    if text.isascii():
        return np.frombuffer(text.encode().translate(LOWERED, DROPPED), np.uint8)
    read = _read(text)
    kept: Codes = read[read != 0]
    return kept


def normal_at(text: str) -> "NDArray[np.intp]":
    """For each letter or digit, which character of the text it is."""
    import numpy as np

    return np.flatnonzero(_read(text))


def grams(codes: Codes) -> Hashes:
    """Every run of 8 letters as one number. Letters beyond ASCII share numbers, so that a run may pass for another."""
    import numpy as np

    if len(codes) < GRAM:
        return np.zeros(0, np.uint64)
    small = codes if codes.dtype == np.uint8 else (codes ^ (codes >> 8)).astype(np.uint8)
    return np.ndarray((len(codes) - GRAM + 1,), np.uint64, np.ascontiguousarray(small).data, strides=(1,))


class Runs:
    """The hash of any run of a text's letters, from sums over its beginnings."""

    def __init__(self, codes: Codes, base: int) -> None:
        import numpy as np

        self._powers = np.full(len(codes) + 1, base, np.uint64)
        self._powers[:1] = 1
        np.multiply.accumulate(self._powers, out=self._powers)
        self._sums = np.zeros(len(codes) + 1, np.uint64)
        np.add.accumulate(codes * self._powers[:-1], out=self._sums[1:])

    def __len__(self) -> int:
        return len(self._sums) - 1

    def hash(self, start: int, length: int) -> int:
        """The hash of a run, whatever stands before it."""
        return self._sum(start, length) * pow(int(self._powers[1]), -start, 1 << 64) % (1 << 64) if length else 0

    def same(self, start: int, length: int, expected: int) -> bool:
        """Whether the run here is one with that hash."""
        if start < 0 or start + length > len(self):
            return False
        return self._sum(start, length) == expected * int(self._powers[start]) % (1 << 64)

    def _sum(self, start: int, length: int) -> int:
        return (int(self._sums[start + length]) - int(self._sums[start])) % (1 << 64)


@lru_cache(1)
def _table() -> "NDArray[np.uint32]":
    """What each character below `TABLE_CHARS` is read as; 0 is nothing."""
    import numpy as np

    return np.array([_code(chr(code)) for code in range(TABLE_CHARS)], np.uint32)


def _code(char: str) -> int:
    if char == "\0":
        return BETWEEN
    lower = char.lower()
    return ord(lower if len(lower) == 1 else char) if char.isalnum() else 0


def _read(text: str) -> "NDArray[np.uint32]":
    import numpy as np

    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
    return np.where(codes < TABLE_CHARS, _table().take(codes, mode="clip"), codes)
