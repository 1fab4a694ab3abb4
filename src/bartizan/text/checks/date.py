"""Dates of figures, told from versions and fractions."""

import re

from bartizan.text.checks.digits import date_in


def numeric(text: str) -> bool:
    """Whether day, month and year (in either order of the first two) are one, parted by one separator."""
    separator = next(char for char in text if not char.isdigit())
    first, second, year = text.split(separator) if text.count(separator) == 2 else ("", "", "")
    if not year or (separator == " " and len(year) < 4):
        return False
    return date_in(0, int(first), int(second)) or date_in(0, int(second), int(first))


def day_month(text: str) -> bool:
    """Whether two figures are a day and a month, in either order."""
    first, second = (int(part) for part in text.split("/"))
    return date_in(0, first, second) or date_in(0, second, first)


def figures(text: str) -> bool:
    """Whether three figures are a date in some order, with the year first or last."""
    parts = [int(part) for part in re.findall("[0-9]+", text)]
    day_and_month = parts[1:] if parts[0] > 31 else parts[:2]
    return date_in(0, *day_and_month) or date_in(0, *reversed(day_and_month))
