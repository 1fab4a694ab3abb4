"""Exploring: from a text to all its readings, readings of readings too, as far as the budget goes."""

from collections import deque

from bartizan.text.view import BUDGET_TIMES, DEPTH, LEAST_BUDGET_CHARS, MOST_VIEWS, READ_CHARS, Plain, View, Views
from bartizan.text.views.digits import base32_read, base58_read, base64_read, binary_read, codes_read, hex_read
from bartizan.text.views.escapes import unescaped
from bartizan.text.views.fold import folded, unaccented
from bartizan.text.views.piece import Reading


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


def _readings(view: View, depth: int):
    base = view
    if pieces := folded(view.text):
        base = Reading("folded", view, pieces)
        yield base, False
    if pieces := unaccented(base.text):
        yield Reading("unaccented", base, pieces), False
    if depth >= DEPTH:
        return
    text = base.text
    data = text.encode("ascii", "replace")
    for name, pieces in unescaped(text):
        yield Reading(name, base, pieces), True
    for decoder in (base64_read, base32_read, hex_read, binary_read, codes_read, base58_read):
        for name, pieces in decoder(text, data):
            yield Reading(name, base, pieces), True
