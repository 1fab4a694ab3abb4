"""Bytes written as digits of one large number, or of one for each four bytes: base58 and the kinds of base85."""

import re
from collections.abc import Iterator, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np

from bartizan.text.views.likely import LIKE_WORDS, as_text, text_within
from bartizan.text.views.piece import Piece, in_place, of_bytes
from bartizan.text.views.source import DIGITS, LOWER, UNBROKEN, UPPER, Source, marks

LONGEST_BASE58 = 1024
"""Digits. Reading them takes time that grows with the square of their number."""
AT_ONCE = 10
"""Digits of base58 that fit a machine word."""
LEAST_GROUPS = 5
"""Of four bytes each, that a text in base85 has."""

TOKENS, LEAST_NOISE = marks(UPPER + LOWER + DIGITS + b"+/_-"), 24
FEWEST_DIGITS = 12
"""One in so many characters of a key is a digit at least: one in six is to be expected."""
FEWEST_SIGNS = 12
"""One in so many digits of base85 is a sign at least: one in four is to be expected."""

BASE58 = DIGITS[1:] + UPPER.translate(None, b"IO") + LOWER.translate(None, b"l")
IN_58 = marks(BASE58)
VALUE_58 = bytes(BASE58.find(byte) % 58 for byte in range(256))


def base58(source: Source) -> Iterator[tuple[str, list[Piece]]]:
    if not source.unbroken:
        return
    pieces = []
    for start, end in source.runs(IN_58):
        if source.letters.find(b"0", start, end) < 0 or not source.mixed(start, end) or source.likeness(start, end) > 0:
            continue
        if end - start > LONGEST_BASE58:
            source.unread = f"{end - start:,} digits of base58 are more than are read"
        elif read := as_text(_of_base58(source.data[start:end].translate(VALUE_58))):
            pieces.append(Piece(start, end, read))
    if pieces:
        source.settle(pieces)
        yield "base58", in_place(source.text, pieces)


def _of_base58(values: bytes) -> bytes:
    number = 0
    for at in range(0, len(values), AT_ONCE):
        some = 0
        for value in values[at : at + AT_ONCE]:
            some = some * 58 + value
        number = number * 58 ** len(values[at : at + AT_ONCE]) + some
    return number.to_bytes((number.bit_length() + 7) // 8, "big")


class Base85(NamedTuple):
    """A way to write four bytes as five digits."""

    name: str
    values: bytes
    """Of each byte as a digit; 255 of one that is none."""
    leads: bytes
    """Marks the digits that can begin a group that begins with ASCII."""
    far_leads: bytes
    """Those, and the ones that can begin one that begins with another character of two or three bytes."""


# The first digit of five holds most of the first byte of four.
ASCII_BYTES, FAR_BYTES = range(0x20, 0x7F), (*range(0x20, 0x7F), *range(0xC3, 0xED))


def _base85(name: str, alphabet: bytes) -> Base85:
    values = bytes(alphabet.find(byte) % 256 for byte in range(256))
    leads = (
        {alphabet[(byte << 24 | rest) // 85**4] for byte in begins for rest in (0, 0xFFFFFF)}
        for begins in (ASCII_BYTES, FAR_BYTES)
    )
    return Base85(name, values, *(marks(bytes(lead)) for lead in leads))


ALPHABETS_85 = (
    _base85("ascii85", bytes(range(33, 118))),
    # RFC 1924, as git and Python's b85encode have it.
    _base85("base85", DIGITS + UPPER + LOWER + b"!#$%&()*+-;<=>?@^_`{|}~"),
    _base85("z85", DIGITS + LOWER + UPPER + b".-:+=^!/*?&<>()[]{}@%$#"),
)
ENOUGH_LEADS = b"x" * LEAST_GROUPS
NO_DIGIT = b"\xff"
PLACES = np.array([85**4, 85**3, 85**2, 85, 1], np.float64)
LINES = re.compile(rb"[!-~]+(?:\r?\n[!-~]{5,})*")


def base85(source: Source) -> Iterator[tuple[str, list[Piece]]]:
    """In each of three alphabets, also over several lines."""
    if not source.unbroken:
        return
    found: dict[str, list[Piece]] = {}
    done = 0
    for start, _ in source.runs(UNBROKEN, LEAST_GROUPS * 5):
        if start < done or not (lines := LINES.match(source.data, start)):
            continue
        done = lines.end()
        if _varied(source, start, done) and source.likeness(start, done) < LIKE_WORDS / 2:
            at: Sequence[int] = range(start, done)
            if b"\n" in (written := source.data[start:done]):
                at = [place for place in at if source.data[place] not in b"\r\n"]
                written = written.translate(None, b"\r\n")
            for base in ALPHABETS_85:
                found.setdefault(base.name, []).extend(_pieces_85(base, written, at))
    for name, pieces in found.items():
        if pieces:
            yield name, in_place(source.text, pieces)


def _varied(source: Source, start: int, end: int) -> bool:
    """Whether there are letters of both cases, digits and signs, as there are in few other things."""
    cases = source.cases[start:end]
    capital, digits = cases.count(b"A"), source.letters.count(b"0", start, end)
    signs = cases.count(b" ") - digits
    return capital > 2 and digits > 0 and cases.count(b"a") > 0 and signs * FEWEST_SIGNS > end - start


def _pieces_85(base: Base85, written: bytes, at: Sequence[int]) -> Iterator[Piece]:
    """What is written at these places says, wherever in them it begins."""
    leads, values = written.translate(base.leads), written.translate(base.values)
    first = 0
    for part in values.split(NO_DIGIT):
        last = first + len(part)
        for phase in range(5) if len(part) >= LEAST_GROUPS * 5 else ():
            if ENOUGH_LEADS not in leads[first + phase : last : 5] and (phase or not _far(base, written[first:last])):
                continue
            size, skip, read = text_within(_of_base85(part[phase:]))
            if read:
                places = [first + phase + byte // 4 * 5 + byte % 4 for byte in range(skip, skip + size)]
                begins = [at[place] for place in places]
                afters = [at[min(place + 1, last - 1)] + 1 for place in places]
                yield Piece(begins[0], afters[-1], read, partial(of_bytes, read, begins, afters))
                break
        first = last + 1


def _far(base: Base85, written: bytes) -> bool:
    """Whether all that is written may be a text that is not ASCII."""
    leads = written.translate(base.far_leads)[::5]
    return leads.count(b"x") * 4 > len(leads) * 3


def _of_base85(values: bytes) -> bytes:
    """Four bytes for each five digits, and one less than the digits that are left over."""
    missing = -len(values) % 5
    digits = np.frombuffer(values + b"\x54" * missing, np.uint8).reshape(-1, 5)
    numbers = digits.astype(np.float64) @ PLACES
    numbers[numbers >= 1 << 32] = 0
    data = numbers.astype(">u4").tobytes()
    return data[: len(data) - missing]


def noise(source: Source) -> Iterator[tuple[str, list[Piece]]]:
    """Nothing; but no other decoder looks at digests, keys and the like, whose digits hold no text."""
    if source.unbroken:
        tokens = [
            Piece(start, end, "")
            for start, end in source.runs(TOKENS, LEAST_NOISE)
            if source.letters.count(b"0", start, end) * FEWEST_DIGITS > end - start and source.likeness(start, end) < 0
        ]
        if tokens:
            source.settle(tokens)
    yield from ()
