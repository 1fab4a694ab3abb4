"""Exploring: from a text to all its readings, readings of readings too, as far as the budget goes."""

from collections import deque
from collections.abc import Iterator

from bartizan.text.view import BUDGET_TIMES, DEPTH, LEAST_BUDGET_CHARS, MOST_VIEWS, READ_CHARS, Plain, View, Views
from bartizan.text.views.ciphers import deciphered
from bartizan.text.views.codes import codes
from bartizan.text.views.digits import base32, base64, hexadecimal
from bartizan.text.views.escapes import unescaped
from bartizan.text.views.fold import Fold, plain
from bartizan.text.views.hidden import hidden
from bartizan.text.views.letters import apart, leet
from bartizan.text.views.morse import morse
from bartizan.text.views.piece import Parent, Piece, Reading
from bartizan.text.views.radix import base58, base85
from bartizan.text.views.smuggled import smuggled
from bartizan.text.views.source import Source


def explore(text: str) -> Views:
    unread = ""
    if len(text) > READ_CHARS:
        unread = f"only the first {READ_CHARS:,} of {len(text):,} characters were read"
    plain = Plain(text[:READ_CHARS])
    found: list[View] = [plain]
    seen = {plain.text}
    budget = max(BUDGET_TIMES * len(plain.text), LEAST_BUDGET_CHARS)
    waiting: deque[tuple[View, int]] = deque([(plain, 0)])
    while waiting:
        view, depth = waiting.popleft()
        for reading, deeper in _readings(view, depth):
            if reading.text in seen or not reading.text:
                continue
            if len(found) >= MOST_VIEWS or len(reading.text) > budget:
                return Views(plain.text, tuple(found), unread or "the text has more readings than the budget allows")
            seen.add(reading.text)
            budget -= len(reading.text)
            found.append(reading)
            if deeper:
                waiting.append((reading, depth + 1))
    return Views(plain.text, tuple(found), unread)


def _readings(view: View, depth: int) -> Iterator[tuple[Reading, bool]]:
    """The readings one step further, and whether they may hide others in their turn."""
    base: Parent = view
    text = view.text
    if text.isascii():
        pieces, bare = plain(text), ""
    else:
        fold = Fold(text)
        pieces, bare = fold.pieces, fold.bare
        if fold.smuggles:
            for name, hidden_pieces in smuggled(text):
                yield Reading(name, view, hidden_pieces), True
    if pieces:
        base = folded = Reading("folded", view, pieces)
        text = folded.text
        yield folded, False
    if bare:
        yield Reading("unaccented", base, [Piece(0, len(text), bare)]), False
    if depth >= DEPTH:
        return
    source = Source(text)
    for decode in DECODERS:
        for name, pieces in decode(source):
            yield Reading(name, base, pieces), decode is not leet


DECODERS = (unescaped, hidden, base64, base32, hexadecimal, codes, base58, base85, apart, leet, morse, deciphered)
