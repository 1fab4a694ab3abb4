"""Bytes written as digits of a power of two: base64, base32, hexadecimal."""

import re
from binascii import a2b_base64
from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple

from bartizan.text.views.likely import LEAST_WITHIN, LIKE_WORDS, as_text, text_within
from bartizan.text.views.piece import Piece, Spans, in_place, of_bytes
from bartizan.text.views.source import DIGITS, LOWER, UPPER, Source, marks


class Base(NamedTuple):
    """A way to write bytes as digits."""

    name: str
    bits: int
    """That each digit holds."""
    align: int
    """So many digits, and whole bytes end together again."""
    alphabet: bytes
    decode: Callable[[bytes], bytes]
    """The bytes that these digits hold; what is left over is dropped."""


def _by_number(alphabet: bytes, bits: int) -> Callable[[bytes], bytes]:
    table = bytes.maketrans(alphabet, (DIGITS + LOWER)[: len(alphabet)])

    def decode(digits: bytes) -> bytes:
        size = len(digits) * bits // 8
        number = int(digits.translate(table) or b"0", 1 << bits)
        return (number >> len(digits) * bits - size * 8).to_bytes(size, "big")

    return decode


def _base64(digits: bytes) -> bytes:
    whole = len(digits) - (len(digits) % 4 == 1)
    return a2b_base64(digits[:whole].translate(URL_SAFE) + b"==")


def _hex(digits: bytes) -> bytes:
    return bytes.fromhex(digits[: len(digits) & ~1].decode())


URL_SAFE = bytes.maketrans(b"-_", b"+/")
BASE64 = Base("base64", 6, 4, UPPER + LOWER + DIGITS + b"+/-_", _base64)
BASE32 = Base("base32", 5, 8, UPPER + b"234567", _by_number(UPPER + b"234567", 5))
BASE32_SMALL = Base("base32", 5, 8, LOWER + b"234567", _by_number(LOWER + b"234567", 5))
HEX = Base("hex", 4, 2, DIGITS + b"abcdefABCDEF", _hex)
IN_64, IN_32, IN_32_SMALL, IN_16 = (marks(base.alphabet) for base in (BASE64, BASE32, BASE32_SMALL, HEX))

# What else may stand between digits that belong together: line ends, indents, quotation marks of mails and strings.
PASSED = b"= \t\r\n>\"'\\,"
TOKEN_64 = re.compile(rb"[\w+/-]+={0,2}")
CLUSTER_64 = re.compile(
    rb"[\w+/-]+(?:={0,2}[ \t\"'\\,]{0,4}(?:\r?\n|\s)[ \t>\"']{0,12}"
    rb"(?![0-9]+\b)(?:[0-9+/]|[A-Za-z][a-z]*[A-Z0-9+/_-]|[\w+/-]{2,}=)[\w+/-]*)*={0,2}"
)
"""Digits, and more of them after a blank: what has capitals or figures inside is no word that follows."""
ASCII_16, ENOUGH_16 = marks(b"234567"), b"x" * LEAST_WITHIN
"""The first digit of two, in ASCII; so many of them are a text's."""
HEX_PREFIXES = (b"0x", b"0X", b"\\x")
MANY_SIGNS = 8
"""If more than one in so many digits is no letter or figure, none is: one in 32 is to be expected."""
MOST_TOKENS, SHORT_TOKEN = 8, 12
ASCII_64 = re.compile(rb"(?:[A-Za-f][A-HQ-Xg-nw-z0-3][ABEFIJMNQRUVYZcdghklopstwx014589][\w+/-]?)+={0,2}$")
"""Digits that hold nothing but ASCII: after the first few tokens of a row only these are read one by one."""


def base64(source: Source) -> Iterator[tuple[str, list[Piece]]]:
    """Also in the alphabet of URLs, without its padding, over several lines, or in the midst of other letters."""
    if not source.unbroken:
        return
    pieces: list[Piece] = []
    done = 0
    for start, end in source.runs(IN_64):
        if start >= done and source.mixed(start, end) and not _words(source, start, end):
            found, done = _base64_pieces(source, start, end)
            pieces += found
    if pieces:
        source.settle(pieces)
        yield "base64", in_place(source.text, pieces)


def _words(source: Source, start: int, end: int) -> bool:
    """Whether it rather looks like words, joined by signs that may be digits too: a path, a name, a query."""
    return source.likeness(start, end) > LIKE_WORDS or source.letters.count(b" ", start, end) * MANY_SIGNS > end - start


