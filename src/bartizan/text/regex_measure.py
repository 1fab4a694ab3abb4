"""What a pattern's tree says of all its matches: how long they are, what automaton finds them, and how they end."""

import math
from collections.abc import Callable
from typing import NamedTuple

from bartizan.text.regex import Chars, Choice, Edge, Node, Repeat, Sequence

# A class of more characters than this does not pin the place of a match.
NARROW_CHARS = 4
# A tail whose length may vary by this much ends at that many places.
LOOSE_TAIL = 12


def widths(node: Node) -> tuple[int, float]:
    """The least and the most UTF-8 bytes of a match; the most may be infinite."""
    if isinstance(node, Chars):
        return _char_widths(node)
    if isinstance(node, Edge):
        return 0, 0
    if isinstance(node, Repeat):
        low, high = widths(node.item)
        most = 0 if high == 0 else math.inf if node.high is None else high * node.high
        return low * node.low, most
    inner = [widths(item) for item in node.items]
    if isinstance(node, Sequence):
        return sum(low for low, _ in inner), sum(high for _, high in inner)
    return min(low for low, _ in inner), max(high for _, high in inner)


def count(node: Node, counts: Callable[[Chars], bool]) -> int:
    """How many characters that count each match has at least."""
    if isinstance(node, Chars):
        return int(counts(node))
    if isinstance(node, Edge):
        return 0
    if isinstance(node, Repeat):
        return node.low * count(node.item, counts)
    if isinstance(node, Sequence):
        return sum(count(item, counts) for item in node.items)
    return min(count(item, counts) for item in node.items)


def run(node: Node, counts: Callable[[Chars], bool]) -> int:
    """How many characters that count each match has at least in one run."""
    return _runs(node, counts).best


class _Runs(NamedTuple):
    """The least runs of characters that count in each match: at its start, anywhere, at its end."""

    first: int
    best: int
    last: int
    whole: bool
    """True if nothing else is in the match."""


def _runs(node: Node, counts: Callable[[Chars], bool]) -> _Runs:
    if isinstance(node, Chars):
        counted = counts(node)
        return _Runs(counted, counted, counted, counted)
    if isinstance(node, Edge):
        return _Runs(0, 0, 0, True)
    if isinstance(node, Repeat):
        if node.low == 0:
            inner = _runs(node.item, counts)
            return _Runs(0, 0, 0, inner.whole)
        inner = _runs(node.item, counts)
        return _Runs(*(node.low * inner.best,) * 3, True) if inner.whole else inner
    if isinstance(node, Choice):
        branches = [_runs(item, counts) for item in node.items]
        first, best, last = (min(branch[at] for branch in branches) for at in range(3))
        return _Runs(first, best, last, all(branch.whole for branch in branches))
    first, best, last, whole = 0, 0, 0, True
    for item in node.items:
        inner = _runs(item, counts)
        best = max(best, inner.best, last + inner.first)
        first += inner.first if whole else 0
        last = last + inner.last if inner.whole else inner.last
        whole = whole and inner.whole
    return _Runs(first, best, last, whole)


def positions(node: Node) -> int:
    """How many states an automaton for it has, repeats written out, each character up to its four bytes."""
    if isinstance(node, Chars):
        return 4 if node.beyond is None else 1 + 3 * len(node.beyond)
    if isinstance(node, Edge):
        return 1
    if isinstance(node, Repeat):
        times = node.low + 1 if node.high is None else max(node.high, 1)
        return positions(node.item) * times
    return sum(positions(item) for item in node.items)


def is_loose(node: Node) -> bool:
    """True if matches may end at place after place, as those of `[a-z]{8,}` do: the ends then say little."""
    return _tail(node) is not False


def _tail(node: Node) -> bool | None:
    """True if the tail is loose, False if something pins its end, None if what comes before it decides."""
    if isinstance(node, Chars):
        return False if node.beyond is not None and _members(node) <= NARROW_CHARS else None
    if isinstance(node, Edge):
        return False
    if isinstance(node, Repeat):
        inner = _tail(node.item)
        if inner is False:
            return False if node.low else None
        varies = node.high is None or node.high - node.low >= LOOSE_TAIL
        return True if varies else inner
    if isinstance(node, Choice):
        branches = [_tail(item) for item in node.items]
        return True if True in branches else None if None in branches else False
    return next((tail for item in reversed(node.items) if (tail := _tail(item)) is not None), None)


def _members(chars: Chars) -> int:
    return chars.ascii.bit_count() + sum(high - low + 1 for low, high in chars.beyond or ())


def _char_widths(chars: Chars) -> tuple[int, int]:
    if chars.beyond is None:
        return 1 if chars.ascii else 2, 4
    sizes = [utf8_length(code) for span in chars.beyond for code in span]
    if chars.ascii:
        sizes.append(1)
    return min(sizes, default=1), max(sizes, default=1)


def utf8_length(code: int) -> int:
    return 1 if code < 0x80 else 2 if code < 0x800 else 3 if code < 0x10000 else 4
