"""Numbers that states of western and southern Europe give to people, with their check digits and letters."""

from bartizan.text.checks.digits import date_in, digits, luhn_sum, same, weighted

_SPANISH = "TRWAGMYFPDXBNJZSQVHLCKE"
_SPANISH_BODY = "JABCDEFGHI"
_ITALIAN_MONTHS = "ABCDEHLMPRST"
_ITALIAN_ODD = dict(zip(
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ",
    (1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10,
     22, 25, 24, 23), strict=True,
))  # fmt: skip
# Where two people would share a code, digits are replaced by these letters, from the right.
_ITALIAN_DIGITS = str.maketrans("LMNPQRSTUV", "0123456789")


def nir(text: str) -> bool:
    """A French NIR: thirteen characters and a key of two digits, 97 less the remainder; Corsica is 2A and 2B."""
    packed = "".join(text.split()).upper()
    number, key = packed[:13].replace("2A", "19").replace("2B", "18"), packed[13:]
    month = int(number[3:5])
    return (1 <= month <= 12 or 20 <= month <= 42 or month >= 50) and 97 - int(number) % 97 == int(key)


def siret(text: str) -> bool:
    """A French SIREN or SIRET."""
    number = digits(text)
    return not same(number) and luhn_sum(number) % 10 == 0


def nif(text: str) -> bool:
    """A Spanish NIF or NIE: the letter is the number's remainder by 23."""
    packed = "".join(char for char in text.upper() if char.isalnum())
    number = packed[:-1].translate(str.maketrans("XYZ", "012"))
    return _SPANISH[int(number) % 23] == packed[-1]


def cif(text: str) -> bool:
    """A Spanish CIF: a letter for the form of company, seven digits, and a digit or letter by Luhn."""
    check = -luhn_sum(digits(text[1:8] + "0")) % 10
    return text[8] in (str(check), _SPANISH_BODY[check])


def codice_fiscale(text: str) -> bool:
    """An Italian codice fiscale: the birth date must be one, and the last letter checks fifteen characters."""
    packed = text.upper()
    total = sum(_ITALIAN_ODD[char] for char in packed[0:15:2])
    total += sum(int(char) if char.isdigit() else ord(char) - 65 for char in packed[1:15:2])
    day = int(packed[9:11].translate(_ITALIAN_DIGITS))
    month = _ITALIAN_MONTHS.find(packed[8]) + 1
    return date_in(0, month, day - 40 if day > 40 else day) and chr(65 + total % 26) == packed[15]


def partita_iva(text: str) -> bool:
    """An Italian partita IVA: eleven digits by Luhn, the eighth to tenth naming an office."""
    number = digits(text)
    office = number[7] * 100 + number[8] * 10 + number[9]
    return any(number[:7]) and (office <= 100 or office in (120, 121, 888, 999)) and luhn_sum(number) % 10 == 0


def portuguese_tax(text: str) -> bool:
    """A Portuguese NIF: nine digits, MOD 11."""
    number = digits(text)
    return number[0] != 0 and (11 - weighted(number, range(9, 1, -1)) % 11) % 11 % 10 == number[8]


def bsn(text: str) -> bool:
    """A Dutch BSN: the test of eleven."""
    number = digits(text)
    return not same(number) and (weighted(number, range(9, 1, -1)) - number[8]) % 11 == 0


def belgian(text: str) -> bool:
    """A Belgian Rijksregisternummer: birth date, serial, and 97 less the remainder; from 2000 on with a 2 before it."""
    number = "".join(char for char in text if char.isdigit())
    body, key, month = int(number[:9]), int(number[9:]), int(number[2:4]) % 20
    return month <= 12 and int(number[4:6]) <= 31 and key in (97 - body % 97, 97 - (body + 2_000_000_000) % 97)


def austrian(text: str) -> bool:
    """An Austrian Sozialversicherungsnummer: three digits, a check digit, the birth date."""
    number = digits(text)
    return (
        number[0] != 0
        and number[4] * 10 + number[5] in range(1, 32)
        and number[6] * 10 + number[7] in range(1, 16)
        and weighted(number, (3, 7, 9, 0, 5, 8, 4, 2, 1, 6)) % 11 == number[3]
    )


def swiss(text: str) -> bool:
    """A Swiss AHV number: an EAN-13 that begins with 756."""
    number = digits(text)
    return -weighted(number, (1, 3) * 6) % 10 == number[12]


def spanish_social_security(text: str) -> bool:
    """A Spanish número de afiliación: province, serial, and the remainder by 97."""
    number = "".join(char for char in text if char.isdigit())
    province, serial, check = int(number[:2]), int(number[2:-2]), int(number[-2:])
    return (
        1 <= province <= 66
        and (province * 10_000_000 + serial if serial < 10_000_000 else int(number[:-2])) % 97 == check
    )
