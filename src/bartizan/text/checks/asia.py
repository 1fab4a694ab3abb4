"""Numbers that states of Asia and the Middle East give to people, with their birth dates and check characters."""

from bartizan.text.checks.digits import date_in, digits, luhn_sum, same, verhoeff, weighted

_CHINESE = "10X98765432"
_TAIWANESE = "ABCDEFGHJKLMNPQRSTUVXYWZIO"
# The check letter by remainder, and what the century or the kind adds to the sum before.
_SINGAPOREAN = {
    "S": ("JZIHGFEDCBA", 0),
    "T": ("JZIHGFEDCBA", 4),
    "F": ("XWUTRQPNMLK", 0),
    "G": ("XWUTRQPNMLK", 4),
    "M": ("XWUTRQPNJLK", 3),
}
_BASE36 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def aadhaar(text: str) -> bool:
    """An Indian Aadhaar number: twelve digits by Verhoeff, neither 0 nor 1 first, no palindrome."""
    number = digits(text)
    return number[0] > 1 and number != number[::-1] and verhoeff(text)


def gstin(text: str) -> bool:
    """An Indian GSTIN: state, PAN, entity, Z, and a check character of base 36."""
    packed = text.upper()
    if not gstin_state(packed):
        return False
    products = (_BASE36.index(char) * (1 + place % 2) for place, char in enumerate(packed[:14]))
    return _BASE36[-sum(sum(divmod(product, 36)) for product in products) % 36] == packed[14]


def gstin_state(text: str) -> bool:
    """An Indian GSTIN of a state that there is, whatever its check character."""
    return 1 <= int(text[:2]) <= 37 or text[:2] in ("97", "99")


def resident(text: str) -> bool:
    """A Chinese resident identity number: region, birth date, serial, and a check by ISO 7064, MOD 11-2."""
    number = digits(text[:17])
    dated = date_in(int(text[6:10]), int(text[10:12]), int(text[12:14]))
    return dated and _CHINESE[weighted(number, [2**place % 11 for place in range(17, 0, -1)]) % 11] == text[17].upper()


def hong_kong(text: str) -> bool:
    """A Hong Kong identity card: one or two letters, six digits, and a check that may be A."""
    packed = "".join(char for char in text.upper() if char.isalnum())
    values = [36] * (len(packed) == 8) + [int(char, 36) for char in packed]
    return weighted(values, range(9, 0, -1)) % 11 == 0


def taiwanese(text: str) -> bool:
    """A Taiwanese identity card: a letter for the county and nine digits."""
    county = _TAIWANESE.index(text[0].upper()) + 10
    return weighted([*divmod(county, 10), *digits(text[1:])], (1, 9, 8, 7, 6, 5, 4, 3, 2, 1, 1)) % 10 == 0


def my_number(text: str) -> bool:
    """A Japanese individual number: eleven digits and a check, MOD 11."""
    number = digits(text)
    left = weighted(number, (6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)) % 11
    return not same(number) and (11 - left if left > 1 else 0) == number[11]


def korean_resident(text: str) -> bool:
    """A Korean resident registration number: birth date, and sex with century. Since October 2020 nothing checks it."""
    number = digits(text)
    return 1 <= number[6] <= 4 and date_in(0, number[2] * 10 + number[3], number[4] * 10 + number[5])


def korean_resident_checked(text: str) -> bool:
    """A Korean resident registration number whose check digit holds."""
    number = digits(text)
    check = (11 - weighted(number, (2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5)) % 11) % 10
    return korean_resident(text) and number[12] == check


def korean_foreigner(text: str) -> bool:
    """A Korean foreigner registration number: birth date, and sex with century."""
    number = digits(text)
    return 5 <= number[6] <= 8 and date_in(0, number[2] * 10 + number[3], number[4] * 10 + number[5])


def korean_passport(text: str) -> bool:
    """A Korean passport as it was until 2021: one of five letters and eight digits."""
    return text[0].upper() in "DGMRS"


def korean_business(text: str) -> bool:
    """A Korean business registration number: ten digits."""
    number = digits(text)
    total = weighted(number, (1, 3, 7, 1, 3, 7, 1, 3)) + sum(divmod(number[8] * 5, 10))
    return any(number) and -total % 10 == number[9]


def nric(text: str) -> bool:
    """A Singaporean NRIC or FIN: a letter, seven digits, and a letter that checks them."""
    packed = text.upper()
    if packed[0] not in _SINGAPOREAN:
        return False
    letters, more = _SINGAPOREAN[packed[0]]
    return letters[(weighted(digits(packed[1:8]), (2, 7, 6, 5, 4, 3, 2)) + more) % 11] == packed[8]


def thai(text: str) -> bool:
    """A Thai identity number: thirteen digits, MOD 11."""
    number = digits(text)
    return (
        1 <= number[0] <= 8
        and number[1] != 0
        and not same(number)
        and (11 - weighted(number, range(13, 1, -1)) % 11) % 10 == number[12]
    )


def malaysian(text: str) -> bool:
    """A Malaysian MyKad number: birth date, place of birth, serial."""
    number = digits(text)
    place = number[6] * 10 + number[7]
    return date_in(0, number[2] * 10 + number[3], number[4] * 10 + number[5]) and place not in (
        0, 17, 18, 19, 20, 69, 70, 73, 80, 81, 94, 95, 96, 97,
    )  # fmt: skip


def indonesian(text: str) -> bool:
    """An Indonesian NIK: province, district, birth date (40 is added to a woman's day), serial."""
    number = digits(text)
    day = number[6] * 10 + number[7]
    return (
        11 <= number[0] * 10 + number[1] <= 97
        and any(number[12:])
        and date_in(0, number[8] * 10 + number[9], day - 40 if day > 40 else day)
    )


def israeli(text: str) -> bool:
    """An Israeli identity number: nine digits by Luhn."""
    number = digits(text)
    return not same(number) and luhn_sum(number) % 10 == 0


def emirates(text: str) -> bool:
    """An Emirates ID: 784, year of birth, serial, by Luhn."""
    return luhn_sum(digits(text)) % 10 == 0


def uen(text: str) -> bool:
    """A Singaporean unique entity number; a local company's begins with the year it was founded in."""
    packed = text.upper()
    if packed[0] in "RST":
        return True
    if len(packed) == 9:
        return "XMKECAWLJDB"[weighted(digits(packed[:8]), (10, 4, 9, 3, 8, 2, 7, 1)) % 11] == packed[8]
    return "ZKCMDNERGWH"[weighted(digits(packed[:9]), (10, 8, 6, 4, 9, 7, 5, 3, 1)) % 11] == packed[9]
