"""Checksums that issuers put into what they issue: each computed here once, for the checks and for the examples."""

import hashlib
import zlib
from functools import cache
from importlib import resources

BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
RIPPLE58 = "rpshnaf39wBUDNEGHJKLM4PQRST7VWXYZ2bcdeCg65jkm8oFqi1tuvAxyz"
BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


_BECH32_GENERATORS = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)


def crc62(body: str) -> str:
    """The CRC-32 of the text as six digits of base 62, which GitHub and npm put at the end of their tokens."""
    return _spelled(zlib.crc32(body.encode()), BASE62).rjust(6, "0")


def base36(number: int, width: int) -> str:
    """The number in base 36, at least so many digits wide."""
    return _spelled(number, "0123456789abcdefghijklmnopqrstuvwxyz").rjust(width, "0")


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
    return "1" * (len(full) - len(full.lstrip(b"\0"))) + _spelled(int.from_bytes(full, "big"), BASE58)


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


def bech32(human: str, groups: list[int]) -> str:
    """Groups of five bits behind a lower-case human-readable part, with the checksum (BIP-173)."""
    check = bech32_residue(human, [*groups, 0, 0, 0, 0, 0, 0]) ^ 1
    groups = groups + [check >> 5 * place & 31 for place in reversed(range(6))]
    return f"{human}1{''.join(BECH32[group] for group in groups)}"


def bech32_residue(human: str, groups: list[int]) -> int:
    """What the checksum's polynomial leaves: 1 where the last six groups are the right ones."""
    residue = 1
    for value in [*(ord(char) >> 5 for char in human), 0, *(ord(char) & 31 for char in human), *groups]:
        top = residue >> 25
        residue = (residue & 0x1FFFFFF) << 5 ^ value
        for place, generator in enumerate(_BECH32_GENERATORS):
            residue ^= generator if top >> place & 1 else 0
    return residue


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


def _spelled(number: int, digits: str) -> str:
    spelled = ""
    while number:
        number, digit = divmod(number, len(digits))
        spelled = digits[digit] + spelled
    return spelled
