"""Templates grow into the same texts each time, of the letters and with the checksums that they promise."""

import base64
import json
import re

import pytest

from bartizan.kernel.errors import UsageError
from bartizan.text.examples import ALPHABETS, expand


@pytest.mark.parametrize("alphabet", ALPHABETS)
def test_an_alphabet_gives_so_many_of_its_letters(alphabet):
    grown = expand(f"<{{{alphabet}:400}}>")
    assert grown[0] + grown[-1] == "<>"
    assert len(grown) == 402
    assert set(grown[1:-1]) <= set(ALPHABETS[alphabet])
    assert len(set(grown[1:-1])) > len(ALPHABETS[alphabet]) / 2


def test_the_same_template_and_seed_give_the_same_text_and_others_another():
    texts = {(template, seed): expand(template, seed) for template in ("{hex:32}", "x{hex:32}") for seed in range(20)}
    assert texts == {(template, seed): expand(template, seed) for template, seed in texts}
    assert len({text.lstrip("x") for text in texts.values()}) == 40


def test_the_letters_never_change():
    assert (
        expand("{hex:12} {alnum:8} {word} {uuid}", 7)
        == "136fb11d2a91 FzcvQhiQ dragon 9c0b87a6-dc4e-4490-86d6-77e43a3ed0eb"
    )


def test_a_range_of_lengths_is_used_to_both_ends():
    assert {len(expand("{alnum:3-6}", seed)) for seed in range(60)} == {3, 4, 5, 6}


def test_two_braces_are_one_and_a_closing_one_is_itself():
    assert re.fullmatch(r'\{"a":\{"b":"[0-9]{3}"\}\}', expand('{{"a":{{"b":"{digits:3}"}}'))
    assert expand("a } b") == "a } b"


def test_a_template_can_be_encoded_braces_and_all():
    inner = base64.b64decode(expand('{as-base64:{{"user":"{upper:4}"}}!')[:-1])
    assert re.fullmatch("[A-Z]{4}", json.loads(inner)["user"])
    assert bytes.fromhex(expand("{as-hex:a:b}")) == b"a:b"
    assert expand("{as-url:a b/c}") == "a%20b%2Fc"


@pytest.mark.parametrize("template", ["{hex}", "{hex:many}", "{unknown:3}", "{hex:3", "{}", "{luhn:}"])
def test_what_is_no_placeholder_is_refused_with_the_template(template):
    with pytest.raises(UsageError, match=re.escape(template)):
        expand(template)


def test_luhn_digits_pass_the_test_of_the_standard():
    for seed in range(50):
        digits = expand("{luhn:4539:16}", seed)
        assert digits.startswith("4539")
        assert len(digits) == 16
        doubled = [
            sum(divmod(int(digit) * 2, 10)) if place % 2 else int(digit) for place, digit in enumerate(digits[::-1])
        ]
        assert sum(doubled) % 10 == 0


def test_a_jwt_has_a_header_and_claims():
    header, payload, signature = expand("{jwt}").split(".")
    assert json.loads(base64.urlsafe_b64decode(header + "=="))["alg"] == "HS256"
    assert json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))).keys() == {"sub", "iat"}
    assert len(base64.urlsafe_b64decode(signature + "=")) == 32
