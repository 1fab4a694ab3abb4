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
NEAR_WORDS = 8
"""A day stands at most that many words from its month."""
NEAR_CHARS = 100
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


def says_date(spoken: str, date: str) -> bool:
    """Whether words name this date, in figures or by the English name of the month."""
    year, month, day = date.split("-")
    for written in {f" {year} {month} {day} ", f" {day} {month} {year} ", f" {month} {day} {year} "}:
        if written in spoken:
            return True
    name = MONTHS[int(month) - 1]
    days = {str(int(day)), day, *(f"{int(day)}{suffix}" for suffix in ("st", "nd", "rd", "th"))}
    for match in re.finditer(f" {name}[a-z]{{0,6}}(?= )", spoken):
        before = spoken[max(0, match.start() - NEAR_CHARS) : match.start()].split()[-NEAR_WORDS:]
        after = spoken[match.end() : match.end() + NEAR_CHARS].split()[:NEAR_WORDS]
        years = {word for word in after if len(word) == 4 and word.isdigit() and word[:2] in {"19", "20"}}
        if days & {*before, *after} and (not years or year in years):
            return True
    return False


def says_time(spoken: str, time: str) -> bool:
    """Whether words name this time of day, with or without am and pm."""
    hour, minute = time.split(":")
    if f" {hour} {minute} " in spoken or f" {int(hour)} {minute} " in spoken:
        return True
    half = "am" if int(hour) < 12 else "pm"
    twelve = int(hour) % 12 or 12
    heads = (f"{twelve}", f"{twelve} {minute}") if minute == "00" else (f"{twelve} {minute}",)
    return any(f" {head} {half} " in spoken or f" {head}{half} " in spoken for head in heads)


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
