"""A pattern made small for an automaton that only hints: each match has its hint, and now and then one is in vain.

A hint is a place inside the match or at its end. So what may be missing at either end of a match is left out, and a
long count becomes an endless one: `[a-z]{0,9}key[ =]{1,90}[0-9a-f]{16,64}` is hinted by `key[ =]+[0-9a-f]{16}`.
"""

from bartizan.text.regex import Chars, Choice, Edge, Node, Repeat, Sequence
from bartizan.text.regex_measure import positions

MAX_COUNTED = 16
"""States that the optional part of a count may take."""
MAX_NEEDED = 128
"""States that the needed part of a count may take."""

EMPTY = Sequence(())


def hint(node: Node) -> Node:
    """The smaller pattern: it matches a part of each match of the whole."""
    return _cut(_cut(_counted_less(node), at=-1), at=0)


def _cut(node: Node, *, at: int) -> Node:
    """The pattern without what may be missing at its first place (0) or its last (-1)."""
    if isinstance(node, Repeat):
        if node.low == 0:
            return EMPTY
        return _cut(node.item, at=at) if node.low == 1 else Repeat(node.item, node.low, node.low)
    if isinstance(node, Choice):
        return Choice(tuple(_cut(item, at=at) for item in node.items))
    if not isinstance(node, Sequence):
        return node
    items = list(node.items)
    while items:
        items[at] = _cut(items[at], at=at)
        if items[at] != EMPTY:
            break
        del items[at]
    return Sequence(tuple(items))


def _counted_less(node: Node) -> Node:
    """The pattern with no long counts."""
    if isinstance(node, Chars | Edge):
        return node
    if not isinstance(node, Repeat):
        return type(node)(tuple(_counted_less(item) for item in node.items))
    item, low, high = _counted_less(node.item), node.low, node.high
    each = max(1, positions(item))
    if high is not None and (high - low) * each > MAX_COUNTED:
        high = None
    if low > 1 and low * each > MAX_NEEDED:
        low, high = max(1, MAX_NEEDED // each), None
    return Repeat(item, low, high)
