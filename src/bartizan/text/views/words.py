"""Words without blanks between: joined by another character, by capitals, or by nothing at all."""

import re
from collections.abc import Iterator
from functools import cache, partial
from importlib.resources import files
from math import log

from bartizan.text.views.likely import word_likeness
from bartizan.text.views.piece import Piece, Spans, in_place
from bartizan.text.views.source import LOWER, UPPER, Source, marks

JOINED = re.compile(rb"(?<![A-Za-z])[A-Za-z]{1,20}([_.+/*|~^-])[A-Za-z]{1,20}(?:\1[A-Za-z]{1,20}){2,}(?![A-Za-z])")
JOINTS = re.compile(r"[_.+/*|~^-]")
HUMPED = re.compile(rb"(?<![A-Za-z])[A-Za-z]?[a-z]{1,20}(?:[A-Z][a-z]{1,20}|[A-Z](?=[A-Z][a-z])){3,}(?![A-Za-z])")
HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
SIGNS = b"_.+/*|~^-"
SHAPES = bytes(ord("a") if byte in LOWER + UPPER else ord("_") if byte in SIGNS else ord(" ") for byte in range(256))

SQUEEZED_CHARS = 20
"""Letters in a row that are more than one word in most languages."""
MOST_CHARS = 512
"""Letters run together that are parted in the first 8 KB, and as many in each further."""
LONGEST_WORD = 16
LIKELY = 0.3
UNKNOWN = 14.0
"""What a letter costs that is in no known word, in nats."""
PER_LETTER = 2.6
"""The most that parting may cost on average. German compounds and gibberish cost more."""
IN_LETTERS = marks(LOWER + UPPER)


def words(source: Source) -> Iterator[tuple[str, list[Piece]]]:
    """The text around words that are not set apart by blanks, with blanks between them."""
    pieces = []
    shapes = source.data.translate(SHAPES)
    if b"a_a" in shapes:
        for match in JOINED.finditer(source.data):
            start, end = match.span()
            pieces.append(Piece(start, end, JOINTS.sub(" ", source.text[start:end])))
    if source.unbroken:
        pieces += _humped(source)
        pieces += _squeezed(source)
    if pieces:
        yield "words", in_place(source.text, sorted(pieces, key=lambda piece: piece.start))


def _humped(source: Source) -> Iterator[Piece]:
    """LikeThis."""
    for match in HUMPED.finditer(source.data):
        read = HUMP.sub(" ", match[0].decode())
        yield Piece(*match.span(), read, partial(_beside_blanks, read, match.start()))


def _squeezed(source: Source) -> Iterator[Piece]:
    """likethis."""
    left = MOST_CHARS * (1 + len(source.data) // 8192)
    for start, end in source.runs(IN_LETTERS, SQUEEZED_CHARS):
        letters = source.text[start : min(end, start + left)]
        if source.mixed(start + 1, end) or word_likeness(letters) < LIKELY:
            continue
        left -= len(letters)
        if read := _parted(letters):
            yield Piece(start, start + len(letters), read, partial(_beside_blanks, read, start))
        if left <= 0:
            source.unread = "more letters were run together than are parted"
            return


def _beside_blanks(read: str, start: int) -> Spans:
    """A blank that was put in comes from between two letters."""
    begins, afters, at = [], [], start
    for char in read:
        begins.append(at)
        at += char != " "
        afters.append(at)
    return begins, afters


@cache
def _costs() -> dict[str, float]:
    """What each known word costs: the rarer, the more."""
    known = (files(__package__) / "words.txt").read_text("utf-8").splitlines()[1:]
    scale = log(len(known))
    return {word: log((rank + 1) * scale) for rank, word in enumerate(known, 30)}


def _parted(letters: str) -> str:
    """The cheapest way to part the letters into words; nothing if none is cheap."""
    costs, small = _costs(), letters.lower()
    best = [0.0]
    sizes = [0]
    for end in range(1, len(small) + 1):
        cost, size = best[end - 1] + UNKNOWN, 1
        for length in range(1, min(LONGEST_WORD, end) + 1):
            known = costs.get(small[end - length : end])
            if known is not None and best[end - length] + known < cost:
                cost, size = best[end - length] + known, length
        best.append(cost)
        sizes.append(size)
    if best[-1] > PER_LETTER * len(small):
        return ""
    parts: list[str] = []
    end = len(small)
    while end:
        parts.append(letters[end - sizes[end] : end])
        end -= sizes[end]
    return " ".join(reversed(parts)) if len(parts) > 1 else ""
