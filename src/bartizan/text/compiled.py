"""Compiling patterns for Hyperscan: which go into which database, and what else is known of each."""

import hashlib
import math
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from bartizan.text.regex import Unknown, parse
from bartizan.text.regex_bytes import bytes_form
from bartizan.text.regex_hint import hint
from bartizan.text.regex_measure import is_loose, positions, widths
from bartizan.text.stretches import EVERYWHERE, NEAR_DIGITS, NEAR_TOKENS, PLACES, place_of

if TYPE_CHECKING:
    import hyperscan

MAX_POSITIONS = 6_000
"""A pattern with more states is left to RE2, because Hyperscan could take minutes over it."""
PATTERNS_PER_DATABASE = {EVERYWHERE: 280, NEAR_DIGITS: 60, NEAR_TOKENS: 60}
"""More at once take far longer to compile; fewer cost a scan more, which matters less in short stretches."""
CODE = ("compiled", "letter_case", "regex", "regex_bytes", "regex_hint", "regex_measure", "stretches")
"""The modules that decide how a pattern is compiled."""


class Compiled(msgspec.Struct, frozen=True, kw_only=True):
    """What a set of patterns becomes, fit to be kept."""

    databases: dict[str, list[bytes]]
    """By the place where they are looked for."""
    loose: list[int]
    """The patterns of which only the first hint is told."""
    refused: list[int]
    """The patterns that are in no database."""
    reach: list[int]
    """How far before its hint a match starts at most; 0 if there is no bound."""


class Form(NamedTuple):
    """A pattern as Hyperscan takes it."""

    number: int
    expression: bytes
    loose: bool
    place: str
    reach: int


def compiled(patterns: Sequence[str]) -> Compiled:
    """The databases of these patterns."""
    forms = [form for number, pattern in enumerate(patterns) if (form := _form(number, pattern))]
    databases: dict[str, list[bytes]] = {place: [] for place in PLACES}
    inside: list[Form] = []
    groups = [group for place in PLACES for group in _groups([form for form in forms if form.place == place])]
    with ThreadPoolExecutor() as pool:
        for fit, content in pool.map(_database, groups):
            inside += fit
            if fit:
                databases[fit[0].place].append(content)
    reach = {form.number: form.reach for form in inside}
    return Compiled(
        databases=databases,
        loose=[form.number for form in inside if form.loose],
        refused=[number for number in range(len(patterns)) if number not in reach],
        reach=[reach.get(number, 0) for number in range(len(patterns))],
    )


def key_of(patterns: Sequence[str]) -> str:
    """Names what databases depend on: the patterns, the code that says them again, Hyperscan and the processor."""
    code = (Path(__file__).with_name(f"{name}.py").read_bytes() for name in CODE)
    probe = _built([Form(0, b"x", loose=False, place=EVERYWHERE, reach=0)])
    parts = (str(probe.info()).encode(), *code, *(pattern.encode(errors="replace") for pattern in patterns))
    return hashlib.sha256(b"".join(hashlib.sha256(part).digest() for part in parts)).hexdigest()[:32]


def _form(number: int, pattern: str) -> Form | None:
    """The pattern as Hyperscan takes it, or nothing if it is not to have it."""
    try:
        node = parse(pattern)
    except Unknown:
        return None
    small = hint(node)
    if positions(small) > MAX_POSITIONS:
        return None
    most = widths(node)[1]
    return Form(
        number,
        bytes_form(small),
        loose=is_loose(small),
        place=place_of(node),
        # A hint may come a byte late, for a NUL that stands for an edge of the text.
        reach=int(most) + 1 if most < math.inf else 0,
    )


def _groups(forms: list[Form]) -> list[list[Form]]:
    """The forms in parts of even size, each small enough for one database."""
    count = math.ceil(len(forms) / PATTERNS_PER_DATABASE[forms[0].place]) if forms else 0
    return [forms[start::count] for start in range(count)]


def _database(forms: list[Form]) -> tuple[list[Form], bytes]:
    """The forms that Hyperscan takes, and their database."""
    import hyperscan

    try:
        return forms, hyperscan.dumpb(_built(forms))
    except hyperscan.error:
        refused = _refused(forms)
    fit = [form for form in forms if form.number not in refused]
    return fit, hyperscan.dumpb(_built(fit)) if fit else b""


def _refused(forms: list[Form]) -> frozenset[int]:
    """The patterns that Hyperscan refuses, found by halving: it does not say which."""
    import hyperscan

    try:
        _built(forms)
    except hyperscan.error:
        if len(forms) == 1:
            return frozenset((forms[0].number,))
        middle = len(forms) // 2
        return _refused(forms[:middle]) | _refused(forms[middle:])
    return frozenset()


def _built(forms: list[Form]) -> "hyperscan.Database":
    import hyperscan

    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    database.compile(
        expressions=[form.expression for form in forms],
        ids=[form.number for form in forms],
        flags=[hyperscan.HS_FLAG_SINGLEMATCH if form.loose else 0 for form in forms],
    )
    return database
