"""Pages: all readings of a text as one run of bytes that rules are looked for in, and the way back to characters."""

from bisect import bisect_right
from collections.abc import Iterable
from functools import cached_property
from itertools import accumulate
from typing import NamedTuple

from bartizan.text.view import View, Views

BYTES_PER_MARK = 256
_CONTINUATION = bytes(range(0x80, 0xC0))

# RE2's `(?i)` takes these two for an s and a k, and only who hides something writes them: all rules read them so.
LONG_S, KELVIN = "\u017f".encode(), "\u212a".encode()


class Page:
    """One view, or a part of one between NULs: no match leaves it."""

    def __init__(self, data: bytes, start: int) -> None:
        self.data = data
        self.start = start
        """Where it begins in the run of all."""

    @cached_property
    def folded(self) -> str:
        return self.data.decode(errors="replace").casefold()


class Place(NamedTuple):
    """A span of a view, in characters."""

    view: View
    start: int
    end: int


class Pages:
    """The pages of all views of a text."""

    def __init__(self, views: Views) -> None:
        self._views = views.all
        self.data = joined(views).replace(LONG_S, b"s").replace(KELVIN, b"k")

    @cached_property
    def all(self) -> list[Page]:
        pieces = self.data.split(b"\0")
        return [Page(piece, start) for piece, start in zip(pieces, _starts(map(len, pieces)), strict=True)]

    def holding(self, end: int) -> int:
        """The number of the page that a match ending here is in."""
        return bisect_right(self._page_starts, max(0, end - 1)) - 1

    def place(self, start: int, end: int) -> Place:
        """Where these bytes stand."""
        first = self._chars(start)
        number = bisect_right(self._view_starts, first) - 1
        first -= self._view_starts[number]
        return Place(self._views[number], first, first + len(self.data[start:end].translate(None, _CONTINUATION)))

    @cached_property
    def _page_starts(self) -> list[int]:
        return [page.start for page in self.all]

    @cached_property
    def _view_starts(self) -> list[int]:
        """In characters of the run."""
        return _starts(len(view.text) for view in self._views)

    def _chars(self, offset: int) -> int:
        """How many characters the run has before this byte."""
        marks = self._marks
        if marks is None:
            return offset
        mark = offset // BYTES_PER_MARK
        return marks[mark] + len(self.data[mark * BYTES_PER_MARK : offset].translate(None, _CONTINUATION))

    @cached_property
    def _marks(self) -> list[int] | None:
        """The characters before each 256th byte; None if every byte is one."""
        data = self.data
        if data.isascii():
            return None
        chunks = (data[at : at + BYTES_PER_MARK] for at in range(0, len(data) + 1, BYTES_PER_MARK))
        return list(accumulate((len(chunk.translate(None, _CONTINUATION)) for chunk in chunks), initial=0))


def joined(views: Views) -> bytes:
    """The UTF-8 of all views, with a NUL between."""
    return "\0".join(view.text for view in views.all).encode(errors="replace")


def _starts(lengths: Iterable[int]) -> list[int]:
    """Where pieces of these lengths begin, one separator apart."""
    return [0, *accumulate(length + 1 for length in lengths)][:-1]
