"""Numbers of things that lead to a person: phones, cars."""

from bartizan.text.checks.digits import digits, luhn_sum, same

_VIN = {
    char: value
    for value, chars in enumerate(("", "AJ", "BKS", "CLT", "DMU", "ENV", "FW", "GPX", "HY", "RZ"))
    for char in chars
}
_VIN_WEIGHTS = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)


def imei(text: str) -> bool:
    """An IMEI: fourteen digits and one by Luhn."""
    number = digits(text)
    return not same(number) and luhn_sum(number) % 10 == 0


def vin(text: str) -> bool:
    """A vehicle identification number whose ninth character checks the rest, as North America and China ask."""
    packed = text.upper()
    if len(set(packed)) < 4:
        return False
    total = sum(
        (_VIN[char] if char in _VIN else int(char)) * weight for char, weight in zip(packed, _VIN_WEIGHTS, strict=True)
    )
    return "0123456789X"[total % 11] == packed[8]
