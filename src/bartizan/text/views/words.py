"""Words without blanks between: joined by another character, by capitals, or by nothing at all."""

import re
from collections.abc import Iterator
from functools import cache, partial
from importlib.resources import files
from math import log

from bartizan.text.views.piece import Piece, Spans, in_place
from bartizan.text.views.source import LOWER, UPPER, Source, marks

SIGNS = b"_.+*|~^-"
"""May stand in place of a blank."""
IN_JOINED, IN_LETTERS = marks(LOWER + UPPER + SIGNS), marks(LOWER + UPPER)
JOINED = re.compile(rb"(?<![A-Za-z])[A-Za-z]{1,20}([_.+*|~^-])[A-Za-z]{1,20}(?:\1[A-Za-z]{1,20}){2,}(?![A-Za-z])")
JOINT = re.compile(r"[_.+*|~^-]")
HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
LEAST_WORDS = 4

SQUEEZED_CHARS = 20
"""Letters in a row that are more than one word in most languages."""
MOST_CHARS = 512
"""Letters run together that are parted in the first 4 KB, and as many in each further."""
LIKELY = 0.3
"""Nats per pair by which they must look like words."""
LONGEST_WORD, BEGINNING = 15, 4
UNKNOWN = 14.0
"""What a letter costs that is in no known word, in nats."""
PER_LETTER = 2.6
"""The most that parting may cost on average. Compounds of other languages cost more."""


def words(source: Source) -> Iterator[tuple[str, list[Piece]]]:
    """The text around words that are not set apart by blanks, with blanks between them."""
    if not source.unbroken:
        return
    pieces = [*_joined(source), *_run_together(source)]
    if pieces:
        yield "words", in_place(source.text, sorted(pieces, key=lambda piece: piece.start))


def _joined(source: Source) -> Iterator[Piece]:
    """like_this_one or like-this-one."""
    for start, end in source.runs(IN_JOINED):
        for match in JOINED.finditer(source.data, start, end):
            if source.likeness(*match.span()) > LIKELY / 2:
                yield Piece(*match.span(), JOINT.sub(" ", match[0].decode()))


def _run_together(source: Source) -> Iterator[Piece]:
    """LikeThisOne or likethisone."""
    left = MOST_CHARS * (1 + len(source.data) // 4096)
    for start, end in source.runs(IN_LETTERS):
        letters = source.text[start:end]
        humped = source.mixed(start + 1, end)
        if (end - start < SQUEEZED_CHARS and not humped) or source.likeness(start, end) < LIKELY:
            continue
        if humped:
            read = HUMP.sub(" ", letters)
            if read.count(" ") + 1 < LEAST_WORDS:
                continue
        elif left <= 0:
            source.unread = "more letters are run together than are parted"
            return
        else:
            letters = letters[:left]
            left -= len(letters)
            if not (read := _parted(letters)):
                continue
        yield Piece(start, start + len(letters), read, partial(_beside_blanks, read, start))


def _beside_blanks(read: str, start: int) -> Spans:
    """A blank that was put in comes from between two letters."""
    begins, afters, at = [], [], start
    for char in read:
        begins.append(at)
        at += char != " "
        afters.append(at)
    return begins, afters


@cache
def _costs() -> tuple[dict[str, float], frozenset[str]]:
    """What each known word costs, the rarer the more; and how words begin."""
    known = (files(__package__) / "words.txt").read_text("utf-8").splitlines()[1:]
    scale = log(len(known))
    costs = {word: log((rank + 1) * scale) for rank, word in enumerate(known, 30)}
    return costs, frozenset(word[:BEGINNING] for word in known)


def _parted(letters: str) -> str:
    """The cheapest way to part the letters into words; nothing if none is cheap."""
    costs, beginnings = _costs()
    small, size = letters.lower(), len(letters)
    best = [0.0, *(UNKNOWN * end for end in range(1, size + 1))]
    begins = list(range(-1, size))
    for start in range(size):
        here = best[start]
        if here + UNKNOWN < best[start + 1]:
            best[start + 1], begins[start + 1] = here + UNKNOWN, start
        long = LONGEST_WORD if small[start : start + BEGINNING] in beginnings else BEGINNING - 1
        for end in range(start + 1, min(start + long, size) + 1):
            known = costs.get(small[start:end])
            if known is not None and here + known < best[end]:
                best[end], begins[end] = here + known, start
    if best[-1] > PER_LETTER * size:
        return ""
    parts: list[str] = []
    while size:
        parts.append(letters[begins[size] : size])
        size = begins[size]
    return " ".join(reversed(parts)) if len(parts) > 1 else ""
