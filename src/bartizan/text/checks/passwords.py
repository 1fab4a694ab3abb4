"""Passwords that people choose. They are short and half written, so their form has to give them away."""

import re

from bartizan.text.checks.names import kind_of
from bartizan.text.checks.placeholders import refers, stands_in
from bartizan.text.checks.words import words
from bartizan.text.checks.written import drawn_bits

MIN_LENGTH, MAX_LENGTH = 6, 128
_DRAWN_BITS = 20.0
"""A draw is a million times likelier than writing: no strange form is needed then."""
_GROUPED_BITS = 8.0
_STOCK = words("stock")
_ENDS = "0123456789!@#$%^&*_-.,:;+?=<>[]{}()"
_NAME = re.compile(r"[A-Za-z]+(?:[_-][A-Za-z]+)*")
_LOWER, _UPPER, _DIGIT, _MARK, _NEUTRAL = range(5)
_KINDS = bytes(
    _LOWER
    if chr(code).islower()
    else _UPPER
    if chr(code).isupper()
    else _DIGIT
    if chr(code).isdigit()
    else _NEUTRAL
    if chr(code) in "-_./:"
    else _MARK
    for code in range(256)
)
_PIECE = re.compile(r"[^\W_]+")
_IDENTIFIER = re.compile(r"[A-Za-z_]+(?:[.\-/:][A-Za-z_]+)*\d{0,2}|[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+")


def chosen(value: str) -> bool:
    """Whether the value is a password that somebody may really use."""
    if not MIN_LENGTH <= len(value) <= MAX_LENGTH or len(value.split()) != 1:
        return False
    if stock(value) or stands_in(value) or refers(value):
        return False
    return drawn_bits(value) >= _DRAWN_BITS or mixed(value)


def mixed(value: str) -> bool:
    """Whether digits or marks stand among the letters as they do in no name and no word."""
    if _IDENTIFIER.fullmatch(value) or _phrase(value):
        return False
    kinds = set(value.encode("ascii", "replace").translate(_KINDS)) - {_NEUTRAL}
    return len(kinds) > 2 or (_DIGIT in kinds and len(kinds) > 1 and len(value) >= 7)


def _phrase(value: str) -> bool:
    """Whether the value is words and numbers with marks between: `required|min:8`, `a-slug-of-2024`."""
    pieces = _PIECE.findall(value)
    words = [piece for piece in pieces if piece.isalpha() and len(piece) > 2]
    return len(words) > 1 and all(piece.isalpha() or piece.isdigit() for piece in pieces)


def stock(value: str) -> bool:
    """Whether the value is a word of manuals, its digits and marks aside, or the name of a password (`db_password`)."""
    return (
        value.lower().strip(_ENDS) in _STOCK
        or not any(map(str.isalnum, value))
        or bool(_NAME.fullmatch(value) and kind_of(value))
    )


def pair(text: str) -> bool:
    """Whether `user:password` holds a password that somebody may really use."""
    user, _, password = text.partition(":")
    if not password:
        return len(user) >= MIN_LENGTH and not stock(user) and chosen(user)
    return given(password) and password.lower() != user.lower()


def quoted_pair(text: str) -> bool:
    """The pair as a shell is given it, in quotes or with quoted halves."""
    return pair(text.replace('"', "").replace("'", ""))


def told(value: str) -> bool:
    """Whether a sentence ends in a password: among words, only what is no word can be told from them."""
    value = value.rstrip(".!?:")
    return chosen(value) and any(map(str.isalpha, value)) and not all(map(str.isalpha, value.replace("-", "")))


def grouped(value: str) -> bool:
    """Whether groups of letters, as some issuers print passwords, are drawn and not words."""
    joined = value.replace(" ", "")
    return not stands_in(joined) and drawn_bits(joined) >= _GROUPED_BITS


def given(value: str) -> bool:
    """Whether the value is a password where only one can stand (a URL, behind `--password`): a rare word will do."""
    return 3 < len(value) <= MAX_LENGTH and not (stock(value) or stands_in(value) or refers(value))
