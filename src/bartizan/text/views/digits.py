"""Bytes written as digits: base64, base32, base58, hexadecimal, binary, and lists of decimal or octal codes."""

import re
from binascii import a2b_base64
from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple

from bartizan.text.views.likely import TEXT, as_text, likeness, written
from bartizan.text.views.piece import Piece, Spans, in_place, of_bytes

LEAST_DIGITS = 16
LEAST_WITHIN = 12
"""Bytes of text in the midst of noise that are no chance."""
LONGEST_BASE58 = 512
"""Digits. It is one large number, so that reading takes time that grows with their square."""


class Base(NamedTuple):
    """A way to write bytes as digits of a power of two."""

    name: str
    bits: int
    alphabet: bytes
    decode: Callable[[bytes], bytes]
    """The bytes of these digits; what is left of a byte is dropped."""


def _of_table(alphabet: bytes, standard: bytes, base: int, bits: int) -> Callable[[bytes], bytes]:
    table = bytes.maketrans(alphabet, standard)

    def decode(digits: bytes) -> bytes:
        size = len(digits) * bits // 8
        return (int(digits.translate(table), base) >> len(digits) * bits - size * 8).to_bytes(size, "big")

    return decode


URL_SAFE = bytes.maketrans(b"-_", b"+/")


def _base64(digits: bytes) -> bytes:
    whole = len(digits) - (len(digits) % 4 == 1)
    return a2b_base64(digits[:whole].translate(URL_SAFE) + b"===")


UPPER, LOWER, DIGITS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ", b"abcdefghijklmnopqrstuvwxyz", b"0123456789"
BASE64 = Base("base64", 6, UPPER + LOWER + DIGITS + b"+/-_", _base64)
BASE32 = Base("base32", 5, UPPER + b"234567", _of_table(UPPER + b"234567", DIGITS + LOWER[:22], 32, 5))
BASE32_LOWER = Base("base32", 5, LOWER + b"234567", _of_table(LOWER + b"234567", DIGITS + LOWER[:22], 32, 5))
HEX = Base("hex", 4, DIGITS + b"abcdefABCDEF", lambda digits: bytes.fromhex(digits[: len(digits) & ~1].decode()))
BINARY = Base("binary", 8, b"01", _of_table(b"01", b"01", 2, 1))._replace(bits=1)
BASE58 = DIGITS[1:] + UPPER.translate(None, b"IO") + LOWER.translate(None, b"l")
BASE58_VALUE = {digit: value for value, digit in enumerate(BASE58)}


def _marks(alphabet: bytes) -> bytes:
    """A table that turns bytes of the alphabet into x, and all others into spaces."""
    return bytes(ord("x") if byte in alphabet else ord(" ") for byte in range(256))


IN_64, IN_32, IN_32_LOWER, IN_16 = (_marks(base.alphabet) for base in (BASE64, BASE32, BASE32_LOWER, HEX))
MORE_64 = re.compile(rb"=*(?:\s{1,4}[>\"' \t]{0,8}[\w+/-]*[A-Z0-9+/][\w+/-]*)*=*")
CASES = re.compile(rb"[a-z0-9+/_-]*[A-Z][A-Z0-9+/_-]*[a-z]")
PAD = b"= \t\r\n>\"'"


def runs(data: bytes, marks: bytes, least: int) -> Iterator[tuple[int, int]]:
    """Where at least so many bytes of an alphabet stand together."""
    marked = data.translate(marks)
    enough = b"x" * least
    at = marked.find(enough)
    while at >= 0:
        end = marked.find(b" ", at)
        end = len(data) if end < 0 else end
        yield at, end
        at = marked.find(enough, end)


def base64_read(text: str, data: bytes) -> Iterator[tuple[str, list[Piece]]]:
    pieces: list[Piece] = []
    for start, end in runs(data, IN_64, LEAST_DIGITS):
        if pieces and start < pieces[-1].end or not CASES.search(data, start, end):
            continue
        pieces += _base64_pieces(data, start, end)
    if pieces:
        yield "base64", in_place(text, pieces)


