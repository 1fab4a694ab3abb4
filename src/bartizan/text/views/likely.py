"""Whether letters, or bytes that came out of a decoding, are likely to be text that somebody wrote."""

import re
from importlib.resources import files
from math import log2

import numpy as np
from numpy.typing import NDArray

SYMBOLS = 27
"""A word's edge, and the letters."""
PER_NAT = 16

LEAST_WITHIN = 12
"""Bytes of text in the midst of noise that are no chance."""
TEXT = re.compile(rb"(?:[\t\n\r -~]|[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}){12,}")
RUN = re.compile("[^\ufffd\x00-\x08\x0b\x0c\x0e-\x1f\x7f]{12}")
"""A quick look whether there is any."""
WIDE = re.compile(rb"(?:[\t\n\r -~]\0){6,}")
"""UTF-16, of which each second byte is nought in most languages of Latin script."""
CONTROLS = bytes({*range(32), 127} - {9, 10, 13})
BLANKS, LETTERS = b" \t\r\n", bytes((*range(65, 91), *range(97, 123)))
CODED = LETTERS + b"0123456789.+/=%&;#\\-"
"""What is printable because it is written in yet another code."""
LIKE_WORDS = 0.5
"""Nats per pair that a few letters have to reach."""

SAMPLE_CHARS = 256
"""Looked at of a text that is not ASCII."""
SHORT_CHARS, MIDDLING_CHARS = 9, 16
"""Below this, noise can be printable by chance, and has to look like words, or to be of letters for the most part."""


def _pairs() -> NDArray[np.int8]:
    """log(p / even) of each pair of symbols, in sixteenths."""
    lines = (files(__package__) / "pairs.tsv").read_text("utf-8").splitlines()
    return np.array([[int(cell) for cell in line.split("\t")[1:]] for line in lines[2:]], np.int8)


PAIRS = _pairs()


def _symbols() -> NDArray[np.uint8]:
    """The symbol of each byte: 0 a word's edge, 1 to 26 a letter in either case, 27 what tells nothing."""
    symbols = np.full(256, SYMBOLS, np.uint8)
    for letter in range(26):
        symbols[[ord("a") + letter, ord("A") + letter]] = letter + 1
    symbols[list(b" \t\r\n.,;:!()\"'")] = 0
    return symbols


SYMBOL = _symbols()


def of_neighbours(table: NDArray[np.int8]) -> NDArray[np.int8]:
    """The same table by two neighbouring bytes, read as one little-endian number."""
    wide = np.zeros((SYMBOLS + 1, SYMBOLS + 1), np.int8)
    wide[:SYMBOLS, :SYMBOLS] = table
    return wide[np.ix_(SYMBOL, SYMBOL)].T.ravel()


LIKELY = of_neighbours(PAIRS)


def neighbours(data: bytes) -> NDArray[np.uint16]:
    """Each byte with the one after it, as one little-endian number."""
    return np.ndarray((max(len(data) - 1, 0),), "<u2", data, 0, (1,))


def likeness(text: str) -> float:
    """Nats per pair by which the text looks like a language rather than letters by chance."""
    data = f" {text} ".encode("ascii", "replace")
    return float(LIKELY.take(neighbours(data)).sum(dtype=np.int32)) / PER_NAT / (len(data) - 1)


def as_text(data: bytes) -> str:
    """The bytes as text if somebody wrote it, or nothing."""
    if len(data) > SHORT_CHARS and data.count(0) * 5 > len(data) * 2:
        data = _narrow(data)
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        if error.reason != "unexpected end of data" or error.start < SHORT_CHARS:
            return ""
        text = data[: error.start].decode()
    if len(data.translate(None, CONTROLS)) != len(data):
        return ""
    return text if written(text) else ""


def text_within(data: bytes) -> tuple[int, int, str]:
    """The longest text among the bytes, if that is no chance: its size, where it begins, and it; or nothing."""
    kind = WIDE if data.count(0) * 3 > len(data) else TEXT
    if kind is TEXT and not RUN.search(data.decode("utf-8", "replace")):
        return 0, 0, ""
    spans = [match.span() for match in kind.finditer(data)]
    if not spans:
        return 0, 0, ""
    start, end = max(spans, key=lambda span: span[1] - span[0])
    chance = (LEAST_WITHIN + log2(len(data) / LEAST_WITHIN)) * (1 if kind is TEXT else 2)
    read = as_text(data[start:end]) if end - start >= chance else ""
    if not read or (end - start < 2 * chance and read.isascii() and likeness(read) < 0):
        return 0, 0, ""
    return end - start, start, read


def written(text: str) -> bool:
    """Whether printable characters are likely to have been written rather than to be noise."""
    if not text.isascii():
        some = text[:SAMPLE_CHARS]
        return len(text) > 1 and sum(map(str.isalnum, some)) * 3 > sum(not char.isspace() for char in some) * 2
    data = text.encode()
    visible = len(data.translate(None, BLANKS))
    letters = len(data) - len(data.translate(None, LETTERS))
    if len(text) < SHORT_CHARS:
        return letters == visible >= 3 and likeness(text) > LIKE_WORDS
    if letters * 2 > visible:
        return True
    return len(text) >= MIDDLING_CHARS and (len(data) - len(data.translate(None, CODED))) * 10 > visible * 9


def _narrow(data: bytes) -> bytes:
    """UTF-16 as UTF-8, or what there was."""
    try:
        return data.decode("utf-16-le" if data[1::2].count(0) >= data[::2].count(0) else "utf-16-be").encode()
    except UnicodeError:
        return data


def totals(data: bytes) -> NDArray[np.int32]:
    """How likely the pairs are that end before each place, summed up, in sixteenths; two noughts come first."""
    sums = np.zeros(len(data) + 2, np.int32)
    np.cumsum(LIKELY.take(neighbours(data + b" ")), dtype=np.int32, out=sums[2:])
    return sums
