"""Dates of figures, told from versions and fractions."""

from bartizan.text.checks.digits import date_in


def numeric(text: str) -> bool:
    """Whether day, month and year (in either order of the first two) are one, parted by one separator."""
    separator = next(char for char in text if not char.isdigit())
    first, second, year = text.split(separator) if text.count(separator) == 2 else ("", "", "")
    if not year or (separator == " " and len(year) < 4):
        return False
    return date_in(0, int(first), int(second)) or date_in(0, int(second), int(first))
