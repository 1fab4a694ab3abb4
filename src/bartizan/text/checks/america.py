"""Numbers that states of the Americas give to people, with their check digits."""

from bartizan.text.checks.digits import date_in, digits, luhn_sum, same, weighted

# Printed in advertisements and specimen cards until they were in use all over: not one person's.
_SPECIMEN_SSN = frozenset({"078051120", "219099999", "123456789", "111111111", "987654320"})
_ARGENTINE_KINDS = ([2, 0], [2, 3], [2, 4], [2, 5], [2, 6], [2, 7], [3, 0], [3, 3], [3, 4])
_MEXICAN = "0123456789ABCDEFGHIJKLMNÑOPQRSTUVWXYZ"
_RFC = "0123456789ABCDEFGHIJKLMN&OPQRSTUVWXYZ Ñ"


def ssn(text: str) -> bool:
    """A US social security number as it may be issued: no empty part, no area 000, 666 or 900 and above."""
    number = "".join(char for char in text if char.isdigit())
    return (
        number[:3] not in ("000", "666")
        and number[0] != "9"
        and number[3:5] != "00"
        and number[5:] != "0000"
        and number not in _SPECIMEN_SSN
        and _one_separator(text)
    )


def itin(text: str) -> bool:
    """A US individual taxpayer number: begins with 9, and its group is one of those given out."""
    group = int("".join(char for char in text if char.isdigit())[3:5])
    return (50 <= group <= 65 or 70 <= group <= 88 or 90 <= group <= 92 or 94 <= group <= 99) and _one_separator(text)


def npi(text: str) -> bool:
    """A US national provider identifier: Luhn with 80840 before it."""
    number = digits(text)
    return number[0] in (1, 2) and not same(number[:9]) and luhn_sum([8, 0, 8, 4, 0, *number]) % 10 == 0


def dea(text: str) -> bool:
    """A US DEA registration: two letters, six digits and a check digit."""
    number = digits(text[2:])
    return (sum(number[0:5:2]) + 2 * sum(number[1:6:2])) % 10 == number[6]


def sin(text: str) -> bool:
    """A Canadian social insurance number; 0 and 8 are not given to people."""
    number = digits(text)
    return number[0] not in (0, 8) and not same(number) and luhn_sum(number) % 10 == 0


def cpf(text: str) -> bool:
    """A Brazilian CPF: nine digits and two checks."""
    number = digits(text)
    return not same(number) and all(
        _brazilian(weighted(number, range(last + 1, 1, -1))) == number[last] for last in (9, 10)
    )


def cnpj(text: str) -> bool:
    """A Brazilian CNPJ: twelve digits or, since 2026, letters and digits, and two checks."""
    number = [ord(char) - 48 for char in text.upper() if char.isalnum()]
    weights = (6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2)
    return not same(number) and all(
        _brazilian(weighted(number[:last], weights[13 - last :])) == number[last] for last in (12, 13)
    )


def cuit(text: str) -> bool:
    """An Argentine CUIT or CUIL: kind, document, check digit."""
    number = digits(text)
    if number[:2] not in _ARGENTINE_KINDS:
        return False
    left = (11 - weighted(number, (5, 4, 3, 2, 7, 6, 5, 4, 3, 2)) % 11) % 11
    return (9 if left == 10 else left) == number[10]


def rut(text: str) -> bool:
    """A Chilean RUT: seven or eight digits and their check, which may be K."""
    body, check = digits(text[:-1]), text[-1].upper()
    left = 11 - weighted(body[::-1], (2, 3, 4, 5, 6, 7, 2, 3)) % 11
    return any(body) and {10: "K", 11: "0"}.get(left, str(left)) == check


def curp(text: str) -> bool:
    """A Mexican CURP: letters of the name, birth date, sex, state, and a check digit."""
    packed = text.upper()
    total = sum(_MEXICAN.index(char) * (18 - place) for place, char in enumerate(packed[:17]))
    return date_in(0, int(packed[6:8]), int(packed[8:10])) and str(-total % 10) == packed[17]


def rfc(text: str) -> bool:
    """A Mexican RFC: letters of the name, a date, and two letters that tell namesakes apart, the last a check."""
    packed = "".join(char for char in text.upper() if char.isalnum() or char == "&")
    day = packed[-9:-3]
    if not date_in(0, int(day[2:4]), int(day[4:6])):
        return False
    total = sum(_RFC.index(char) * (13 - place) for place, char in enumerate(packed[:-1].rjust(12)))
    return {10: "A", 11: "0"}.get(11 - total % 11, str(11 - total % 11)) == packed[-1]


def nit(text: str) -> bool:
    """A Colombian NIT with its check digit."""
    number = digits(text)
    left = weighted(number[-2::-1], (3, 7, 13, 17, 19, 23, 29, 37, 41, 43, 47, 53, 59, 67, 71)) % 11
    return any(number) and (left if left < 2 else 11 - left) == number[-1]


def cedula_ecuador(text: str) -> bool:
    """An Ecuadorian cédula: province, serial, check digit by Luhn."""
    number = digits(text)
    province = number[0] * 10 + number[1]
    return (1 <= province <= 24 or province == 30) and number[2] <= 6 and luhn_sum(number) % 10 == 0


def cedula_uruguay(text: str) -> bool:
    """A Uruguayan cédula: seven digits and their check."""
    number = digits(text)
    return any(number) and -weighted(number, (2, 9, 8, 7, 6, 3, 4)) % 10 == number[7]


def _brazilian(total: int) -> int:
    return 11 - total % 11 if total % 11 > 1 else 0


def _one_separator(text: str) -> bool:
    """Whether the groups are all parted by the same character, or by none."""
    return len({char for char in text if not char.isdigit()}) <= 1
