"""Numbers that Australia, New Zealand and states of Africa give to people, with their check digits."""

from bartizan.text.checks.digits import date_in, digits, luhn_sum, same, weighted


def tfn(text: str) -> bool:
    """An Australian tax file number of eight or nine digits, MOD 11."""
    number = digits(text)
    weights = (1, 4, 3, 7, 5, 8, 6, 9, 10) if len(number) == 9 else (10, 7, 8, 4, 6, 3, 5, 1)
    return not same(number) and weighted(number, weights) % 11 == 0


def abn(text: str) -> bool:
    """An Australian business number: eleven digits, MOD 89."""
    number = digits(text)
    return number[0] != 0 and (weighted(number, (10, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19)) - 10) % 89 == 0


def acn(text: str) -> bool:
    """An Australian company number: nine digits, MOD 10."""
    number = digits(text)
    return any(number) and -weighted(number, range(8, 0, -1)) % 10 == number[8]


def australian_medicare(text: str) -> bool:
    """An Australian Medicare card: eight digits, a check digit, the card's issue."""
    number = digits(text)
    return 2 <= number[0] <= 6 and weighted(number, (1, 3, 7, 9, 1, 3, 7, 9)) % 10 == number[8]


def ird(text: str) -> bool:
    """A New Zealand IRD number of eight or nine digits: MOD 11, by other weights where the first give ten."""
    number = digits(text)
    number = [0] * (9 - len(number)) + number
    if not 10_000_000 < int("".join(map(str, number))) < 150_000_000:
        return False
    for weights in ((3, 2, 7, 6, 5, 4, 3, 2), (7, 4, 3, 2, 5, 2, 7, 6)):
        if (check := -weighted(number, weights) % 11) < 10:
            return check == number[8]
    return False


def south_african(text: str) -> bool:
    """A South African identity number: birth date, sex, citizenship, by Luhn."""
    number = digits(text)
    dated = date_in(0, number[2] * 10 + number[3], number[4] * 10 + number[5])
    return dated and number[10] <= 2 and luhn_sum(number) % 10 == 0


def south_african_passport(text: str) -> bool:
    """A South African passport: a letter for its kind and eight digits."""
    return text[0].upper() in "ADMT"


def south_african_tax(text: str) -> bool:
    """A South African income tax number, by its first digit."""
    return text[0] in "01239"


def south_african_vat(text: str) -> bool:
    """A South African VAT number, by its first digit."""
    return text[0] == "4"


def nigerian_bank(text: str) -> bool:
    """A Nigerian bank verification number, by its first digits."""
    return text.startswith("22")


def egyptian(text: str) -> bool:
    """An Egyptian national number: century, birth date, place, serial. How the last digit checks is not public."""
    number = digits(text)
    return number[0] in (2, 3) and date_in(0, number[3] * 10 + number[4], number[5] * 10 + number[6])
