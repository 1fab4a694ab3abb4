"""Views: the readings of one text, each with the way back to the offsets of the text as it came."""

from typing import Protocol


class View(Protocol):
    """One reading of a text."""

    how: tuple[str, ...]
    """The decodings that lead here, in order; none for the text itself."""
    text: str

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

    def __init__(self, text: str) -> None:
        self.text = text
        self.all: tuple[View, ...] = (Plain(text),)
        self.unread = ""
        """Why some of the text was not read any further, or nothing."""


def views(text: str) -> Views:
    """Every reading of the text that the budget allows."""
    return Views(text)
