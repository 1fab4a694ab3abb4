"""Keys to money: seed phrases, Bitcoin keys, bech32 keys, Stellar seeds. All carry checksums."""

import base64
import binascii
import hashlib
import re

from bartizan.text.checks.placeholders import monotonous, published
from bartizan.text.checksums import BASE58, BECH32, RIPPLE58, bech32_residue, bip39_words, unbase58check

_PRIVATE_VERSIONS = tuple(map(bytes.fromhex, ("0488ade4", "049d7878", "04b2430c", "04358394", "044a4e28", "045f18bc")))
_KEY_BYTES = 32


def seed_phrase(text: str) -> bool:
    """12 to 24 words of BIP-39 whose last bits are those of the SHA-256 of the others."""
    words = re.findall("[a-z]+", text.lower())
    numbers = [bip39_words().get(word, -1) for word in words]
    if len(numbers) not in (12, 15, 18, 21, 24) or -1 in numbers or published(" ".join(words)):
        return False
    bits = 0
    for number in numbers:
        bits = bits << 11 | number
    checksum_bits = len(numbers) // 3
    entropy = (bits >> checksum_bits).to_bytes(checksum_bits * 4, "big")
    return hashlib.sha256(entropy).digest()[0] >> (8 - checksum_bits) == bits & ((1 << checksum_bits) - 1)


def bitcoin_key(text: str) -> bool:
    """A key in wallet import format: a network's version, 32 bytes, and 1 if its point is compressed."""
    payload = unbase58check(text)
    return payload is not None and payload[:1] in (b"\x80", b"\xef", b"\xb0", b"\x9e") and len(payload) in (33, 34)


def extended_key(text: str) -> bool:
    """An extended private key (BIP-32): `xprv` and its kin."""
    payload = unbase58check(text)
    return payload is not None and len(payload) == 78 and payload[:4] in _PRIVATE_VERSIONS


def ripple_seed(text: str) -> bool:
    """A seed of the XRP ledger: base58check in an alphabet of its own, 16 bytes."""
    payload = unbase58check(text.translate(str.maketrans(RIPPLE58, BASE58)))
    return payload is not None and payload[:1] == b"\x21" and len(payload) == 17


def bech32(text: str) -> bool:
    """A key in bech32 (BIP-173), as age and Nostr write theirs."""
    human, _, data = text.lower().rpartition("1")
    values = [BECH32.find(char) for char in data]
    if not human or -1 in values:
        return False
    return bech32_residue(human, values) == 1


def stellar_seed(text: str) -> bool:
    """A seed of the Stellar network (SEP-23): version, 32 bytes, and their CRC-16, least byte first."""
    try:
        raw = base64.b32decode(text)
    except ValueError:
        return False
    return raw[:1] == bytes([18 << 3]) and binascii.crc_hqx(raw[:-2], 0).to_bytes(2, "little") == raw[-2:]


def key_bytes(text: str) -> bool:
    """A list of 64 numbers, the form in which Solana's tools keep a key."""
    numbers = [int(number) for number in re.findall("[0-9]+", text)]
    return len(numbers) == 2 * _KEY_BYTES and max(numbers) < 256 and len(set(numbers)) > _KEY_BYTES // 2


def hex_key(text: str) -> bool:
    """32 bytes in hexadecimal that nobody made up."""
    return not (monotonous(text) or published(text)) and len(set(text)) > 8
