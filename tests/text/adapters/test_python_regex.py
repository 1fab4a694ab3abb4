"""Python's regular expressions in RE2's syntax: the same matches, as Python's own `re` judges."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bartizan.text.adapters.python_regex import Said, in_re2
from bartizan.text.patterns import Patterns
from bartizan.text.rule import Rule
from bartizan.text.view import Plain, Views


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ("abc", Said("abc", 0)),
        (r"(?<!\w)a(?!\d)", Said(r"(?:^|\W)(a)(?:\D|$)", 1)),
        (r"(?<![a-z])(a)", Said(r"(?:^|[^a-z])((a))", 1)),
        (r"a(?![^x])", Said(r"(a)(?:[x]|$)", 1)),
        (r"(?<=@)a(?=;)", Said(r"(?:@)(a)(?:;)", 1)),
        (r"(?<!\.)a", Said(r"(?:^|[^\.])(a)", 1)),
        (r"(?:^|(?<=\W))(?:a|b)(?:(?=\W)|$)", Said(r"(?:^|\W)((?:a|b))(?:\W|$)", 1)),
        (r"(?<!\w)a|b", Said(r"(?<!\w)a|b", 0)),
        (r"a{,3}\Z", Said(r"a{0,3}\z", 0)),
        (r"a\{,3}", Said(r"a\{,3}", 0)),
        (r"a{5,2000}", Said(r"a{5,}", 0)),
        (r"\u20ac\\u20ac", Said(r"\x{20ac}\\u20ac", 0)),
    ],
)
def test_patterns_are_said_again(pattern: str, said: Said) -> None:
    assert in_re2(pattern) == said


def test_flags_become_letters_and_the_group_moves() -> None:
    assert in_re2(r"(?<!\d)(a)", re.IGNORECASE | re.DOTALL, 1) == Said(r"(?is)(?:^|\D)((a))", 2)


@given(
    st.sampled_from([r"(?<!\w)[ab]{2}(?!\w)", r"(?<![a-b])\d+", r"\d{2}(?!\d)", r"(?<=-)a(?=-)", r"(?<!-)ab+(?!-)"]),
    st.text("ab-1 ", max_size=24),
)
def test_a_pattern_that_looks_around_finds_the_same(pattern: str, text: str) -> None:
    said = in_re2(pattern)
    found = Patterns([Rule(id="r", kind="k", pattern=said.pattern, part=said.part)], portable=True)
    ours = [match.read for match in found.scan(Views(text, (Plain(text),))).matches]
    assert ours == [hit[0] for hit in re.finditer(pattern, text)]
