"""Disguises: a secret in the codes that a model can write it in, so that it is found without being decoded.

A random secret decodes to nothing that looks like text, so a search for what text may be in a code would pass it by.
"""

import base64
import codecs
from collections.abc import Iterator

BASE64_BYTES, BASE64_BITS = 3, 6
BASE32_BYTES, BASE32_BITS = 5, 5


def mirrored(secret: str) -> Iterator[str]:
    """The secret with each letter put elsewhere or as another."""
    yield secret[::-1]
    yield codecs.encode(secret, "rot13")


def coded(secret: str) -> Iterator[tuple[str, float]]:
    """The secret in codes, and the least signs of each for a letter; without those that depend on what stands around."""
    data = secret.encode("utf-8", "replace")
    for before in range(BASE64_BYTES):
        yield _inner(base64.b64encode(bytes(before) + data), before, len(data), BASE64_BITS), 8 / BASE64_BITS
    for before in range(BASE32_BYTES):
        yield _inner(base64.b32encode(bytes(before) + data), before, len(data), BASE32_BITS), 8 / BASE32_BITS
    yield data.hex(), 2.0
    yield " ".join(map(str, data)), 2.0


def _inner(code: bytes, before: int, size: int, bits: int) -> str:
    """The signs that stand for bits of the secret alone."""
    return code[-(-8 * before // bits) : 8 * (before + size) // bits].decode()
