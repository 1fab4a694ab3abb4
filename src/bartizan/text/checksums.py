"""Checksums that issuers put into what they issue: each computed here once, for the checks and for the examples."""

import hashlib
import zlib
from functools import cache
from importlib import resources

BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def crc62(body: str) -> str:
    """The CRC-32 of the text as six digits of base 62, which GitHub and npm put at the end of their tokens."""
    number, digits = zlib.crc32(body.encode()), ""
    while number:
        number, digit = divmod(number, 62)
        digits = BASE62[digit] + digits
    return digits.rjust(6, "0")


def luhn(digits: str) -> str:
    """The digit that makes these pass the Luhn test (ISO/IEC 7812-1, annex B)."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        doubled = int(digit) * (2 if place % 2 == 0 else 1)
        total += doubled - 9 if doubled > 9 else doubled
    return str(-total % 10)


def base58check(payload: bytes) -> str:
    """The payload with four bytes of its double SHA-256, in base 58: Bitcoin's keys and addresses."""
    full = payload + hashlib.sha256(hashlib.sha256(payload).digest()).digest()[:4]
    number, digits = int.from_bytes(full, "big"), ""
    while number:
        number, digit = divmod(number, 58)
        digits = BASE58[digit] + digits
    return "1" * (len(full) - len(full.lstrip(b"\0"))) + digits


def unbase58check(text: str) -> bytes | None:
    """The payload of a base58check text; None where its checksum fails."""
    number = 0
    for char in text:
        digit = BASE58.find(char)
        if digit < 0:
            return None
        number = number * 58 + digit
    full = b"\0" * (len(text) - len(text.lstrip("1"))) + number.to_bytes((number.bit_length() + 7) // 8, "big")
    payload, checksum = full[:-4], full[-4:]
    return payload if hashlib.sha256(hashlib.sha256(payload).digest()).digest()[:4] == checksum else None


@cache
def bip39_words() -> dict[str, int]:
    """The 2,048 English words of BIP-39 with their numbers."""
    text = resources.files("bartizan.text.checks").joinpath("bip39.txt").read_text("ascii")
    return {word: number for number, word in enumerate(text.split())}


def seed_phrase(entropy: bytes) -> str:
    """The BIP-39 phrase that stands for this entropy, checksum included."""
    checksum_bits = len(entropy) // 4
    number = int.from_bytes(entropy, "big") << checksum_bits | hashlib.sha256(entropy).digest()[0] >> 8 - checksum_bits
    words = tuple(bip39_words())
    count = (len(entropy) * 8 + checksum_bits) // 11
    return " ".join(words[number >> 11 * place & 2047] for place in reversed(range(count)))
