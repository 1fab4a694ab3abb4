"""API keys as text: 256 random bits that secret scanners can recognise, and the digest that is kept of them."""

import hashlib
import re
import secrets
import zlib
from typing import NamedTuple

PREFIX = "bz_"
SECRET_BYTES = 32
SECRET_DIGITS = 43
"""Digits of base 62 that hold 256 bits."""
CHECK_DIGITS = 6
"""Digits of base 62 that hold 32 bits."""
ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
PATTERN = re.compile(rf"{PREFIX}[0-9A-Za-z]{{{SECRET_DIGITS + CHECK_DIGITS}}}\Z")
"""What scanners look for; the check digits tell a key from a chance match."""


class Secret(NamedTuple):
    """A key to be shown once, and its digest."""

    text: str
    digest: str

    def __repr__(self) -> str:
        return f"Secret({PREFIX}..., {self.digest[:8]}...)"


def mint() -> Secret:
    """A fresh key."""
    digits = _base62(int.from_bytes(secrets.token_bytes(SECRET_BYTES), "big"), SECRET_DIGITS)
    text = PREFIX + digits + _check(digits)
    return Secret(text, digest_of(text))


def well_formed(text: str) -> bool:
    """True if the text is a key, of whomever: the cheap test before any look-up."""
    if not PATTERN.match(text):
        return False
    body = text[len(PREFIX) :]
    return _check(body[:SECRET_DIGITS]) == body[SECRET_DIGITS:]


def digest_of(text: str) -> str:
    """SHA-256 of the key in hex. A key has 256 random bits, so it needs neither salt nor stretching."""
    return hashlib.sha256(text.encode()).hexdigest()


def _check(digits: str) -> str:
    return _base62(zlib.crc32(digits.encode()), CHECK_DIGITS)


def _base62(number: int, width: int) -> str:
    digits = []
    for _ in range(width):
        number, digit = divmod(number, len(ALPHABET))
        digits.append(ALPHABET[digit])
    return "".join(reversed(digits))
