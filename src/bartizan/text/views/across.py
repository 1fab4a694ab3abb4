"""Several texts read as one, since what is harmless in each may have been cut from something that is not."""

from collections.abc import Sequence
from itertools import accumulate

from bartizan.text.view import View, Views
from bartizan.text.views.explore import explore
from bartizan.text.views.piece import Piece

EDGE_CHARS = 1024
"""Of a longer text only so much at either end can be a part of what goes on in its neighbour."""


class Across:
    """The views of several texts put together, and the way back into each."""

    __slots__ = ("_ends", "_parts", "views")

    def __init__(self, texts: Sequence[str]) -> None:
        parts = [part for index, text in enumerate(texts) for part in _edges(index, text)]
        self._parts = [(index, start) for index, start, _ in parts]
        chunks = [text for _, _, text in parts]
        self._ends = list(accumulate(len(chunk) + 1 for chunk in chunks))
        together = "\n".join(chunks)
        glued = [
            Piece(end - 1 - len(chunk), end - 1, chunk) for end, chunk in zip(self._ends, chunks, strict=True) if chunk
        ]
        self.views: Views = explore(together, [("glued", glued)] if len(glued) > 1 else ())

    def place(self, view: View, start: int, end: int) -> list[tuple[int, int, int]]:
        """The spans that these characters of a view were read from, each as the index of its text, start and end."""
        first, last = view.origin(start, end)
        places: list[tuple[int, int, int]] = []
        begin = 0
        for (index, offset), after in zip(self._parts, self._ends, strict=True):
            low, high = max(first, begin), min(last, after - 1)
            if low < high or first == last == low == high:
                places.append((index, offset + low - begin, offset + high - begin))
            begin = after
        return places


def _edges(index: int, text: str) -> list[tuple[int, int, str]]:
    """The text, or its two ends."""
    if len(text) <= 2 * EDGE_CHARS:
        return [(index, 0, text)]
    return [(index, 0, text[:EDGE_CHARS]), (index, len(text) - EDGE_CHARS, text[-EDGE_CHARS:])]
