"""Stretches: where in a text a short pattern without a word of its own may match.

`\\b[A-Z]{2}\\d{6}\\b` offers an automaton nothing to skip to, so it costs time at each byte. But no match of it is far
from digits, and most texts have few; nor has a key of forty random letters its match where only words stand.
"""

from bartizan.text.regex import DIGITS, TOKEN, Chars, Node
from bartizan.text.regex_measure import count, run, widths

LITERAL_CHARS = 3
"""An automaton skips to words of so many letters by itself."""
DIGITS_NEEDED, DIGITS_MARGIN_BYTES = 2, 96
TOKEN_CHARS, TOKEN_MARGIN_BYTES = 20, 256
EVERYWHERE, NEAR_DIGITS, NEAR_TOKENS = "everywhere", "near digits", "near tokens"
PLACES = (EVERYWHERE, NEAR_DIGITS, NEAR_TOKENS)

Stretch = tuple[int, int]


def _mark(members: int) -> bytes:
    """A table that turns these ASCII characters into a zero and all other bytes into a space."""
    return bytes(48 if code < 128 and members >> code & 1 else 32 for code in range(256))


_DIGITS, _TOKENS = _mark(DIGITS), _mark(TOKEN)


def place_of(node: Node) -> str:
    """Where a pattern has to be looked for."""
    if run(node, _is_letter) >= LITERAL_CHARS:
        return EVERYWHERE
    most = widths(node)[1]
    if most <= DIGITS_MARGIN_BYTES and count(node, _is_digit) >= DIGITS_NEEDED:
        return NEAR_DIGITS
    if most <= TOKEN_MARGIN_BYTES and run(node, _is_token) >= TOKEN_CHARS:
        return NEAR_TOKENS
    return EVERYWHERE


def near_digits(data: bytes) -> list[Stretch]:
    """The stretches that hold every short match with enough digits."""
    marked = data.translate(_DIGITS)
    stretches: list[Stretch] = []
    at = 0
    while (first := marked.find(b"0", at)) >= 0:
        last = first
        while (next_last := marked.rfind(b"0", last + 1, last + DIGITS_MARGIN_BYTES)) >= 0:
            last = next_last
        if last > first:
            _add(stretches, first, last + 1, DIGITS_MARGIN_BYTES, len(data))
        at = last + 1
    return stretches


def near_tokens(data: bytes) -> list[Stretch]:
    """The stretches that hold every bounded match with a long run of a token's letters."""
    marked = data.translate(_TOKENS)
    stretches: list[Stretch] = []
    end = 0
    while (first := marked.find(b"0" * TOKEN_CHARS, end)) >= 0:
        end = marked.find(b" ", first + TOKEN_CHARS)
        end = len(data) if end < 0 else end
        _add(stretches, first, end, TOKEN_MARGIN_BYTES, len(data))
    return stretches


def _add(stretches: list[Stretch], first: int, end: int, margin: int, size: int) -> None:
    """Adds the stretch with what is around it; those that touch become one."""
    begin, end = max(0, first - margin), min(size, end + margin)
    if stretches and begin <= stretches[-1][1]:
        begin = stretches.pop()[0]
    stretches.append((begin, end))


def _is_letter(chars: Chars) -> bool:
    """True for one character, or for one letter in both cases."""
    return chars.beyond is not None and chars.ascii.bit_count() + len(chars.beyond) <= 2


def _is_digit(chars: Chars) -> bool:
    return _within(chars, DIGITS)


def _is_token(chars: Chars) -> bool:
    return _within(chars, TOKEN)


def _within(chars: Chars, members: int) -> bool:
    return chars.beyond == () and chars.ascii != 0 and not chars.ascii & ~members
