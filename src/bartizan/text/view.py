"""Views: the readings of one text, each with the way back to the offsets of the text as it came."""

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from bartizan.text.views.across import Across

READ_CHARS = 1 << 20
"""A longer text is read no further than this."""
DEPTH = 3
"""Decodings of decodings that are followed."""
MOST_VIEWS = 48
LEAST_BUDGET_CHARS = 16_384
BUDGET_TIMES = 4
"""All readings together may have that many times the characters of the text."""


class View(Protocol):
    """One reading of a text."""

    @property
    def how(self) -> tuple[str, ...]:
        """The decodings that lead here, in order; none for the text itself.

        `folded` is the text as it looks, beyond ASCII in small letters; `tags`, `selectors`, `blanks` and `hidden` are
        what nobody sees.
        """
        ...

    @property
    def text(self) -> str: ...

    def origin(self, start: int, end: int) -> tuple[int, int]:
        """The span of the original that these characters of the view were read from."""
        ...


class Plain:
    """The text itself."""

    __slots__ = ("how", "text")

    def __init__(self, text: str) -> None:
        self.how: tuple[str, ...] = ()
        self.text = text

    def origin(self, start: int, end: int) -> tuple[int, int]:
        return start, end


class Views:
    """All readings of one text; the first is the text itself."""

    __slots__ = ("_joined", "_starts", "all", "text", "unread")

    def __init__(self, text: str, views: tuple[View, ...], unread: str = "") -> None:
        self.text = text
        self.all = views
        self.unread = unread
        """Why some of the text was not read any further, or nothing."""
        self._joined: bytes | None = None
        self._starts: list[int] = []

    @property
    def joined(self) -> bytes:
        """All views in UTF-8, a NUL between them; a lone surrogate is a question mark."""
        if self._joined is None:
            parts = [view.text.encode("utf-8", "replace") for view in self.all]
            self._starts = [0, *accumulate(len(part) + 1 for part in parts[:-1])]
            self._joined = parts[0] if len(parts) == 1 else b"\0".join(parts)
        return self._joined

    def place(self, start: int, end: int) -> tuple[View, int, int]:
        """The view in which this span of `joined` ends, and the characters of it."""
        joined = self.joined
        at = bisect_right(self._starts, max(end - 1, 0)) - 1
        view, offset = self.all[at], self._starts[at]
        start = max(start, offset)
        if view.text.isascii():
            return view, start - offset, end - offset
        first = len(joined[offset:start].decode("utf-8", "ignore"))
        return view, first, first + len(joined[start:end].decode("utf-8", "ignore"))


def views(text: str) -> Views:
    """Every reading of the text that the budget allows."""
    from bartizan.text.views.explore import explore  # numpy is loaded only where texts are read

    return explore(text)


def across(texts: Sequence[str]) -> "Across":
    """Every reading of several texts as one, such as the messages of a conversation."""
    from bartizan.text.views.across import Across

    return Across(texts)
