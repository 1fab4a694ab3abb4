"""Streams of plain data: found by their opcodes alone, at the speed of a regular expression.

A stream that finds no global, names no persistent object and reaches no extension cannot call anything, whatever it
does to stack and memo. So such a stream needs no machine.
"""

import re
from functools import lru_cache

from bartizan.artifacts.pickle.opcodes import COUNTED
from bartizan.artifacts.pickle.source import Ended, Source

SHORT = 64
"""Longer payloads are stepped over one at a time."""
LONGEST_TOKEN = 9 + SHORT
STOP = ord(".")


def skip(source: Source, start: int) -> int | None:
    """The offset after STOP of a stream of plain data; None if it is anything else, or does not end well."""
    source.begin(start)
    try:
        end, known = _end(source, start)
    except Ended:
        return None
    source.count(end, skimmed=True)
    return end if known else None


def _end(source: Source, start: int) -> tuple[int, bool]:
    """Up to where there is only plain data, and whether it ends there."""
    tokens = _tokens()
    data, pos = source.move(start), 0
    while True:
        match = tokens.match(data, pos)
        pos = match.end() if match else pos
        whole = source.base + len(data) >= source.size
        if not whole and len(data) - pos < LONGEST_TOKEN:
            source.count(source.base + pos, skimmed=True)
            data, pos = source.move(source.base + pos), 0
        elif pos < len(data) and data[pos] == STOP:
            return source.base + pos + 1, True
        elif pos < len(data) and data[pos] in COUNTED:
            width, _ = COUNTED[data[pos]]
            pos += 1 + width + int.from_bytes(data[pos + 1 : pos + 1 + width], "little")
            if pos > len(data):
                source.count(source.base + len(data), skimmed=True)
                data, pos = source.move(source.base + pos), 0
        else:
            return source.base + pos, False


@lru_cache
def _tokens() -> re.Pattern[bytes]:
    """Runs of opcodes that push, gather or memoize data, with their operands."""
    simple = rb"[(\])}\x8f\x94\x85-\x87N\x88\x89aesutld0-2\x90\x91]++"
    lines = rb"[IFLSVgp][^\n]*+\n"
    wide = b"X(?:" + b"|".join(re.escape(n.to_bytes(4, "little")) + b".{%d}" % n for n in range(SHORT)) + b")"
    short = b"|".join(_by_length(code) for code, (width, _) in COUNTED.items() if width == 1)
    long1 = _by_length(0x8A)
    return re.compile(
        b"(?:" + b"|".join([simple, rb"[Khq].", rb"[Jjr].{4}", rb"M..", rb"G.{8}", short, wide, long1, lines,
                            rb"\x95.{8}", rb"\x80[\x00-\x05]"]) + b")*+", re.DOTALL)  # fmt: skip


def _by_length(code: int) -> bytes:
    payloads = b"|".join(re.escape(bytes([length])) + b".{%d}" % length for length in range(SHORT))
    return re.escape(bytes([code])) + b"(?:" + payloads + b")"
