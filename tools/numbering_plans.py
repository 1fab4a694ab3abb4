"""Writes the table of telephone numbering plans: which beginnings and lengths each country gives out.

    python -m tools.numbering_plans > src/bartizan/text/checks/numbering_plans.tsv

The table holds what the `phonenumbers` package answers when it is asked about numbers drawn at random: for each calling
code, the trunk prefix, and for each length of a national number the beginnings of which any is valid: of two digits,
and of three in North America, where these are the area codes.
"""

import random
import sys

import phonenumbers

TRIES = 60


def main() -> int:
    print("# calling code, trunk prefix, then length:beginnings as ranges. Written by tools/numbering_plans.py")
    for code in sorted(phonenumbers.COUNTRY_CODE_TO_REGION_CODE):
        if lengths := _lengths(code):
            print(code, _trunk(code), *lengths, sep="\t")
    return 0


def _lengths(code: int) -> list[str]:
    """Each length with the beginnings that are given out at it."""
    dice = random.Random(code)
    possible, width = set(), 3 if code == 1 else 2
    for region in phonenumbers.COUNTRY_CODE_TO_REGION_CODE[code]:
        metadata = phonenumbers.PhoneMetadata.metadata_for_region_or_calling_code(code, region)
        if metadata is not None:
            possible |= set(metadata.general_desc.possible_length)
    lengths = []
    for length in sorted(possible):
        if not 5 <= length <= 12:
            continue
        starts = [start for start in range(10**width) if _given_out(code, f"{start:0{width}}", length, dice)]
        if starts:
            lengths.append(f"{length}:{_ranges(starts, width)}")
    return lengths


def _given_out(code: int, start: str, length: int, dice: random.Random) -> bool:
    """Whether any of a few numbers that begin so is valid."""
    for _ in range(TRIES):
        national = start + "".join(dice.choices("0123456789", k=length - len(start)))
        number = phonenumbers.PhoneNumber(
            country_code=code, national_number=int(national), italian_leading_zero=national[0] == "0" or None
        )
        if phonenumbers.is_valid_number(number):
            return True
    return False


def _trunk(code: int) -> str:
    """The prefix of a call inside the country, or a dash."""
    region = phonenumbers.region_code_for_country_code(code)
    return phonenumbers.ndd_prefix_for_region(region, strip_non_digits=True) or "-"


def _ranges(numbers: list[int], width: int) -> str:
    """The numbers as ranges: 20-29,31."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1][1:] = [number]
        else:
            runs.append([number])
    return ",".join("-".join(f"{end:0{width}}" for end in run) for run in runs)


if __name__ == "__main__":
    sys.exit(main())
