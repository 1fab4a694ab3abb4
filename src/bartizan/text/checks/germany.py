"""Numbers that German authorities, insurers and chambers give out, with their check digits."""

from bartizan.text.checks.digits import date_in, digits, mod_11_10, same, weighted


def tax(text: str) -> bool:
    """A German Steuer-ID: among the first ten digits one digit stands two or three times, the others once."""
    number = digits(text)
    counts = sorted(number[:10].count(digit) for digit in set(number[:10]))
    return number[0] != 0 and counts[-1] in (2, 3) and counts[-2] == 1 and mod_11_10(number)


def vat(text: str) -> bool:
    """The nine digits of a German Umsatzsteuer-ID."""
    number = digits(text)
    return number[0] != 0 and mod_11_10(number)


def document(text: str) -> bool:
    """A German passport or identity card number: its tenth character checks nine (ICAO 9303, weights 7, 3, 1)."""
    return icao(text[:9]) == int(text[9]) if len(text) > 9 else any(char.isdigit() for char in text)


def icao(text: str) -> int:
    """The check digit that ICAO 9303 computes for letters and digits."""
    return weighted([int(char, 36) for char in text], (7, 3, 1) * 4) % 10


def pension(text: str) -> bool:
    """A German Rentenversicherungsnummer: area, birth date, letter, serial and a check digit."""
    packed = "".join(char for char in text.upper() if char.isalnum())
    number = digits(f"{packed[:8]}{ord(packed[8]) - 64:02}{packed[9:]}")
    products = (digit * weight for digit, weight in zip(number, (2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1), strict=False))
    day = int(packed[2:4])
    return (
        date_in(0, int(packed[4:6]), day - 50 if day > 50 else day)
        and sum(product // 10 + product % 10 for product in products) % 10 == number[12]
    )


def health(text: str) -> bool:
    """A German Krankenversichertennummer: a letter and nine digits, the last of them by Luhn with weights 1, 2."""
    number = digits(f"{ord(text[0].upper()) - 64:02}{text[1:]}")
    products = (digit * weight for digit, weight in zip(number, (1, 2) * 5, strict=False))
    return sum(product // 10 + product % 10 for product in products) % 10 == number[10]


def clinic(text: str) -> bool:
    """A German Betriebsstättennummer, which has no public check digit."""
    return text[:2] != "00"


def doctor(text: str) -> bool:
    """A German Lebenslange Arztnummer: six digits, a check digit, and the group of physicians."""
    number = digits(text)
    return not same(number) and (10 - weighted(number, (4, 9, 4, 9, 4, 9)) % 10) % 10 == number[6]
