"""A key's text can be recognised, and one wrong character is noticed."""

import hashlib
import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bartizan.policy import secret
from bartizan.policy.secret import ALPHABET, PATTERN, SECRET_BYTES, SECRET_DIGITS, Secret, mint, well_formed


def test_a_fresh_key_is_well_formed_and_no_two_are_the_same() -> None:
    keys = [mint() for _ in range(500)]
    assert len({key.text for key in keys}) == 500
    for key in keys:
        assert re.fullmatch(r"bz_[0-9A-Za-z]{49}", key.text)
        assert well_formed(key.text)
        assert key.digest == hashlib.sha256(key.text.encode()).hexdigest()


def test_the_digits_hold_256_bits() -> None:
    assert SECRET_BYTES * 8 == 256
    assert math.ceil(256 / math.log2(len(ALPHABET))) == SECRET_DIGITS


@pytest.mark.parametrize("number", [0, 1, 61, 62, 2**256 - 1])
def test_numbers_are_written_in_full_width(number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secret.secrets, "token_bytes", lambda size: number.to_bytes(size, "big"))
    text = mint().text
    assert well_formed(text)
    value = 0
    for digit in text[3 : 3 + SECRET_DIGITS]:
        value = value * 62 + ALPHABET.index(digit)
    assert value == number


@given(st.integers(3, 51), st.sampled_from(ALPHABET))
def test_one_wrong_character_is_noticed(place: int, char: str) -> None:
    text = mint().text
    changed = text[:place] + char + text[place + 1 :]
    assert well_formed(changed) == (changed == text)


@given(st.text())
def test_other_text_is_no_key(text: str) -> None:
    assert not well_formed(text)
    assert not PATTERN.match(text)


def test_a_secret_does_not_show_itself() -> None:
    key = mint()
    assert key.text not in repr(key)
    assert key.text not in f"{[key]} {Secret(*key)!r}"
