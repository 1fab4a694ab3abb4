"""A seed line: what it reads to, what it expands to, and what is no template."""

import random

import pytest

from training.guard.template import BadTemplate, expand, expansions, read

SLOTS = {"fruit": (read("apple"), read("pear")), "pie": (read("[hot|cold] {fruit} pie"),)}


def texts(line: str, tries: int = 200) -> set[str]:
    rng = random.Random(1)
    return {expand(read(line), SLOTS, rng) for _ in range(tries)}


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("plain } and | text", {"plain } and | text"}),
        ("[a|b[1|2]|]c", {"ac", "b1c", "b2c", "c"}),
        ("{pie}", {"hot apple pie", "cold apple pie", "hot pear pie", "cold pear pie"}),
        (r"\{x\} \[y\] [\||\]] \\", {r"{x} [y] | \ ".strip(), r"{x} [y] ] \ ".strip()}),
        (r"one\n\ttwo", {"one\n\ttwo"}),
        ("[very|] good", {"very good", "good"}),
        ("a [very|] good", {"a very good", "a good"}),
        ("a\\n[very|] good", {"a\nvery good", "a\ngood"}),
    ],
)
def test_line_stands_for_these_texts(line: str, expected: set[str]) -> None:
    assert texts(line) == expected


def test_tag_fills_two_slots_alike_and_no_tag_does_not() -> None:
    assert texts("{fruit:a} {fruit:a}") == {"apple apple", "pear pear"}
    assert texts("{fruit} {fruit}") == {"apple apple", "pear pear", "apple pear", "pear apple"}


def test_fixed_slot_has_one_filler_within_fillers_too() -> None:
    assert expand(read("{pie:x}"), SLOTS, random.Random(0), {"fruit": "plum"}) in {"hot plum pie", "cold plum pie"}


@pytest.mark.parametrize(
    ("line", "count"), [("x", 1), ("{pie}[a|b|]", 12), ("{fruit:a}{fruit:a}", 2), ("{fruit} {fruit}", 4)]
)
def test_expansions_are_counted(line: str, count: int) -> None:
    assert expansions(read(line), SLOTS) == count == len(texts(line))


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("a ] b", "ends that did not begin"),
        ("ab [c|d", "the choice at column 4 does not end"),
        ("[INST] x", "the choice at column 1 has one option"),
        ('say {"a": 1}', "the brace at column 5 begins no slot"),
        ("{Name}", "the brace at column 1 begins no slot"),
        (r"\d+", "means nothing"),
        ("end \\", "means nothing"),
        ("[" * 30 + "a|b" + "]" * 30, "nest more than 24 deep"),
    ],
)
def test_bad_line_is_named(line: str, said: str) -> None:
    with pytest.raises(BadTemplate, match=said.replace("+", r"\+")):
        read(line)
