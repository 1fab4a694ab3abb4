"""Disguises: a secret in the codes that a model can write it in, so that it is found without being decoded.

A random secret decodes to nothing that looks like text, so a search for what text may be in a code would pass it by.
"""

import base64
import codecs
import math
from collections.abc import Iterator

LEET = str.maketrans("aeiost", "431057")
BASE85_BYTES, BASE85_BITS = 4, 6.4
BASE64_BYTES, BASE64_BITS = 3, 6
BASE32_BYTES, BASE32_BITS = 5, 5


def mirrored(secret: str) -> Iterator[str]:
    """The secret with each letter put elsewhere or as another."""
    yield secret[::-1]
    yield codecs.encode(secret, "rot13")
    yield secret.translate(LEET)
    yield secret.lower().translate(LEET)


def coded(secret: str) -> Iterator[tuple[str, float]]:
    """The secret in codes, and the least signs of each for a letter; not those that depend on what stands around."""
    data = secret.encode("utf-8", "replace")
    for before in range(BASE64_BYTES):
        yield _inner(base64.b64encode(bytes(before) + data), before, len(data), BASE64_BITS), 8 / BASE64_BITS
    for before in range(BASE32_BYTES):
        yield _inner(base64.b32encode(bytes(before) + data), before, len(data), BASE32_BITS), 8 / BASE32_BITS
    for before in range(BASE85_BYTES):
        # Many of its signs are no letters, so that fewer than one a letter may be left.
        yield _inner(base64.b85encode(bytes(before) + data, pad=True), before, len(data), BASE85_BITS), 1.0
        yield _inner(base64.a85encode(b"x" * before + data, pad=True), before, len(data), BASE85_BITS), 1.0
    yield data.hex(), 2.0
    yield " ".join(f"{byte:o}" for byte in data), 2.0
    yield " ".join(map(str, data)), 2.0


def _inner(code: bytes, before: int, size: int, bits: float) -> str:
    """The signs that stand for bits of the secret alone."""
    return code[math.ceil(8 * before / bits) : int(8 * (before + size) / bits)].decode()
