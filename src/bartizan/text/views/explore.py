"""Exploring: from a text to all its readings, readings of readings too, as far as the budget goes."""

from collections import deque
from collections.abc import Iterator, Sequence

from bartizan.text.view import BUDGET_TIMES, DEPTH, LEAST_BUDGET_CHARS, MOST_VIEWS, READ_CHARS, Plain, View, Views
from bartizan.text.views.ciphers import deciphered
from bartizan.text.views.codes import codes
from bartizan.text.views.digits import base32, base64, hexadecimal
from bartizan.text.views.escapes import unescaped
from bartizan.text.views.fold import Fold, clean
from bartizan.text.views.hidden import hidden
from bartizan.text.views.letters import apart, leet
from bartizan.text.views.morse import morse
from bartizan.text.views.piece import Piece, Reading
from bartizan.text.views.radix import base58, base85
from bartizan.text.views.smuggled import smuggled
from bartizan.text.views.source import Source
from bartizan.text.views.turned import turned
from bartizan.text.views.words import words

ENCODINGS = (base64, base32, hexadecimal, codes, base58, base85)
DECODERS = (unescaped, hidden, *ENCODINGS, apart, words, leet, morse, deciphered)
LAST = {leet, words}
"""Nothing is looked for in what these read."""


def explore(text: str, given: Sequence[tuple[str, list[Piece]]] = ()) -> Views:
    """The text, other readings of it that are given, and all that can be read in them."""
    unread = ""
    plain_view = Plain(text)
    if len(text) > READ_CHARS:
        unread = f"only the first {READ_CHARS:,} of {len(text):,} characters were read"
        plain_view = Plain(text[:READ_CHARS])
    found: list[View] = [plain_view]
    seen = {plain_view.text}
    budget = max(BUDGET_TIMES * len(plain_view.text), LEAST_BUDGET_CHARS)
    waiting: deque[tuple[View, int]] = deque([(plain_view, 0)])
    for name, pieces in given:
        found.append(reading := Reading(name, plain_view, pieces))
        waiting.append((reading, 0))
    while waiting:
        view, depth = waiting.popleft()
        steps = _Steps(view, depth)
        for reading, deeper in steps:
            if reading.text in seen or not reading.text:
                continue
            if len(found) >= MOST_VIEWS or len(reading.text) > budget:
                return Views(text, tuple(found), unread or "it has more readings than the budget allows")
            seen.add(reading.text)
            budget -= len(reading.text)
            found.append(reading)
            if deeper:
                waiting.append((reading, depth + 1))
        unread = unread or steps.unread
    return Views(text, tuple(found), unread)


class _Steps:
    """The readings one step further, each with whether it may hide others in its turn."""

    def __init__(self, view: View, depth: int) -> None:
        self._view = view
        self._depth = depth
        self.unread = ""

    def __iter__(self) -> Iterator[tuple[Reading, bool]]:
        view = base = self._view
        text = view.text
        bare = ""
        pieces: list[Piece] = []
        if not text.isascii() or not clean(text):
            fold = Fold(text)
            pieces, bare = fold.pieces, fold.bare
            for name, found in smuggled(text) if fold.smuggles else ():
                yield Reading(name, view, found), True
            for name, found in turned(text) if fold.turns else ():
                yield Reading(name, view, found), True
        if pieces:
            base = folded = Reading("folded", view, pieces)
            text = folded.text
            yield folded, False
        if bare:
            yield Reading("unaccented", base, [Piece(0, len(text), bare)]), False
        source = Source(text)
        if self._depth == DEPTH:
            if any(next(decode(source), None) for decode in ENCODINGS):
                self.unread = f"it is encoded more than {DEPTH} times over"
            return
        for decode in DECODERS:
            for name, found in decode(source):
                if decode is not deciphered or not _again(name, view.how):
                    yield Reading(name, base, found), decode not in LAST
        self.unread = source.unread


def _again(cipher: str, how: tuple[str, ...]) -> bool:
    """Whether a cipher of the same kind was undone already: two turns of the alphabet are one."""
    kind = cipher[:3]
    return any(name[:3] == kind for name in how)
