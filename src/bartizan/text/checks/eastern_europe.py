"""Numbers that states of eastern and south-eastern Europe give to people, with their birth dates and check digits."""

from bartizan.text.checks.digits import date_in, digits, luhn_sum, mod_11_10, same, weighted


def pesel(text: str) -> bool:
    """A Polish PESEL: birth date (the century is added to the month), serial, check digit."""
    number = digits(text)
    month, day = (number[2] * 10 + number[3]) % 20, number[4] * 10 + number[5]
    return date_in(0, month, day) and -weighted(number, (1, 3, 7, 9, 1, 3, 7, 9, 1, 3)) % 10 == number[10]


def nip(text: str) -> bool:
    """A Polish NIP: ten digits, MOD 11."""
    number = digits(text)
    return any(number) and weighted(number, (6, 5, 7, 2, 3, 4, 5, 6, 7)) % 11 == number[9]


def regon(text: str) -> bool:
    """A Polish REGON of nine digits, or of fourteen, which check again."""
    number = digits(text)
    short = weighted(number, (8, 9, 2, 3, 4, 5, 6, 7)) % 11 % 10 == number[8]
    if len(number) == 9:
        return short and any(number)
    return short and weighted(number, (2, 4, 8, 5, 0, 9, 7, 3, 6, 1, 2, 4, 8)) % 11 % 10 == number[13]


def rodne_cislo(text: str) -> bool:
    """A Czech or Slovak rodné číslo: birth date (a woman's month plus 50), serial; since 1954 divisible by 11."""
    number = digits(text)
    month = (number[2] * 10 + number[3]) % 50
    if not date_in(0, month - 20 if month > 20 else month, number[4] * 10 + number[5]):
        return False
    if len(number) == 9:
        return number[0] * 10 + number[1] < 54
    whole = int("".join(map(str, number)))
    return whole % 11 == 0 or (whole // 10 % 11 == 10 and number[9] == 0)


def hungarian_tax(text: str) -> bool:
    """A Hungarian adóazonosító jel: ten digits that begin with 8, MOD 11."""
    number = digits(text)
    return number[0] == 8 and weighted(number, range(1, 10)) % 11 == number[9]


def hungarian_health(text: str) -> bool:
    """A Hungarian TAJ number: nine digits, MOD 10 with weights 3 and 7."""
    number = digits(text)
    return any(number) and weighted(number, (3, 7) * 4) % 10 == number[8]


def cnp(text: str) -> bool:
    """A Romanian CNP: sex and century, birth date, county, serial, check digit."""
    number = digits(text)
    county = number[7] * 10 + number[8]
    left = weighted(number, (2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9)) % 11
    return (
        number[0] != 0
        and date_in(0, number[3] * 10 + number[4], number[5] * 10 + number[6])
        and (1 <= county <= 52 or county == 70 or 80 <= county <= 83)
        and number[12] == (1 if left == 10 else left)
    )


def egn(text: str) -> bool:
    """A Bulgarian EGN: birth date (20 or 40 is added to the month), serial, check digit."""
    number = digits(text)
    month = number[2] * 10 + number[3]
    month -= 40 if month > 40 else 20 if month > 20 else 0
    return (
        date_in(0, month, number[4] * 10 + number[5])
        and weighted(number, (2, 4, 8, 5, 10, 9, 7, 3, 6)) % 11 % 10 == number[9]
    )


def oib(text: str) -> bool:
    """A Croatian OIB."""
    number = digits(text)
    return not same(number) and mod_11_10(number)


def jmbg(text: str) -> bool:
    """A JMBG or EMŠO of the states of former Yugoslavia: birth date, region, serial, check digit."""
    number = digits(text)
    return (
        date_in(0, number[2] * 10 + number[3], number[0] * 10 + number[1])
        and -weighted(number, (7, 6, 5, 4, 3, 2) * 2) % 11 % 10 == number[12]
    )


def amka(text: str) -> bool:
    """A Greek AMKA: birth date and serial, by Luhn."""
    number = digits(text)
    return date_in(0, number[2] * 10 + number[3], number[0] * 10 + number[1]) and luhn_sum(number) % 10 == 0


def afm(text: str) -> bool:
    """A Greek AFM: nine digits, powers of two, MOD 11."""
    number = digits(text)
    return any(number) and weighted(number, (256, 128, 64, 32, 16, 8, 4, 2)) % 11 % 10 == number[8]


def tckn(text: str) -> bool:
    """A Turkish T.C. Kimlik number: eleven digits, the last two of them checks."""
    number = digits(text)
    return (
        number[0] != 0
        and (sum(number[0:9:2]) * 7 - sum(number[1:8:2])) % 10 == number[9]
        and sum(number[:10]) % 10 == number[10]
    )


def inn(text: str) -> bool:
    """A Russian INN of a company (ten digits) or a person (twelve)."""
    number = digits(text)
    if len(number) == 10:
        return any(number) and weighted(number, (2, 4, 10, 3, 5, 9, 4, 6, 8)) % 11 % 10 == number[9]
    return (
        any(number)
        and weighted(number, (7, 2, 4, 10, 3, 5, 9, 4, 6, 8)) % 11 % 10 == number[10]
        and weighted(number, (3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8)) % 11 % 10 == number[11]
    )


def snils(text: str) -> bool:
    """A Russian SNILS: nine digits and their weighted sum by 101."""
    number = digits(text)
    return any(number) and weighted(number, range(9, 0, -1)) % 101 % 100 == number[9] * 10 + number[10]


def ukrainian_tax(text: str) -> bool:
    """A Ukrainian RNOKPP: days since 1899, serial, check digit."""
    number = digits(text)
    return any(number) and weighted(number, (-1, 5, 7, 9, 4, 6, 10, 5, 7)) % 11 % 10 == number[9]


def polish_identity_card(text: str) -> bool:
    """A Polish identity card: three letters and six digits, the first of which checks the rest (weights 7, 3, 1)."""
    values = [int(char, 36) for char in text.upper() if char.isalnum()]
    return weighted(values, (7, 3, 1, 9, 7, 3, 1, 7, 3)) % 10 == 0
