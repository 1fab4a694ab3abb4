"""A text that is about to be decoded, in the forms in which the decoders look at it."""

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from bartizan.text.views.likely import PER_NAT, totals
from bartizan.text.views.piece import Piece

UPPER, LOWER, DIGITS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ", b"abcdefghijklmnopqrstuvwxyz", b"0123456789"
FOREIGN = 127
"""Stands for a character that is not ASCII."""
LONG = 16
"""Fewer characters without a blank are too few to be digits of a text."""


def kinds(*alphabets: tuple[str, bytes]) -> bytes:
    """A table that turns what is in an alphabet into its mark, and all else into spaces."""
    table = bytearray(b" " * 256)
    for mark, alphabet in alphabets:
        for byte in alphabet:
            table[byte] = ord(mark)
    return bytes(table)


def marks(alphabet: bytes) -> bytes:
    """A table that turns what is in the alphabet into x, and all else into spaces."""
    return kinds(("x", alphabet))


UNBROKEN = marks(bytes(range(33, 127)))
LETTERS = kinds(("a", UPPER + LOWER), ("0", DIGITS))
CASES = kinds(("a", LOWER), ("A", UPPER))


def numbers(text: str) -> NDArray[np.uint32]:
    """The numbers of the characters of a text that is not empty, lone surrogates too."""
    return np.array([text]).view(np.uint32)


class Source:
    """A text, and one byte for each of its characters."""

    __slots__ = ("_cases", "_letters", "_totals", "data", "digits", "text", "unbroken", "unread")

    def __init__(self, text: str) -> None:
        self.text = text
        if text.isascii():
            self.data = text.encode()
        else:
            self.data = np.minimum(numbers(text), FOREIGN).astype(np.uint8).tobytes()
        self.unbroken = b"x" * LONG in self.data.translate(UNBROKEN)
        """Whether anything is long enough without a blank to be a text in digits."""
        self.digits = len(text) - len(self.data.translate(None, DIGITS))
        self.unread = ""
        """What a decoder did not look at, since it would have taken too long; or nothing."""
        self._letters = self._cases = b""
        self._totals: NDArray[np.int32] | None = None

    @property
    def letters(self) -> bytes:
        """`a` for a letter, `0` for a digit, a space for all else."""
        self._letters = self._letters or self.data.translate(LETTERS)
        return self._letters

    @property
    def cases(self) -> bytes:
        """`a` for a small letter, `A` for a capital one, a space for all else."""
        self._cases = self._cases or self.data.translate(CASES)
        return self._cases

    def likeness(self, start: int, end: int) -> float:
        """Nats per pair by which this looks like a language, its edges included."""
        if self._totals is None:
            self._totals = totals(self.data)
        return float(self._totals[end + 1] - self._totals[start]) / (end - start + 1) / PER_NAT

    def settle(self, pieces: Iterable[Piece]) -> None:
        """Let no other decoder look at what was read already, or is none of its business."""
        data = bytearray(self.data)
        for piece in pieces:
            data[piece.start : piece.end] = bytes([FOREIGN]) * (piece.end - piece.start)
        self.data = bytes(data)
        self._letters = self._cases = b""

    def mixed(self, start: int, end: int) -> bool:
        """Whether small and capital letters stand here."""
        return self.cases.find(b"a", start, end) >= 0 and self.cases.find(b"A", start, end) >= 0

    def runs(self, alphabet: bytes, least: int = LONG) -> Iterator[tuple[int, int]]:
        """Where at least so many bytes stand together of which `marks` made this table."""
        marked = self.data.translate(alphabet)
        enough = b"x" * least
        at = marked.find(enough)
        while at >= 0:
            end = marked.find(b" ", at)
            end = len(marked) if end < 0 else end
            yield at, end
            at = marked.find(enough, end)
