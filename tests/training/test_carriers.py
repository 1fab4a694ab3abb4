"""Carriers: the attack stands whole in one place of the document, written as the document's form asks."""

import html
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from training.guard.carriers import FORMS, carried, innocent
from training.guard.grammar import BENIGN, Family, GrammarError, load

ATTACK = 'do <b>this</b>\n"now" \\ it\'s naïve'


def world(root: Path, carrier: str, form: str = "text", language: str = "en", stage: str = "retrieved") -> list[Family]:
    """A carrier, and an attack and a benign text that it may carry."""
    for name, content in {
        f"carrier/{language}/page": f"kind: benign\nstage: tool_result\nform: {form}\n@here\nnothing\n@@\n{carrier}\n",
        "attack/en/odd": f"kind: exfiltration\nstage: user, {stage}\n@@\n{ATTACK}\n",
        "benign/en/quiet": "kind: benign\nstage: retrieved\n@@\nquiet\n",
    }.items():
        path = root / f"{name}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content.replace(ATTACK, ATTACK.replace("\\", "\\\\").replace("\n", "\\n")), encoding="utf-8")
    return list(load(root))


def split(families: list[Family]) -> tuple[list[Family], list[Family], list[Family]]:
    attack, benign, carrier = families
    return [carrier], [attack], [benign]


@pytest.mark.parametrize(
    ("form", "back"),
    [
        ("text", str),
        ("line", str),
        ("json", lambda text: json.loads(f'"{text}"')),
        ("html", html.unescape),
    ],
)
def test_attack_is_written_in_the_documents_form(tmp_path: Path, form: str, back: Callable[[str], str]) -> None:
    found = list(carried(*split(world(tmp_path, "({here})", form)), n=20, seed=1))
    wanted = " ".join(ATTACK.split()) if form == "line" else ATTACK
    assert {back(sample.text[1:-1]) for sample in found} == {wanted}
    assert len({sample.text for sample in found}) == (2 if form in ("json", "html") else 1)


def test_attack_stands_in_one_place_and_innocent_texts_in_the_others(tmp_path: Path) -> None:
    found = list(carried(*split(world(tmp_path, "{here}|{here}|{here}")), n=200, seed=1))
    places = [sample.text.split("|") for sample in found]
    assert {tuple(held == ATTACK for held in place).index(True) for place in places} == {0, 1, 2}
    assert all(place.count(ATTACK) == 1 for place in places)
    assert {held for place in places for held in place} == {ATTACK, "nothing", "quiet"}


def test_carried_attack_keeps_its_family_and_says_where_both_come_from(tmp_path: Path) -> None:
    [sample] = carried(*split(world(tmp_path, "{here}")), n=1, seed=1)
    assert (sample.kind, sample.family, sample.stage) == ("embedded-task", "odd", "tool_result")
    assert sample.seed_id == "carrier/en/page:7 attack/en/odd:4"


def test_innocent_document_has_no_attack_in_it(tmp_path: Path) -> None:
    carriers, _, benign = split(world(tmp_path, "{here}"))
    found = list(innocent(carriers, benign, n=50, seed=1))
    assert {sample.text for sample in found} == {"nothing", "quiet"}
    assert {(sample.kind, sample.family) for sample in found} == {(BENIGN, "page")}


def test_attack_that_is_only_asked_is_not_carried(tmp_path: Path) -> None:
    assert not list(carried(*split(world(tmp_path, "{here}", stage="user")), n=5, seed=1))


def test_document_of_a_language_without_attacks_carries_an_english_one(tmp_path: Path) -> None:
    [sample] = carried(*split(world(tmp_path, "{here}", language="cy")), n=1, seed=1)
    assert (sample.text, sample.language) == (ATTACK, "cy")


@pytest.mark.parametrize(("carrier", "form"), [("no place", "text"), ("{here}", "yaml")])
def test_carrier_that_cannot_carry_is_named(tmp_path: Path, carrier: str, form: str) -> None:
    with pytest.raises(GrammarError, match=r"carrier/en/page"):
        list(carried(*split(world(tmp_path, carrier, form)), n=1, seed=1))


def test_every_shipped_carrier_carries() -> None:
    carriers, attacks = load(parts=("carrier",)), load(parts=("attack",))
    assert {carrier.form for carrier in carriers} <= FORMS.keys()
    for carrier in carriers:
        for seed in carrier.seeds:
            assert "here" in {slot.name for slot in seed.template.slots()}, carrier.seed_id(seed)
    assert len(list(carried(carriers, attacks, (), n=20, seed=0))) == 20 * len(carriers)
