"""Written or drawn: how much better a draw from an alphabet explains a text than a person who wrote it.

Both explanations are priced in bits. A draw costs log2 of its alphabet's size for each letter. Writing costs what a
table of letter pairs says, counted over much source code (`tools/written_table.py`): `getUserName` and `1.8.2-beta` are
cheap in it, `q7Xz2` is dear. The difference is the weight of the evidence (Good, 1950), and needs no list of words.
"""

from functools import cache
from importlib import resources
from math import log2

_SYMBOLS = "\0abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0" + "".join(
    chr(code) for code in range(33, 127) if not chr(code).isalnum()
)
_DIGIT_TENTHS = round(10 * log2(10))
_ALPHABETS = tuple(
    (frozenset(letters), log2(len(letters)))
    for letters in (
        "0123456789",
        "0123456789abcdef",
        "0123456789ABCDEF",
        "abcdefghijklmnopqrstuvwxyz",
        "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
        "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567",
        "abcdefghijklmnopqrstuvwxyz0123456789",
        "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789",
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ",
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789",
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+/=",
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_",
    )
)
_ANY_BITS = log2(94)


def drawn_bits(text: str) -> float:
    """How many bits a draw explains the text better than writing does; below 0, it looks written."""
    if not text:
        return 0.0
    letters = frozenset(text)
    each = next((bits for alphabet, bits in _ALPHABETS if letters <= alphabet), _ANY_BITS)
    rows, places = _table()
    row, tenths = rows[0], 0
    for place in text.encode("ascii", "replace").translate(places):
        tenths += row[place]
        row = rows[place]
    return (tenths + row[0]) / 10 - each * len(text)


@cache
def _table() -> tuple[tuple[tuple[int, ...], ...], bytes]:
    """What each letter costs after each, in tenths of a bit, and the place of each byte in that."""
    lines = resources.files("bartizan.text.checks").joinpath("written.txt").read_text("ascii").splitlines()
    digit = _SYMBOLS.index("0")
    rows = [[int(cost) for cost in line.split()] for line in lines]
    for row in rows:
        row[digit] += _DIGIT_TENTHS
    places = bytearray([_SYMBOLS.index("~")]) * 256
    for code, symbol in enumerate(map(chr, range(128))):
        places[code] = digit if symbol.isdigit() else max(_SYMBOLS.find(symbol), 0)
    return tuple(map(tuple, rows)), bytes(places)
