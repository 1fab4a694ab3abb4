"""Exploring: from a text to all its readings, readings of readings too, as far as the budget goes."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence

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
from bartizan.text.views.radix import base58, base85, noise
from bartizan.text.views.smuggled import smuggled
from bartizan.text.views.source import Source
from bartizan.text.views.turned import turned
from bartizan.text.views.words import words

Decoder = Callable[[Source], Iterable[tuple[str, list[Piece]]]]
Decoders = tuple[Decoder, ...]

ENCODINGS: Decoders = (base64, base32, hexadecimal, codes, base58, base85)
DECODERS: Decoders = (unescaped, hidden, *ENCODINGS, noise, apart, words, leet, morse, deciphered)
NEXT: dict[Decoder, Decoders] = {leet: (), words: (), deciphered: (apart, words, leet, deciphered)}
"""What is looked for in what these read; all, in what any other does."""


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
    waiting: deque[tuple[View, int, Decoders]] = deque([(plain_view, 0, DECODERS)])
    for name, pieces in given:
        found.append(reading := Reading(name, plain_view, pieces))
        waiting.append((reading, 0, DECODERS))
    while waiting:
        view, depth, decoders = waiting.popleft()
        steps = _Steps(view, depth, decoders)
        for reading, deeper in steps:
            if reading.text in seen or not reading.text:
                continue
            if len(found) >= MOST_VIEWS or len(reading.text) > budget:
                return Views(text, tuple(found), unread or "it has more readings than the budget allows")
            seen.add(reading.text)
            budget -= len(reading.text)
            found.append(reading)
            if deeper:
                waiting.append((reading, depth + 1, deeper))
        unread = unread or steps.unread
    return Views(text, tuple(found), unread)


class _Steps:
    """The readings one step further, each with what is to be looked for in it."""

    def __init__(self, view: View, depth: int, decoders: Decoders) -> None:
        self._view = view
        self._depth = depth
        self._decoders = decoders
        self.unread = ""

    def __iter__(self) -> Iterator[tuple[Reading, Decoders]]:
        view = base = self._view
        text = view.text
        bare = ""
        pieces: list[Piece] = []
        if not text.isascii() or not clean(text):
            fold = Fold(text)
            pieces, bare = fold.pieces, fold.bare
            for name, found in smuggled(text) if fold.smuggles else ():
                yield Reading(name, view, found), DECODERS
            for name, found in turned(text) if fold.turns else ():
                yield Reading(name, view, found), DECODERS
        if pieces:
            base = folded = Reading("folded", view, pieces)
            text = folded.text
            yield folded, ()
        if bare:
            yield Reading("unaccented", base, [Piece(0, len(text), bare)]), ()
        source = Source(text)
        if self._depth == DEPTH:
            if any(True for decode in ENCODINGS for _ in decode(source)):
                self.unread = f"it is encoded more than {DEPTH} times over"
            return
        for decode in self._decoders:
            for name, found in decode(source):
                if decode is not deciphered or not _again(name, view.how):
                    yield Reading(name, base, found), NEXT.get(decode, DECODERS)
        self.unread = source.unread


def _again(cipher: str, how: tuple[str, ...]) -> bool:
    """Whether a cipher of the same kind was undone already: two turns of the alphabet are one."""
    kind = cipher[:3]
    return any(name[:3] == kind for name in how)
