"""Pages: all readings of a text as one run of bytes that rules are looked for in, and the way back to characters."""

from bisect import bisect_right
from collections.abc import Iterable
from itertools import accumulate
from typing import NamedTuple

from bartizan.text.view import View, Views

BYTES_PER_MARK = 256
_CONTINUATION = bytes(range(0x80, 0xC0))

# RE2's `(?i)` takes these two for an s and a k, and only who hides something writes them: all rules read them so.
LONG_S, KELVIN = "\u017f".encode(), "\u212a".encode()


class Page:
    """One view, or a part of one between NULs: no match leaves it."""

    __slots__ = ("_folded", "data", "start")

    def __init__(self, data: bytes, start: int) -> None:
        self.data = data
        self.start = start
        """Where it begins in the run of all."""
        self._folded: str | None = None

    def text(self, start: int, end: int) -> str:
        return self.data[start:end].decode(errors="replace")

    @property
    def folded(self) -> str:
        if self._folded is None:
            self._folded = self.data.decode(errors="replace").casefold()
        return self._folded


class Place(NamedTuple):
    """A span of a view, in characters."""

    view: View
    start: int
    end: int


class Pages:
    """The pages of all views of a text."""

    __slots__ = ("_marks", "_page_starts", "_view_starts", "_views", "all", "data")

    def __init__(self, views: Views, data: bytes) -> None:
        """`data` is what `run(views)` gave."""
        self._views = views.all
        self.data = data
        pieces = data.split(b"\0")
        self._page_starts = _starts(map(len, pieces))
        self.all = [Page(piece, start) for piece, start in zip(pieces, self._page_starts, strict=True)]
        self._view_starts = _starts(len(view.text) for view in self._views)
        """In characters of the run."""
        self._marks = None if data.isascii() else _marks(data)

    def holding(self, place: int) -> int:
        """The number of the page that has a match ending here or around here."""
        return bisect_right(self._page_starts, max(0, place - 1)) - 1

    def place(self, start: int, end: int) -> Place:
        """Where these bytes stand."""
        first, length = start, end - start
        if self._marks is not None:
            mark = start // BYTES_PER_MARK
            first = self._marks[mark] + _chars(self.data[mark * BYTES_PER_MARK : start])
            length = _chars(self.data[start:end])
        number = bisect_right(self._view_starts, first) - 1
        first -= self._view_starts[number]
        return Place(self._views[number], first, first + length)


def run(views: Views) -> bytes:
    """All views as one run of bytes, with a NUL between them."""
    return views.joined.replace(LONG_S, b"s").replace(KELVIN, b"k")


def _starts(lengths: Iterable[int]) -> list[int]:
    """Where pieces of these lengths begin, one separator apart."""
    return [0, *accumulate(length + 1 for length in lengths)][:-1]


def _marks(data: bytes) -> list[int]:
    """How many characters there are before each 256th byte."""
    chunks = (data[at : at + BYTES_PER_MARK] for at in range(0, len(data) + 1, BYTES_PER_MARK))
    return [0, *accumulate(_chars(chunk) for chunk in chunks)]


def _chars(data: bytes) -> int:
    return len(data.translate(None, _CONTINUATION))
