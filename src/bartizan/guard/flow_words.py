"""What a text says, apart from how it is written: words, numbers, dates, and the names by which things are reached."""

import re
from collections.abc import Iterator
from typing import NamedTuple

WORD = re.compile(r"[^\W_]+")
NUMBER = re.compile(r"(?<![\w.,])-?\d(?:[\d.,']{0,40}\d)?")
THOUSANDS = re.compile(r"-?\d{1,3}(?:([,.'])\d{3})(?:\1\d{3})*(?:(?!\1)[.,]\d+)?")
MOMENT = re.compile(r"(\d{4})-(\d\d)-(\d\d)(?:[ T](\d\d):(\d\d)(?::(\d\d)(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?")
CHUNK = re.compile(r"[^\s\"'`<>()\[\]{},;|]+")
SCHEME = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
MONTH = re.compile(f" ({'|'.join(MONTHS)})[a-z]{{0,6}}(?= )")
YEAR = re.compile(r" ((?:19|20)\d\d)(?= )")
DAY = re.compile(r" (\d\d?)(?:st|nd|rd|th)?(?= )")
YEAR_FIRST = re.compile(r" (\d{4}) (\d\d?) (\d\d?)(?= )")
YEAR_LAST = re.compile(r" (\d\d?) (\d\d?) (\d{4})(?= )")
TIME = re.compile(r" ([01]?\d|2[0-3])(?: ([0-5]\d))? ?([ap]m)?(?= )")
NEAR_CHARS = 48
"""A day stands no further from its month, nor a month from its year."""
TELLING_DIGITS = 4
"""A number of so many digits is hardly the same by chance."""


def words(text: str) -> str:
    """The words of the text in lower case, one space before and after each; searching it finds whole words only."""
    return f" {' '.join(WORD.findall(text.casefold()))} "


def numbers(text: str) -> set[str]:
    """The numbers in the text, each as all that its dots and commas may mean."""
    return {reading for match in NUMBER.finditer(text) for reading in _readings(match.group())}


def number(value: float | str) -> str:
    """A number in the one form that `numbers` gives it too; nothing if it is none."""
    text = value if isinstance(value, str) else repr(value)
    text = text.strip().lstrip("$€£+")
    if not re.fullmatch(r"-?\d{1,60}(?:\.\d{1,60})?", text):
        return ""
    return _plain(text)


def moment(value: str) -> tuple[str, str] | None:
    """The date and the time (perhaps none) of a value that is nothing else."""
    match = MOMENT.fullmatch(value.strip())
    if match is None or not (1 <= int(match[2]) <= 12 and 1 <= int(match[3]) <= 31):
        return None
    return f"{match[1]}-{match[2]}-{match[3]}", f"{match[4]}:{match[5]}" if match[4] else ""


def dates(spoken: str) -> set[str]:
    """The dates that words name, in figures or by the English name of the month; `--05-13` if no year is near."""
    found = {f"{year}-{int(month):02}-{int(day):02}" for year, month, day in YEAR_FIRST.findall(spoken)}
    for one, two, year in YEAR_LAST.findall(spoken):
        found |= {f"{year}-{int(one):02}-{int(two):02}", f"{year}-{int(two):02}-{int(one):02}"}
    for match in MONTH.finditer(spoken):
        before = spoken[max(0, match.start() - NEAR_CHARS) : match.start() + 1]
        after = spoken[match.end() : match.end() + NEAR_CHARS]
        year = YEAR.search(after)
        month = f"{year[1] if year else '-'}-{MONTHS.index(match[1]) + 1:02}"
        found.update([f"{month}-{day:0>2}" for day in DAY.findall(before + after)])
    return found


def times(spoken: str) -> set[str]:
    """The times of day that words name, with or without am and pm."""
    found = set()
    for hour, minute, half in TIME.findall(spoken):
        if half or minute:
            late = 12 if half == "pm" else 0
            found.add(f"{int(hour) % 12 + late if half else int(hour):02}:{minute or '00'}")
    return found


class Name(NamedTuple):
    """A part of a text by which something is reached: an address, a link, a number, a file."""

    text: str
    words: str


def names(text: str) -> Iterator[Name]:
    """The addresses, links, files, numbers and codes in the text."""
    for match in CHUNK.finditer(text):
        chunk = match.group().strip(".:!?*-_")
        if is_name(chunk):
            yield Name(chunk, words(SCHEME.sub("", chunk)))


def is_name(chunk: str) -> bool:
    """Whether a piece without spaces is more than a plain word."""
    if len(chunk) < TELLING_DIGITS:
        return False
    if "@" in chunk or "://" in chunk:
        return True
    if any(inner in chunk[1:-1] for inner in "./\\_") and any(char.isalnum() for char in chunk):
        return True
    return sum(char.isdigit() for char in chunk) >= (TELLING_DIGITS if chunk.isdigit() else 2)


def _readings(text: str) -> set[str]:
    """What the figures may mean: `1.234` is a thousand to some and one to others."""
    found = set()
    if THOUSANDS.fullmatch(text):
        mark = re.sub(r"[-\d]", "", text)[0]
        found.add(_plain(text.replace(mark, "").replace(",", ".")))
    if re.fullmatch(r"-?\d+(?:[.,]\d+)?", text):
        found.add(_plain(text.replace(",", ".")))
    return found


def _plain(text: str) -> str:
    sign, text = ("-", text[1:]) if text.startswith("-") else ("", text)
    whole, _, fraction = text.partition(".")
    whole, fraction = whole.lstrip("0") or "0", fraction.rstrip("0")
    return f"{sign}{whole}.{fraction}" if fraction else f"{sign}{whole}"
