"""Telephone numbers are told by their plans as the `phonenumbers` package tells them."""

import random

import phonenumbers
import pytest

from bartizan.text.checks.phone import digits_only, grouped, international, national, north_american, plans

REGIONS = sorted(phonenumbers.SUPPORTED_REGIONS)


def test_the_plans_cover_the_calling_codes_of_the_world() -> None:
    assert len(plans()) >= 190
    assert {"1", "7", "44", "49", "86", "91", "81", "55", "234", "27", "61"} <= set(plans())


@pytest.mark.parametrize("kind", ["FIXED_LINE", "MOBILE"])
def test_examples_of_every_region_are_numbers(kind: str) -> None:
    examples = [
        phonenumbers.example_number_for_type(region, getattr(phonenumbers.PhoneNumberType, kind)) for region in REGIONS
    ]
    written = [phonenumbers.format_number(one, phonenumbers.PhoneNumberFormat.INTERNATIONAL) for one in examples if one]
    missed = [text for text in written if not international(text)]
    assert len(written) > 200
    assert missed == []


def test_random_numbers_are_judged_as_the_package_does() -> None:
    """The table knows beginnings and lengths only, so it may say yes to a number that is not given out, but not no."""
    dice = random.Random(3)
    agreed = wrong = 0
    for _ in range(6_000):
        code = dice.choice(sorted(plans()))
        text = f"+{code}{''.join(dice.choices('0123456789', k=dice.randint(6, 11)))}"
        ours, theirs = international(text), phonenumbers.is_valid_number(phonenumbers.parse(text))
        agreed += ours == theirs
        wrong += theirs and not ours
    assert agreed > 0.8 * 6_000
    assert wrong < 0.01 * 6_000


@pytest.mark.parametrize(
    "text", ["+1 415 555 0132", "0044 20 7946 0958", "+49 (0)30 901820", "+358 9 1234567", "+86 138 0013 8000"]
)
def test_numbers_with_their_country(text: str) -> None:
    assert international(text)


@pytest.mark.parametrize("text", ["+1 234", "+999 123 456 789", "+44 123", "+49 0000000000"])
def test_no_numbers_of_any_country(text: str) -> None:
    assert not international(text)


def test_numbers_without_their_country() -> None:
    assert north_american("(415) 555-0132 x12")
    assert not north_american("(115) 555-0132")
    assert national("020 7946 0958")
    assert not national("01.02.2003")
    assert grouped("737 219 628")
    assert not grouped("1999-2003")
    assert digits_only("4155550132")
    assert not digits_only("1155550132")
