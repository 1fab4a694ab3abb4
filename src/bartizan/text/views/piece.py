"""Pieces: what spans of a text read as, and the view that they make together."""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from itertools import accumulate
from typing import NamedTuple, Protocol

Spans = tuple[Sequence[int], Sequence[int]]
"""For each character that is read, where what it was read from begins, and where that ends."""

CONTEXT_CHARS = 48
"""Kept on either side of what was decoded, so that it is read together with its neighbours."""
EDGE_CHARS = 24
"""How much further a space is looked for, so that no word is cut."""
TOGETHER_CHARS = 2 * (CONTEXT_CHARS + EDGE_CHARS)
"""What stands further apart is not shown on one line."""


class Piece(NamedTuple):
    """A span of a text, and what it reads as."""

    start: int
    end: int
    text: str
    spans: Spans | Callable[[], Spans] | None = None
    """Without them each character is read from one, if they are as many, or else all from all."""


class Parent(Protocol):
    """What a view was read from."""

    @property
    def how(self) -> tuple[str, ...]: ...

    def origin(self, start: int, end: int) -> tuple[int, int]: ...


class Reading:
    """A view that is made of pieces of another, in the order in which they stand there."""

    __slots__ = ("_ends", "_parent", "_pieces", "_spans", "how", "text")

    def __init__(self, name: str, parent: Parent, pieces: Sequence[Piece]) -> None:
        self.how = (*parent.how, name)
        self.text = "".join([piece.text for piece in pieces])
        self._parent = parent
        self._pieces = pieces
        self._ends: list[int] = []
        self._spans: dict[int, Spans] = {}

    def origin(self, start: int, end: int) -> tuple[int, int]:
        """The span of the original that holds all that these characters were read from."""
        last = len(self.text) - 1
        first = min(max(start, 0), last)
        begin, after = self._span(first, min(max(end, first + 1), last + 1))
        if end <= start:
            begin = after = after if start > last else begin
        return self._parent.origin(begin, after)

    def _span(self, start: int, end: int) -> tuple[int, int]:
        """The same in the parent, for at least one character."""
        if not self._ends:
            self._ends = list(accumulate(len(piece.text) for piece in self._pieces))
        first, last = bisect_right(self._ends, start), bisect_right(self._ends, end - 1)
        ends = (self._within(at, start, end) for at in {first, last})
        begins, afters = zip(*ends, strict=True)
        return min(begins), max(afters)

    def _within(self, at: int, start: int, end: int) -> tuple[int, int]:
        """The span of the characters that lie in one piece."""
        piece = self._pieces[at]
        offset = self._ends[at] - len(piece.text)
        start, end = max(start - offset, 0), min(end - offset, len(piece.text))
        if piece.spans is None:
            if len(piece.text) == piece.end - piece.start:
                return piece.start + start, piece.start + end
            return piece.start, piece.end
        if at not in self._spans:
            self._spans[at] = piece.spans() if callable(piece.spans) else piece.spans
        begins, afters = self._spans[at]
        return int(min(begins[start:end])), int(max(afters[start:end]))


def in_place(text: str, decoded: Iterable[Piece]) -> list[Piece]:
    """The decoded pieces with what stands around them; what is far from all of them is left out.

    Of pieces that overlap, the first is taken.
    """
    pieces: list[Piece] = []
    at = 0
    for piece in decoded:
        if piece.start < at:
            continue
        if piece.start - at > (TOGETHER_CHARS if pieces else CONTEXT_CHARS):
            if pieces:
                after = _after(text, at)
                pieces += [Piece(at, after, text[at:after]), Piece(after, after, "\n")]
            at = _before(text, piece.start)
        if at < piece.start:
            pieces.append(Piece(at, piece.start, text[at : piece.start]))
        pieces.append(piece)
        at = piece.end
    after = _after(text, at)
    if pieces and at < after:
        pieces.append(Piece(at, after, text[at:after]))
    return pieces


def _before(text: str, at: int) -> int:
    """Where the context of what begins here begins."""
    far = max(at - CONTEXT_CHARS, 0)
    space = text.rfind(" ", max(far - EDGE_CHARS, 0), far)
    return far if space < 0 else space + 1


def _after(text: str, at: int) -> int:
    """Where the context of what ends here ends."""
    far = min(at + CONTEXT_CHARS, len(text))
    space = text.find(" ", far, far + EDGE_CHARS)
    return far if space < 0 else space


def of_bytes(read: str, begins: Sequence[int], afters: Sequence[int]) -> Spans:
    """The spans of characters, from those of their bytes: one each, or UTF-8, or else UTF-16."""
    if len(read) == len(begins):
        return begins, afters
    ends = list(accumulate(len(char.encode("utf-8", "surrogateescape")) for char in read))
    if ends and ends[-1] > len(begins):
        return [min(begins)] * len(read), [max(afters)] * len(read)
    if len(begins) - ends[-1] > 3:
        ends = list(accumulate(len(char.encode("utf-16-le", "surrogatepass")) for char in read))
    firsts = [0, *ends[:-1]]
    return [begins[at] for at in firsts], [afters[at - 1] for at in ends]
