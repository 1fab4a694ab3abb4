"""Checksums of issuers, against examples that their makers or standards publish."""

import pytest

from bartizan.text.checksums import base58check, bip39_words, crc62, luhn, seed_phrase, unbase58check
from bartizan.text.examples import expand


def test_the_checksum_of_a_github_token_that_was_published_and_revoked():
    assert crc62("zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ") == "0mLq17"


def test_luhn_of_the_example_of_the_standard():
    assert luhn("7992739871") == "3"


@pytest.mark.parametrize(
    ("entropy", "last", "count"),
    [("00" * 16, "about", 12), ("7f" * 16, "yellow", 12), ("80" * 24, "always", 18), ("ff" * 32, "vote", 24)],
)
def test_seed_phrases_end_as_the_vectors_of_bip39_do(entropy, last, count):
    words = seed_phrase(bytes.fromhex(entropy)).split()
    assert (len(words), words[-1]) == (count, last)


def test_the_words_of_bip39_are_all_there_in_their_order():
    words = list(bip39_words())
    assert len(words) == 2048
    assert words == sorted(words)
    assert (words[0], words[-1]) == ("abandon", "zoo")


def test_base58check_of_the_address_of_the_first_block():
    payload = bytes.fromhex("0062e907b15cbf27d5425399ebf6f0fb50ebb88f18")
    assert base58check(payload) == "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"
    assert unbase58check("1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa") == payload
    assert unbase58check("1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb") is None
    assert unbase58check("0OIl") is None


def test_bitcoin_keys_have_the_first_letters_that_their_versions_give():
    assert expand("{wif}")[0] in "KL"
    assert expand("{xprv}").startswith("xprv9s21ZrQH143K")
