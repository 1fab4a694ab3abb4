"""Telephone numbers, by the numbering plans of the countries: which beginnings and lengths are given out."""

import re
from functools import cache
from importlib import resources
from typing import NamedTuple

from bartizan.text.checks.digits import same

# Countries whose numbers are taken as national when they are written with a trunk 0: the larger ones.
_TRUNK_COUNTRIES = (
    "44", "49", "33", "91", "55", "972", "81", "82", "86", "61", "64", "31", "32", "46", "41", "43", "358", "90", "27",
    "234", "380", "40", "353", "60", "62", "63", "66", "84", "54", "886",
)  # fmt: skip
_EXTENSION = re.compile(r"(?: ?(?:x|ext\.?|extension|#) ?\d{1,6})$", re.IGNORECASE)
_DATE = re.compile(r"(?:19|20)\d\d[-./ ](?:0?[1-9]|1[0-2])[-./ ]\d{1,2}|\d{1,2}([-./ ])\d{1,2}\1(?:19|20)?\d\d")


class Plan(NamedTuple):
    """What one calling code gives out."""

    trunk: str
    starts: dict[int, frozenset[str]]
    """For each length of a national number, its beginnings."""

    def gives(self, number: str) -> bool:
        starts = self.starts.get(len(number), frozenset())
        return number[:2] in starts or number[:3] in starts


def international(text: str) -> bool:
    """Whether a number with + or 00 is one that its country gives out."""
    number = _digits(_EXTENSION.sub("", text).replace("(0)", ""))
    if not text.startswith("+"):
        number = number.removeprefix("011").removeprefix("00")
    for width in (1, 2, 3):
        plan = plans().get(number[:width])
        if plan is not None:
            return plan.gives(number[width:]) or plan.gives(number[width:].removeprefix(plan.trunk))
    return False


def north_american(text: str) -> bool:
    """Whether a ten-digit number has an area code of North America."""
    number = _digits(_EXTENSION.sub("", text)).removeprefix("1")
    return plans()["1"].gives(number) or number[3:6] == "555"


def national(text: str) -> bool:
    """Whether a number with a trunk 0 is one of a larger country, and not a date or a list of figures."""
    number = _digits(_EXTENSION.sub("", text))
    if _DATE.fullmatch(text) or same([int(digit) for digit in number[1:]]):
        return False
    return any(plans()[code].gives(number[1:]) for code in _TRUNK_COUNTRIES)


def grouped(text: str) -> bool:
    """Whether grouped digits without a trunk prefix may be a subscriber's number: not a date, a range, an address."""
    number = _digits(_EXTENSION.sub("", text))
    return (
        7 <= len(number) <= 11
        and not _DATE.fullmatch(text)
        and not re.fullmatch(r"(?:1[5-9]|20)\d\d ?[-/] ?(?:1[5-9]|20)\d\d", text)
        and len({char for char in text if not char.isalnum()} - set("()")) <= 2
        and text.count(".") != 3
        and not same([int(digit) for digit in number])
    )


def digits_only(text: str) -> bool:
    """Whether bare digits are a number of North America, or a national one with its trunk 0."""
    return national(text) if text.startswith("0") else plans()["1"].gives(text)


@cache
def plans() -> dict[str, Plan]:
    """The numbering plan of each calling code."""
    table = resources.files("bartizan.text.checks").joinpath("numbering_plans.tsv").read_text("ascii")
    rows = (line.split("\t") for line in table.splitlines() if not line.startswith("#"))
    return {code: Plan(trunk.replace("-", ""), dict(map(_starts, lengths))) for code, trunk, *lengths in rows}


def _starts(cell: str) -> tuple[int, frozenset[str]]:
    length, _, ranges = cell.partition(":")
    starts = []
    for span in ranges.split(","):
        first, _, last = span.partition("-")
        starts += [f"{start:0{len(first)}}" for start in range(int(first), int(last or first) + 1)]
    return int(length), frozenset(starts)


def _digits(text: str) -> str:
    return "".join(char for char in text if "0" <= char <= "9")