def _base64_pieces(data: bytes, start: int, end: int) -> list[Piece]:
    more = MORE_64.match(data, end)
    far = more.end() if more else end
    tokens = [(match.start(), match.end()) for match in TOKEN_64.finditer(data, start, far)]
    whole = [] if len(tokens) < 2 else _digits(BASE64, data, start, far)
    if whole:
        return whole
    if len(tokens) > 1 and (apart := [piece for token in tokens for piece in _digits(BASE64, data, *token)]):
        return apart
    return _digits(BASE64, data, start, end) or _within(BASE64, data, start, end)


TOKEN_64 = re.compile(rb"[\w+/-]+")


def _digits(base: Base, data: bytes, start: int, end: int) -> list[Piece]:
    """The digits as one piece, if what they stand for is text; other characters among them are passed over."""
    digits = data[start:end].translate(None, PAD)
    read = as_text(base.decode(digits))
    return [Piece(start, end, read, partial(_spans, base, data, start, end, 0, read))] if read else []


def _within(base: Base, data: bytes, start: int, end: int) -> list[Piece]:
    """Text that begins and ends somewhere in the digits."""
    found: list[tuple[int, int, int, bytes]] = []
    if end - start < LEAST_WITHIN * 8 // base.bits + 2:
        return []
    digits = data[start:end].translate(None, PAD)
    for skip in range(8 // (8 - base.bits) if base.bits > 4 else 2):
        for match in TEXT.finditer(base.decode(digits[skip:])):
            if len(match[0]) >= LEAST_WITHIN:
                found.append((len(match[0]), skip, match.start(), match[0]))
    if not found:
        return []
    size, skip, at, data_read = max(found)
    read = as_text(data_read)
    if not read:
        return []
    begins, afters = _digit_spans(base, data, start, end, skip)
    begin, after = begins[at], afters[at + size - 1]
    spans = of_bytes(read, begins[at : at + size], afters[at : at + size])
    return [Piece(begin, after, read, lambda: spans)]


def _spans(base: Base, data: bytes, start: int, end: int, skip: int, read: str) -> Spans:
    return of_bytes(read, *_digit_spans(base, data, start, end, skip))


def _digit_spans(base: Base, data: bytes, start: int, end: int, skip: int) -> Spans:
    """For each byte, where the digits begin and end that it is made of."""
    at = [at for at in range(start, end) if data[at] in base.alphabet][skip:]
    size = len(at) * base.bits // 8
    begins = [at[byte * 8 // base.bits] for byte in range(size)]
    afters = [at[(byte * 8 + 7) // base.bits] + 1 for byte in range(size)]
    return begins, afters


def base32_read(text: str, data: bytes) -> Iterator[tuple[str, list[Piece]]]:
    pieces: list[Piece] = []
    for base, marks in ((BASE32, IN_32), (BASE32_LOWER, IN_32_LOWER)):
        for start, end in runs(data, marks, LEAST_DIGITS):
            pieces += _digits(base, data, start, end) or _within(base, data, start, end)
    if pieces:
        yield "base32", in_place(text, sorted(pieces))


HEX_LIST = re.compile(
    rb"(?:(?:0x|\\x|\\u00|%|#)?(?:[0-9a-fA-F]{2}){1,8}h?(?:[\s:,;_.|-]{1,2}|(?=0x|\\x|\\u00)|$)){4,}"
    rb"(?:(?:0x|\\x)?(?:[0-9a-fA-F]{2}){1,8})?"
)
HEX_DIGITS = re.compile(rb"(?:0x|\\x|\\u00)?((?:[0-9a-fA-F]{2})+)")


def hex_read(text: str, data: bytes) -> Iterator[tuple[str, list[Piece]]]:
    pieces: list[Piece] = []
    for start, end in runs(data, IN_16, LEAST_DIGITS):
        pieces += _digits(HEX, data, start, end) or _within(HEX, data, start, end)
    pieces = pieces or _hex_lists(data)
    if pieces:
        yield "hex", in_place(text, pieces)


def _hex_lists(data: bytes) -> list[Piece]:
    marked = data.translate(IN_16)
    if b" xx xx xx " not in marked and b" xxxx xxxx " not in marked and b"0x" not in data and b"\\x" not in data:
        return []
    pieces = []
    for match in HEX_LIST.finditer(data):
        parts = [part.span(1) for part in HEX_DIGITS.finditer(data, *match.span())]
        read = as_text(b"".join(bytes.fromhex(data[start:end].decode()) for start, end in parts))
        if read:
            begins = [at for start, end in parts for at in range(start, end, 2)]
            spans = of_bytes(read, begins, [at + 2 for at in begins])
            pieces.append(Piece(match.start(), match.end(), read, partial(_same, spans)))
    return pieces


def _same(spans: Spans) -> Spans:
    return spans


BINARY_RUN = re.compile(rb"(?<![0-9.])(?:[01]{7,8}[\s,;_|.-]{0,2}){3,}[01]{7,8}(?![0-9])|(?<![0-9])[01]{28,}(?![0-9])")
IN_2 = _marks(b"01")


def binary_read(text: str, data: bytes) -> Iterator[tuple[str, list[Piece]]]:
    if b"x" * 7 not in data.translate(IN_2):
        return
    pieces = []
    for match in BINARY_RUN.finditer(data):
        at = [at for at in range(*match.span()) if data[at] in b"01"]
        bits = bytes(data[place] for place in at)
        tokens = match[0].translate(IN_2).split()
        width = 7 if len(bits) % 8 and len(bits) % 7 == 0 or tokens and max(map(len, tokens)) == 7 else 8
        groups = range(0, len(bits) - width + 1, width)
        read = as_text(bytes(int(bits[group : group + width], 2) for group in groups))
        if read:
            spans = of_bytes(read, [at[group] for group in groups], [at[group + width - 1] + 1 for group in groups])
            pieces.append(Piece(match.start(), match.end(), read, partial(_same, spans)))
    if pieces:
        yield "binary", in_place(text, pieces)


CODES = re.compile(rb"(?<![\w.])\\?[0-9]{2,7}(?:(?:, ?|[\s;|.:/-]|\\| \+ )[0-9]{2,7}){4,}(?![\w.][0-9])")
CODE = re.compile(rb"[0-9]+")


def codes_read(text: str, data: bytes) -> Iterator[tuple[str, list[Piece]]]:
    """Lists of the numbers of characters."""
    if len(data) - len(data.translate(None, DIGITS)) < 10:
        return
    pieces = []
    for match in CODES.finditer(data):
        parts = [part.span() for part in CODE.finditer(data, *match.span())]
        read = max(
            _characters(data, parts, 10), _characters(data, parts, 8), key=lambda read: likeness(read) if read else -9
        )
        if read:
            pieces.append(
                Piece(match.start(), match.end(), read, partial(_same, ([a for a, _ in parts], [b for _, b in parts])))
            )
    if pieces:
        yield "codes", in_place(text, pieces)


def _characters(data: bytes, parts: list[tuple[int, int]], base: int) -> str:
    try:
        codes = [int(data[start:end], base) for start, end in parts]
    except ValueError:
        return ""
    if max(codes) > 0x10FFFF or min(codes) < 9:
        return ""
    read = "".join(map(chr, codes))
    words = sum(char.isalpha() or char == " " for char in read)
    return (
        read
        if read.replace("\n", " ").isprintable()
        and words * 5 >= len(read) * 4
        and (not read.isascii() or likeness(read) > 0)
        else ""
    )


def base58_read(text: str, data: bytes) -> Iterator[tuple[str, list[Piece]]]:
    pieces = []
    for start, end in runs(data, IN_58, LEAST_DIGITS):
        if end - start <= LONGEST_BASE58 and CASES.search(data, start, end):
            number = 0
            for byte in data[start:end]:
                number = number * 58 + BASE58_VALUE[byte]
            read = as_text(number.to_bytes((number.bit_length() + 7) // 8, "big"))
            if read:
                pieces.append(Piece(start, end, read))
    if pieces:
        yield "base58", in_place(text, pieces)


IN_58 = _marks(BASE58)
