"""Lists of numbers that each stand for a character or a byte: binary, octal, decimal, hexadecimal."""

import re
from collections.abc import Iterator
from functools import partial

from bartizan.text.views.likely import as_text, likeness, text_within
from bartizan.text.views.piece import Piece, in_place, of_bytes
from bartizan.text.views.source import Source, marks

LEAST_DIGITS = 8
"""Digits that a text has to have before it is looked at for codes."""
WORDS = 0.8
"""Of decimal codes so many have to be letters or blanks, since many lists are of such numbers."""
NEXT_SCRIPT = "\u0370"
"""Where the letters of Latin script end. A list that jumps about in them is none of characters."""

PAIRS = rb"(?:[0-9a-fA-F]{2}){1,8}(?![0-9a-fA-F])"
HEX_LIST = re.compile(rb"(?:0x|#)?%bh?(?:[\s:,;_.|-]{1,2}(?:0x|#)?%bh?){3,}" % (PAIRS, PAIRS))
HEX_CODE = re.compile(rb"(?:0x|#)?((?:[0-9a-fA-F]{2})+)")
HEX_SIGNS = (b"xx xx xx", b"xxxx xxxx xxxx")

CODES = re.compile(rb"[0-9]{2,7}(?:(?:, ?|[\s;|.:/_-]|\\| \+ )[0-9]{2,7}){4,}")
CODE = re.compile(rb"[0-9]+")
CODE_SIGNS = (b"x xx x", b"x xxx x", b"x  xx  x", b"x  xxx  x", b"x   xx   x", b"x   xxx   x")
TWO_CODES = (b"x xx", b"x  xx", b"x   xx")
LONGEST_NUMBER = 17
"""Digits of one number in a row, and the blank after it."""

BITS = re.compile(rb"(?<![0-9.])[01](?:[\s,;_|-]{0,2}[01]){27,}(?![0-9])")
IN_2, IN_10, IN_16 = marks(b"01"), marks(b"0123456789"), marks(b"0123456789abcdefABCDEF")


def codes(source: Source) -> Iterator[tuple[str, list[Piece]]]:
    """For each way to write numbers, the text around them with what they stand for."""
    if source.digits < LEAST_DIGITS:
        return
    for name, find in (("binary", _binary), ("hex", _hexadecimal), ("codes", _decimal)):
        if pieces := list(find(source.data)):
            source.settle(pieces)
            yield name, in_place(source.text, pieces)


def _binary(data: bytes) -> Iterator[Piece]:
    """Bytes of eight bits, or characters of seven."""
    if b"x" * 7 not in data.translate(IN_2):
        return
    for match in BITS.finditer(data):
        at = [at for at in range(*match.span()) if data[at] in b"01"]
        bits = bytes(data[place] for place in at)
        for width in (8, 7):
            groups = range(0, len(bits) - width + 1, width)
            read = as_text(bytes(int(bits[group : group + width], 2) for group in groups))
            if read:
                begins, afters = [at[group] for group in groups], [at[group + width - 1] + 1 for group in groups]
                yield Piece(*match.span(), read, partial(of_bytes, read, begins, afters))
                break


def _hexadecimal(data: bytes) -> Iterator[Piece]:
    for match in _lists(HEX_LIST, data, data.translate(IN_16), HEX_SIGNS, b"0x"):
        parts = [part.span(1) for part in HEX_CODE.finditer(data, *match.span())]
        decoded = b"".join(bytes.fromhex(data[start:end].decode()) for start, end in parts)
        size, first, read = text_within(decoded)
        if not read:
            size, first, read = len(decoded), 0, as_text(decoded)
        if read:
            begins = [at for start, end in parts for at in range(start, end, 2)][first : first + size]
            yield Piece(begins[0], begins[-1] + 2, read, partial(of_bytes, read, begins, [at + 2 for at in begins]))


def _decimal(data: bytes) -> Iterator[Piece]:
    """Or octal, whichever looks more like a text."""
    for match in _lists(CODES, data, data.translate(IN_10), CODE_SIGNS, b""):
        parts = [part.span() for part in CODE.finditer(data, *match.span())]
        numbers = [data[start:end] for start, end in parts]
        reads = [read for base in (10, 8) if (read := _characters(numbers, base))]
        if reads:
            spans = [start for start, _ in parts], [end for _, end in parts]
            yield Piece(*match.span(), max(reads, key=likeness), spans)


def _lists(
    pattern: re.Pattern[bytes], data: bytes, marked: bytes, signs: tuple[bytes, ...], prefix: bytes
) -> Iterator[re.Match[bytes]]:
    """The lists of numbers, looked for where some stand near each other, or one has its prefix."""
    if not prefix and not any(sign in marked for sign in TWO_CODES):
        return
    hits = {at for sign in signs for at in _each(marked, sign)}
    if prefix:
        hits.update(_each(data, prefix))
    done = 0
    for at in sorted(hits):
        if at < done:
            continue
        start = _row(marked, done, at) if prefix else max(marked.rfind(b" ", done, at) + 1, done)
        if match := pattern.match(data, start):
            done = match.end()
            yield match


def _row(marked: bytes, done: int, at: int) -> int:
    """Where the row begins of which a number stands here: it or one before, which may have had too few digits."""
    start = max(marked.rfind(b" ", done, at) + 1, done)
    before = max(marked.rfind(b" ", done, max(start - 1, done)) + 1, done)
    return before if marked[start - 2 : start] == b"x " and start - before <= LONGEST_NUMBER else start


def _each(data: bytes, sign: bytes) -> Iterator[int]:
    at = data.find(sign)
    while at >= 0:
        yield at
        at = data.find(sign, at + 1)


def _characters(numbers: list[bytes], base: int) -> str:
    """The characters of these numbers, if they look like words."""
    try:
        read = "".join(chr(int(number, base)) for number in numbers)
    except (ValueError, OverflowError):
        return ""
    words = sum(char.isalpha() or char == " " for char in read)
    if words < WORDS * len(read) or not read.replace("\n", " ").isprintable():
        return ""
    if not read.isascii():
        return read if all(char < "\x80" or char >= NEXT_SCRIPT for char in read) else ""
    return read if likeness(read) > 0 else ""
