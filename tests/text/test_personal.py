"""The rules for personal data: how much they cover, what they are called elsewhere, and what words around do."""

import re
from functools import cache

import pytest

from bartizan.text.patterns import Patterns
from bartizan.text.personal import PRESIDIO_NAMES, personal_rules
from bartizan.text.view import views

STATES = set(re.findall(r"\b[a-z]{2}\b", """
    us ca mx br ar cl co ec uy pe uk ie de fr es it pt nl be at ch se no dk fi is ee lt lv pl cz hu ro bg hr gr tr ru ua
    in cn hk tw jp kr sg th my id il ae pk ph vn au nz za ng ke eg
"""))  # fmt: skip


@cache
def patterns() -> Patterns:
    return Patterns(personal_rules())


def kinds(text: str, least: float = 0.5) -> set[str]:
    return {match.rule.kind for match in patterns().scan(views(text)).matches if match.score >= least}


def test_at_least_sixty_kinds_of_at_least_twenty_states() -> None:
    known = {rule.kind for rule in personal_rules()}
    states = {kind[:2] for kind in known if kind[2:3] == "-"} & STATES
    assert len(known) >= 150
    assert len(states) >= 50


def test_the_table_of_presidios_names_names_kinds_that_there_are() -> None:
    known = {rule.kind for rule in personal_rules()} | {"place", "organisation"}
    assert set(PRESIDIO_NAMES) - known == set()
    assert all(re.fullmatch("[A-Z][A-Z_]+", name) for name in PRESIDIO_NAMES.values())


@pytest.mark.parametrize(
    ("plain", "said", "kind"),
    [
        ("the number 536220827 was drawn", "social security number 536220827", "us-ssn"),
        ("the number 021000021 was drawn", "routing number 021000021", "us-bank-routing"),
        ("it took 4155550132 steps", "phone 4155550132", "phone"),
        ("batch 46735810 is ready", "driver's license 46735810", "us-driver-license"),
        ("row A123456780 is empty", "KVNR A123456780 der Krankenkasse", "de-health-insurance"),
    ],
)
def test_a_word_beside_a_number_makes_it_somebodys(plain: str, said: str, kind: str) -> None:
    assert kind not in kinds(plain)
    assert kind in kinds(said)


def test_a_word_against_it_makes_a_match_less_likely() -> None:
    assert "us-ssn" in kinds("my number is 536-22-0827")
    assert "us-ssn" not in kinds("order 536-22-0827")


@pytest.mark.parametrize("value", ["536220827", "021000021", "521234567", "876543210"])
def test_a_bare_number_is_looked_at_where_it_is_all_of_the_text(value: str) -> None:
    assert kinds(value, least=0.1)
    assert kinds(f"{value}\n", least=0.1) == kinds(value, least=0.1)


@pytest.mark.parametrize(
    "text",
    [
        "Version 1.2.3.4 of the module takes 1024 bytes at 0x7fff0000, line 12345.",
        "for (int i = 0; i < 100000000; i++) { sum += data[i] * 31; }",
        "The result was 3.14159265358979 after 1000000 steps, 99.99 % of the time.",
        "commit 9fceb02d0ae598e95dc970b74767f19372d61af8",
        "Die Sitzung dauert 45 Minuten und kostet nichts.",
        "np.array([[0.123456789, 0.987654321], [1.5, 2.5]])",
        "HTTP/1.1 200 OK\r\nContent-Length: 348\r\n",
    ],
)
def test_text_and_code_without_personal_data_have_none(text: str) -> None:
    assert kinds(text) == set()


def test_values_in_a_list_are_all_found() -> None:
    cards = ["4111111111111111", "5555555555554444", "378282246310005"]
    for separator in (" ", ",", "\n", "; ", "\t", " | "):
        found = [
            match.read
            for match in patterns().scan(views(separator.join(cards))).matches
            if match.rule.kind == "credit-card"
        ]
        assert found == cards


def test_a_full_width_number_is_read_too() -> None:
    wide = "".join(chr(ord(digit) + 0xFEE0) for digit in "4111111111111111")
    [card] = [match for match in patterns().find(views(f"card {wide}")) if match.rule.kind == "credit-card"]
    assert (card.start, card.end, card.read) == (5, 21, "4111111111111111")
