"""Numbers of banks and cards: cards by brand and Luhn, IBAN by country and MOD 97, routing numbers."""

from bartizan.text.checks.digits import digits, luhn_sum, mod_97, same, weighted

# Issuer prefixes with the lengths that the brand gives out (ISO/IEC 7812; the brands' own tables).
_BRANDS = (
    (1, 1, 1, (15,)),
    (4, 4, 1, (13, 16, 19)),
    (51, 55, 2, (16,)),
    (2221, 2720, 4, (16,)),
    (34, 34, 2, (15,)),
    (37, 37, 2, (15,)),
    (300, 305, 3, (14, 16)),
    (3095, 3095, 4, (14, 16)),
    (36, 36, 2, (14, 16)),
    (38, 39, 2, (14, 16)),
    (6011, 6011, 4, (16, 19)),
    (644, 659, 3, (16, 19)),
    (3528, 3589, 4, (16, 19)),
    (1800, 1800, 4, (15,)),
    (2131, 2131, 4, (15,)),
    (62, 62, 2, (16, 17, 18, 19)),
    (81, 81, 2, (16, 17, 18, 19)),
    (50, 50, 2, (12, 13, 14, 15, 16, 17, 18, 19)),
    (56, 58, 2, (12, 13, 14, 15, 16, 17, 18, 19)),
    (60, 60, 2, (16,)),
    (61, 61, 2, (12, 13, 14, 15, 16, 17, 18, 19)),
    (63, 63, 2, (12, 13, 14, 15, 16, 17, 18, 19)),
    (66, 69, 2, (12, 13, 14, 15, 16, 17, 18, 19)),
    (2200, 2204, 4, (16,)),
    (979, 979, 3, (16,)),
)

# Characters of an IBAN by country, from the SWIFT registry.
_IBAN_COUNTRIES = {
    15: "NO",
    16: "BE",
    18: "DK FI FK FO GL NL SD",
    19: "MK SI",
    20: "AT BA EE KZ LT LU MN XK",
    21: "CH HR LI LV",
    22: "BG BH CR DE GB GE IE ME RS VA",
    23: "AE GI IL IQ OM SO TL",
    24: "AD CZ ES MD PK RO SA SE SK TN VG",
    25: "LY PT ST",
    26: "IS TR",
    27: "BI DJ FR GR IT MC MR SM",
    28: "AL AZ BY CY DO GT HN HU LB NI PL SV",
    29: "BR EG PS QA UA",
    30: "JO KW MU YE",
    31: "MT SC",
    32: "LC",
    33: "RU",
}
_IBAN_LENGTHS = {country: length for length, countries in _IBAN_COUNTRIES.items() for country in countries.split()}

# ISO 3166-1, and Kosovo's XK.
_COUNTRIES = frozenset(
    """
    AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY
    BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK
    FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR
    IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK
    ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM
    PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF
    TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS XK YE YT ZA ZM ZW
    """.split()  # noqa: SIM905 - a list of words reads best as words
)


def card(text: str) -> bool:
    """A payment card: a brand's prefix and length, and Luhn."""
    number = digits(text)
    if luhn_sum(number) % 10 or same(number):
        return False
    return any(
        low <= int("".join(map(str, number[:width]))) <= high and len(number) in lengths
        for low, high, width, lengths in _BRANDS
    )


def iban(text: str) -> bool:
    """An IBAN: the country's length, and MOD 97 (ISO 13616)."""
    packed = "".join(char for char in text.upper() if char.isalnum())
    return _IBAN_LENGTHS.get(packed[:2]) == len(packed) and mod_97(packed[4:] + packed[:4]) == 1


def routing(text: str) -> bool:
    """A US bank routing number: a Federal Reserve prefix, and weights 3, 7, 1."""
    number = digits(text)
    prefix = number[0] * 10 + number[1]
    known = prefix <= 12 or 21 <= prefix <= 32 or 61 <= prefix <= 72 or prefix == 80
    return known and any(number) and weighted(number, (3, 7, 1) * 3) % 10 == 0


def clabe(text: str) -> bool:
    """A Mexican CLABE: bank, branch, account, and a check digit of weights 3, 7, 1 without carry."""
    number = digits(text)
    total = sum(digit * weight % 10 for digit, weight in zip(number[:17], (3, 7, 1) * 6, strict=False))
    return any(number) and -total % 10 == number[17]


def bic(text: str) -> bool:
    """A BIC: bank, a country, place (ISO 9362)."""
    return text[4:6] in _COUNTRIES
