"""Numbers that the Nordic and Baltic states give to people, with their birth dates and check digits."""

from collections.abc import Sequence

from bartizan.text.checks.digits import date_in, digits, luhn_sum, weighted

_FINNISH = "0123456789ABCDEFHJKLMNPRSTUVWXY"


def swedish(text: str) -> bool:
    """A Swedish personnummer or samordningsnummer (60 is added to its day): ten digits by Luhn, century or not."""
    number = digits(text)[-10:]
    day = number[4] * 10 + number[5]
    return date_in(0, number[2] * 10 + number[3], day - 60 if day > 60 else day) and luhn_sum(number) % 10 == 0


def swedish_company(text: str) -> bool:
    """A Swedish organisationsnummer: its third digit is at least 2, so that it is no birth date."""
    number = digits(text)[-10:]
    return number[2] >= 2 and luhn_sum(number) % 10 == 0


def norwegian(text: str) -> bool:
    """A Norwegian fødselsnummer or D-number (40 is added to its day): two check digits, MOD 11."""
    number = digits(text)
    day, month = number[0] * 10 + number[1], number[2] * 10 + number[3]
    return (
        date_in(0, month - 40 if month > 40 else month, day - 40 if day > 40 else day)
        and weighted(number, (3, 7, 6, 1, 8, 9, 4, 5, 2, 1)) % 11 == 0
        and weighted(number, (5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1)) % 11 == 0
    )


def danish(text: str) -> bool:
    """A Danish CPR number: a birth date and four digits. Since 2007 they need not pass MOD 11, so that is not asked."""
    number = digits(text)
    return date_in(0, number[2] * 10 + number[3], number[0] * 10 + number[1])


def finnish(text: str) -> bool:
    """A Finnish henkilötunnus: birth date, sign of the century, serial, and the remainder by 31 as a letter."""
    packed = text.upper()
    number = int(packed[:6] + packed[7:10])
    return date_in(0, int(packed[2:4]), int(packed[:2])) and _FINNISH[number % 31] == packed[10]


def icelandic(text: str) -> bool:
    """An Icelandic kennitala: birth date (40 is added to the day for companies), serial, check digit, century."""
    number = digits(text)
    day = number[0] * 10 + number[1]
    return date_in(0, number[2] * 10 + number[3], day - 40 if day > 40 else day) and (
        weighted(number, (3, 2, 7, 6, 5, 4, 3, 2, 1)) % 11 == 0
    )


def estonian(text: str) -> bool:
    """An Estonian isikukood or a Lithuanian asmens kodas: sex and century, birth date, serial, check digit."""
    number = digits(text)
    return 1 <= number[0] <= 8 and _date_at(number, 1) and _two_rounds(number) == number[10]


def latvian(text: str) -> bool:
    """A Latvian personas kods: birth date, century and check digit, or since 2017 a number that begins with 32."""
    number = digits(text)
    if number[:2] == [3, 2]:
        return True
    dated = date_in(0, number[2] * 10 + number[3], number[0] * 10 + number[1])
    return dated and (1 + weighted(number, (10, 5, 8, 4, 2, 1, 6, 3, 7, 9))) % 11 % 10 == number[10]


def _date_at(number: Sequence[int], start: int) -> bool:
    month, day = number[start + 2] * 10 + number[start + 3], number[start + 4] * 10 + number[start + 5]
    return date_in(0, month, day)


def _two_rounds(number: Sequence[int]) -> int:
    """The remainder by 11; by other weights where it is ten, and 0 where it is ten again."""
    for weights in ((1, 2, 3, 4, 5, 6, 7, 8, 9, 1), (3, 4, 5, 6, 7, 8, 9, 1, 2, 3)):
        if (check := weighted(number, weights) % 11) < 10:
            return check
    return 0
