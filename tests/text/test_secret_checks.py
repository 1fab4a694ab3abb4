"""The checks behind the rules for secrets: checksums, names, make and stand-ins, and that no text can break them."""

import importlib
import random
import string
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bartizan.text.checks import assigned, passwords, private_keys, tokens, wallets
from bartizan.text.checks.names import kind_of
from bartizan.text.checks.placeholders import refers, stands_in
from bartizan.text.checks.written import drawn_bits
from bartizan.text.examples import WORDS, expand
from bartizan.text.mask import mask
from bartizan.text.secret_rules import secret_rules

CHECKED = [
    (tokens.github, "ghp_{crc62:36}"),
    (tokens.gitlab, "{gitlab:glpat}"),
    (tokens.grafana, "{grafana:sa}"),
    (tokens.synapse, "{synapse:syt}"),
    (wallets.bitcoin_key, "{wif}"),
    (wallets.extended_key, "{xprv}"),
    (wallets.ripple_seed, "{ripple}"),
    (wallets.stellar_seed, "{stellar}"),
    (wallets.bech32, "{bech32:nsec}"),
    (wallets.bech32, "{bech32:AGE-SECRET-KEY-}"),
]


@pytest.mark.parametrize(("check", "template"), CHECKED, ids=lambda value: getattr(value, "__name__", value))
def test_a_checksum_holds_and_any_changed_letter_breaks_it(check, template):
    text = expand(template, 3)
    assert check(text)
    for place in range(text.rindex("_") if "_" in text else len(text) // 2, len(text)):
        if text[place].isalnum():
            other = next(char for char in "a2Q7" if char.lower() != text[place].lower())
            assert not check(text[:place] + other + text[place + 1 :])


def test_published_vectors_pass():
    assert tokens.grafana("glsa_iNValIdinValiDinvalidinvalidinva_" + "5b582697")
    assert wallets.bech32("nsec1" + "vl029mgpspedva04g90vltkh6fvh240zqtv9k0t9af8935ke9laqsnlfe5")
    assert wallets.bech32("AGE-SECRET-KEY-1" + "GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX")
    assert wallets.seed_phrase("ozone drill grab fiber curtain grace pudding thank " + "cruise elder eight picnic")
    assert tokens.basic("bWU6") is False


@pytest.mark.parametrize("count", [12, 15, 18, 21, 24])
def test_a_seed_phrase_needs_its_checksum_and_its_words(count):
    words = expand(f"{{bip39:{count}}}", 5).split()
    assert wallets.seed_phrase(" ".join(words))
    assert not wallets.seed_phrase(" ".join(words[:-1]))
    assert not wallets.seed_phrase(" ".join([*words[:-1], "bartizan"]))
    changed = sum(
        wallets.seed_phrase(" ".join([*words[:-1], other])) for other in ("abandon", "zoo", "mirror", "legal")
    )
    assert changed < 4


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        ("password", "password dbPassword DB_PASSWORD_PROD password4root wifi_passwd Kennwort smtpPass user.password"),
        (
            "key",
            "api_key apikey X-Octopus-ApiKey client_secret AWS_SECRET_ACCESS_KEY TOKEN_GITHUB jwtSecretKey authToken",
        ),
        ("key", "SECRET_KEY_BASE encryptionKeyV2 vaultToken storage_account_key DATADOG_API_KEY credentials"),
        ("bare", "key theKey row_key"),
        (
            "",
            "key_name tokenId credentialsId UserSecretsId LLM_SECRET_NAME public_key publicToken TOKEN_AUDIENCE author",
        ),
        (
            "",
            "csrf-token access_token_url passwordHash secret_length monkey keyword passport compass server.key.pem",
        ),
        ("", "password_policy token_type pass_context partition_key apiUrl Authentication-Results id x"),
    ],
)
def test_a_name_says_what_its_value_is(kind, names):
    assert {name: kind_of(name) for name in names.split()} == dict.fromkeys(names.split(), kind)


@pytest.mark.parametrize(
    "template", ["{hex:32}", "{alnum:16}", "{base64:24}", "{lower:24}", "{upper:24}", "{base32:20}"]
)
def test_drawn_texts_cost_more_as_writing_than_as_a_draw(template):
    assert sum(drawn_bits(expand(template, seed)) > 25 for seed in range(200)) >= 198


