"""Check digits: the few schemes by which identifiers of all kinds guard against a slip of the pen."""

from collections.abc import Sequence


def digits(text: str) -> list[int]:
    """The ASCII digits of the text, whatever stands between them."""
    return [ord(char) - 48 for char in text if "0" <= char <= "9"]


def luhn(text: str) -> bool:
    """Whether the digits pass the Luhn test (ISO/IEC 7812-1, annex B)."""
    number = digits(text)
    return luhn_sum(number) % 10 == 0 and any(number)


def luhn_sum(number: Sequence[int]) -> int:
    """The Luhn sum of a number with its check digit."""
    return sum(number[-1::-2]) + sum((0, 2, 4, 6, 8, 1, 3, 5, 7, 9)[digit] for digit in number[-2::-2])


def verhoeff(text: str) -> bool:
    """Whether the digits pass the Verhoeff test (the dihedral group of order ten)."""
    check = 0
    for place, digit in enumerate(reversed(digits(text))):
        check = _DIHEDRAL[check][_PERMUTED[place % 8][digit]]
    return check == 0


def weighted(number: Sequence[int], weights: Sequence[int]) -> int:
    """The sum of the digits, each times its weight; digits past the weights do not count."""
    return sum(digit * weight for digit, weight in zip(number, weights, strict=False))


def mod_11_10(number: Sequence[int]) -> bool:
    """Whether a number with its check digit passes ISO/IEC 7064, MOD 11,10."""
    product = 10
    for digit in number[:-1]:
        product = (((product + digit) % 10) or 10) * 2 % 11
    return (product + number[-1]) % 10 == 1


def mod_97(text: str) -> int:
    """The remainder by 97 of letters (A is 10) and digits read as one number (ISO/IEC 7064, MOD 97-10)."""
    return int("".join(str(int(char, 36)) for char in text)) % 97


def same(number: Sequence[int]) -> bool:
    """Whether all digits are one: what a form is filled with, and what most checksums let through."""
    return number.count(number[0]) == len(number)


def date_in(year: int, month: int, day: int) -> bool:
    """Whether there is such a day; 0 as a year is any year."""
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return False
    if month == 2:
        leap = year == 0 or (year % 4 == 0 and (year % 100 != 0 or year % 400 == 0))
        return day <= 28 + leap
    return day <= 30 or month in (1, 3, 5, 7, 8, 10, 12)


def _rotations(size: int) -> tuple[tuple[int, ...], ...]:
    """The multiplication of the dihedral group: five rotations, then five reflections."""
    half = size // 2

    def times(left: int, right: int) -> int:
        turn = (left + right if left < half else left - right) % half
        return turn if (left < half) == (right < half) else turn + half

    return tuple(tuple(times(left, right) for right in range(size)) for left in range(size))


def _powers(permutation: Sequence[int], count: int) -> tuple[tuple[int, ...], ...]:
    """The permutation applied no times, once, twice..."""
    rows = [tuple(range(len(permutation)))]
    while len(rows) < count:
        rows.append(tuple(permutation[digit] for digit in rows[-1]))
    return tuple(rows)


_DIHEDRAL = _rotations(10)
_PERMUTED = _powers((1, 5, 7, 6, 2, 8, 3, 0, 9, 4), 8)
