"""Record ids: UUID version 7 (RFC 9562, 5.7), ordered by time and unique across processes."""

import os
import time
from collections.abc import Iterator
from threading import Lock

POOL_IDS = 512
RANDOM, VARIANT = int("3fff" * POOL_IDS, 16), int("8000" * POOL_IDS, 16)
"""In the fourth group of each id of a pool: the bits that are drawn, and those that say which kind of UUID this is."""
FRACTIONS = tuple(f"7{fraction:03x}" for fraction in range(1 << 12))
"""The third group: the version, and the fraction of a millisecond."""

_lock = Lock()
_tails: list[str] = []
_last_tick = 0
_last_ms = -1
_head = ""


def new_id() -> str:
    """A fresh id; ids made by one process sort in the order in which they were made."""
    global _last_tick, _last_ms, _head
    # 48 bits of milliseconds and 12 bits of their fraction (RFC 9562, 6.2, method 3), never twice the same.
    tick = (time.time_ns() << 12) // 1_000_000
    with _lock:
        if tick <= _last_tick:
            tick = _last_tick + 1
        _last_tick = tick
        if tick >> 12 != _last_ms:
            _last_ms = tick >> 12
            digits = f"{_last_ms:012x}"
            _head = f"{digits[:8]}-{digits[8:]}-"
        if not _tails:
            _tails.extend(_random_tails())
        tail = _tails.pop()
        return f"{_head}{FRACTIONS[tick & 0xFFF]}-{tail}"


def _random_tails() -> Iterator[str]:
    """The last two groups of many ids: the variant, and 62 random bits."""
    fourth = int.from_bytes(os.urandom(2 * POOL_IDS)) & RANDOM | VARIANT
    fourths = fourth.to_bytes(2 * POOL_IDS).hex("-", 2).split("-")
    fifths = os.urandom(6 * POOL_IDS).hex("-", 6).split("-")
    return map("-".join, zip(fourths, fifths, strict=True))


def _forget_pool() -> None:
    """A forked child must not draw the ids that its parent will draw."""
    global _lock
    _lock = Lock()
    _tails.clear()


os.register_at_fork(after_in_child=_forget_pool)