def test_names_words_and_versions_cost_less_as_writing():
    dice = random.Random(1)
    joined = ["".join(word.title() for word in dice.choices(WORDS, k=3)) for _ in range(200)]
    snakes = ["_".join(dice.choices(WORDS, k=3)) for _ in range(200)]
    assert sum(drawn_bits(name) < 15 for name in joined + snakes) >= 396
    for text in ("rc0.15.0_20231217_1420-SNAPSHOT", "XSalsa20.key_length", "/opt/config/alias/cert.p12", "2024-01-31"):
        assert drawn_bits(text) < 15


STAND_INS = """
changeme your-token <token> xxxxxxxx 12345678 abcdefgh abcabcabc ******** example-key my_secret none qwerty12
"""


@pytest.mark.parametrize("value", STAND_INS.split())
def test_stand_ins_are_known(value):
    assert stands_in(value) or refers(value)


@pytest.mark.parametrize("value", ["P@ssw0rd$1", "Tr0ub4dor&3", "d2LkV78zLx!t", "yqDVtkqPECriaLRi"])
def test_passwords_are_no_stand_ins(value):
    assert not stands_in(value)
    assert passwords.chosen(value)


@pytest.mark.parametrize(
    "value", ["password", "admin123", "db_password", "${DB}", "config.password", "required|min:8", "a b c d e", "short"]
)
def test_nobody_chose_these_as_a_password(value):
    assert not passwords.chosen(value)


def test_what_a_manual_prints_is_known_by_its_digest():
    printed = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/" + "K1SZFPTOtr/KBHBeksoGMGw=="
    assert not tokens.real(printed)
    assert tokens.real(printed.replace("E", "F", 1))


def test_a_private_key_that_is_only_hinted_at_is_none():
    frame = "-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----"
    assert private_keys.armoured(frame.format(expand("MII{base64:125}")))
    assert not private_keys.armoured(frame.format("..."))
    assert not private_keys.armoured(frame.format("PUT YOUR OWN PRIVATE KEY IN HERE PLEASE AND KEEP IT"))


@pytest.mark.parametrize(
    ("assignment", "parts"),
    [
        ('api_key": "abc"', ("api_key", "abc")),
        ("DB_PASSWORD=abc", ("DB_PASSWORD", "abc")),
        ("config.secret'] => 'abc'", ("config.secret", "abc")),
        ('client.setPassword("abc"', ("setPassword", "abc")),
        ("val token: String = `abc`", ("val token", "abc")),
        ("name\n  value: abc", ("name", "abc")),
    ],
)
def test_parts_of_an_assignment_are_told_apart(assignment, parts):
    assert assigned.parted(assignment) == parts


CHECKS = sorted({rule.check for rule in secret_rules() if rule.check})


@pytest.mark.parametrize("name", CHECKS)
@given(
    text=st.text(max_size=80)
    | st.text(string.printable, min_size=1, max_size=80)
    | st.from_regex(r"[A-Za-z0-9_.:=-]{1,60}")
)
def test_no_text_breaks_a_check(name, text):
    module, function = name.split(".")
    check = getattr(importlib.import_module(f"bartizan.text.checks.{module}"), function)
    assert check(text) in (True, False)


@pytest.mark.parametrize("name", CHECKS)
def test_long_texts_cost_little(name):
    module, function = name.split(".")
    check = getattr(importlib.import_module(f"bartizan.text.checks.{module}"), function)
    lead = 'key = "'
    for piece in ("a", " ", "\n", "\n ", "=", "a1B2", "key=", "a.", "-----BEGIN A-----", "eyJ", "a:\n", "$", "\u20ac"):
        start = time.process_time()
        check(lead + piece * (100_000 // len(piece)))
        assert time.process_time() - start < 1


@given(st.text(max_size=300))
def test_a_mask_shows_four_letters_at_most_and_a_sixth(secret):
    shown = mask(secret).removesuffix("***")
    assert len(secret) >= 6 or not shown
    assert secret.startswith(shown) or not secret.isprintable()
    if secret.isascii() and secret.isprintable():
        assert len(shown) <= min(4, len(secret) / 6)