def _base64_pieces(source: Source, start: int, end: int) -> tuple[list[Piece], int]:
    """The text in these digits and the ones that go on after a blank; and where that ends."""
    data = source.data
    cluster = CLUSTER_64.match(data, start)
    far = max(cluster.end() if cluster else end, end)
    if whole := _piece(BASE64, data, start, far):
        return whole, far
    tokens = [match.span() for match in TOKEN_64.finditer(data, start, far)]
    apart = _apart(data, tokens) if len(tokens) > 1 else []
    if _said(apart) * 2 > far - start:
        return apart, far
    return max(apart, _within(BASE64, data, start, far), key=_said), far


def _apart(data: bytes, tokens: list[tuple[int, int]]) -> list[Piece]:
    """The tokens that are text by themselves, and then what is a word beside them."""
    some = [*tokens[:MOST_TOKENS], *(token for token in tokens[MOST_TOKENS:] if ASCII_64.match(data, *token))]
    pieces = [piece for token in some for piece in _piece(BASE64, data, *token)]
    if not pieces:
        return []
    done = {piece.end for piece in pieces}
    short = [(start, end) for start, end in tokens if end not in done and end - start < SHORT_TOKEN]
    pieces += [piece for token in short for piece in _piece(BASE64, data, *token, _word)]
    return sorted(pieces, key=lambda piece: piece.start)


def base32(source: Source) -> Iterator[tuple[str, list[Piece]]]:
    if not source.unbroken:
        return
    pieces: list[Piece] = []
    for base, table in ((BASE32, IN_32), (BASE32_SMALL, IN_32_SMALL)):
        for start, end in source.runs(table):
            if source.letters.find(b"0", start, end) >= 0:
                pieces += _piece(base, source.data, start, end) or _within(base, source.data, start, end)
    if pieces:
        source.settle(pieces)
        yield "base32", in_place(source.text, sorted(pieces, key=lambda piece: piece.start))


def hexadecimal(source: Source) -> Iterator[tuple[str, list[Piece]]]:
    """In one run; lists of hexadecimal codes are read with the other codes."""
    if not source.unbroken:
        return
    pieces: list[Piece] = []
    for start, end in source.runs(IN_16):
        found = _piece(HEX, source.data, start, end)
        if not found and any(ENOUGH_16 in source.data[start + skip : end : 2].translate(ASCII_16) for skip in (0, 1)):
            found = _within(HEX, source.data, start, end)
        if found and found[0].start == start and source.data[max(start - 2, 0) : start] in HEX_PREFIXES:
            found = [found[0]._replace(start=start - 2)]
        pieces += found
    if pieces:
        source.settle(pieces)
        yield "hex", in_place(source.text, pieces)


def _said(pieces: list[Piece]) -> int:
    return sum(len(piece.text) for piece in pieces)


def _word(data: bytes) -> str:
    """A word that would be taken for chance did it not stand beside others."""
    return data.decode() if data.isalpha() else ""


def _piece(base: Base, data: bytes, start: int, end: int, read_as: Callable[[bytes], str] = as_text) -> list[Piece]:
    """The digits as one piece, if what they hold is text."""
    read = read_as(base.decode(data[start:end].translate(None, PASSED)))
    return [Piece(start, end, read, partial(_spans, base, data, start, end, read))] if read else []


def _within(base: Base, data: bytes, start: int, end: int) -> list[Piece]:
    """Text that begins and ends somewhere in the digits: they were glued to other ones."""
    if (end - start) * base.bits < (LEAST_WITHIN + 2) * 8:
        return []
    digits = data[start:end].translate(None, PASSED)
    found = max((text_within(base.decode(digits[skip:])), -skip) for skip in range(base.align))
    (size, first, read), skip = found[0], -found[1]
    if not read:
        return []
    begins, afters = _digit_spans(base, data, start, end, skip)
    spans = of_bytes(read, begins[first : first + size], afters[first : first + size])
    return [Piece(begins[first], afters[first + size - 1], read, spans)]


def _spans(base: Base, data: bytes, start: int, end: int, read: str) -> Spans:
    return of_bytes(read, *_digit_spans(base, data, start, end, 0))


def _digit_spans(base: Base, data: bytes, start: int, end: int, skip: int) -> Spans:
    """For each byte, where the first digit begins and the last one ends that holds a bit of it."""
    at = [at for at in range(start, end) if data[at] in base.alphabet][skip:]
    size = len(at) * base.bits // 8
    begins = [at[byte * 8 // base.bits] for byte in range(size)]
    return begins, [at[(byte * 8 + 7) // base.bits] + 1 for byte in range(size)]
