"""Numbers of the United Kingdom and Ireland, with their check digits and the letters that are not given out."""

from bartizan.text.checks.digits import date_in, digits, same, weighted

_IRISH = "WABCDEFGHIJKLMNOPQRSTUV"
# Prefixes of national insurance numbers that are kept for administration.
_NINO_UNUSED = frozenset({"BG", "GB", "KN", "NK", "NT", "TN", "ZZ"})
_POSTCODE_AREAS = frozenset(
    """
    AB AL B BA BB BD BH BL BN BR BS BT BX CA CB CF CH CM CO CR CT CV CW DA DD DE DG DH DL DN DT DY E EC EH EN EX
    FK FY G GL GU GY GIR HA HD HG HP HR HS HU HX IG IM IP IV JE KA KT KW KY L LA LD LE LL LN LS LU M ME MK ML N
    NE NG NN NP NR NW OL OX PA PE PH PL PO PR RG RH RM S SA SE SG SK SL SM SN SO SP SR SS ST SW SY TA TD TF TN
    TQ TR TS TW UB W WA WC WD WF WN WR WS WV YO ZE
    """.split()  # noqa: SIM905 - a list of words reads best as words
)


def nhs(text: str) -> bool:
    """An NHS number of England, Wales and the Isle of Man: MOD 11 over ten digits."""
    number = digits(text)
    return not same(number) and (11 - weighted(number, range(10, 1, -1)) % 11) % 11 == number[9]


def nino(text: str) -> bool:
    """A national insurance number whose prefix is given out."""
    return text[:2].upper() not in _NINO_UNUSED


def driving_licence(text: str) -> bool:
    """A British driving licence: surname, and a birth date spread over six digits (50 is added to a woman's month)."""
    month = int(text[6:8])
    return date_in(0, month - 50 if month > 50 else month, int(text[8:10])) and text[:5].rstrip("9").isalpha()


def postcode(text: str) -> bool:
    """A British postcode of one of the postal areas."""
    area = "".join(char for char in text[:3] if char.isalpha())
    return area.upper() in _POSTCODE_AREAS


def vehicle(text: str) -> bool:
    """A British registration mark whose age, where it has one of two digits, is given out by 2029."""
    packed = text.replace(" ", "").replace("-", "")
    if not (packed[:2].isalpha() and packed[2:4].isdigit() and len(packed) == 7):
        return True
    return 2 <= int(packed[2:4]) <= 29 or 51 <= int(packed[2:4]) <= 79


def irish(text: str) -> bool:
    """An Irish PPS number: seven digits and a check letter, and since 2013 one more that takes part."""
    packed = text.upper()
    extra = ord(packed[8]) - 64 if len(packed) > 8 and packed[8] != "W" else 0
    return _IRISH[(weighted(digits(packed[:7]), range(8, 1, -1)) + 9 * extra) % 23] == packed[7]
