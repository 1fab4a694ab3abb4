"""Rules found together: the same answers as RE2 rule by rule, on both engines, for every text."""

import threading
from pathlib import Path

import pytest
import re2
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from bartizan.kernel.errors import OutOfBudget, UsageError
from bartizan.text.patterns import Found, Patterns, strongest
from bartizan.text.re2_regex import MAX_PROGRAM, BadPattern, Regex
from bartizan.text.regex import parse
from bartizan.text.regex_measure import widths
from bartizan.text.rule import Match, Rule
from bartizan.text.view import Plain, Views

LETTERS = "abcAB 1.-\n\0äÄß中ſ\u212aksé\u0301"
ATOMS = st.sampled_from(
    [
        *(
            "a",
            "b",
            "c",
            "1",
            "ab",
            "ä",
            "中",
            "k",
            "s",
            ".",
            r"\d",
            r"\w",
            r"\s",
            r"\W",
            "[ab]",
            "[^a]",
            "[a-c1]",
            "[äb]",
        ),
        *("[^ä]", r"\pL", r"[^\pN]", r"[[:alpha:]]", r"\b", r"\B", "^", "$", "(?m:^)", "(?m:$)", r"\x{e4}", "(?s:.)"),
        *("(?i:a)", "(?i:ab)", "(?i:ä)", "(?i:k)", "(?i:[^k])", "(?i:[ſa])", r"\Q.a\E", "(?-s:.)"),
    ]
)
BOUNDS = st.sampled_from(
    ["", "", "", "*", "+", "?", "{2}", "{1,3}", "{2,}", "*?", "+?", "??", "{0,20}", "{3,40}", "{20}"]
)
PATTERNS = st.recursive(
    st.builds("{}{}".format, ATOMS, BOUNDS),
    lambda inner: st.one_of(
        st.builds("{}{}".format, inner, inner),
        st.builds("(?:{}|{})".format, inner, inner),
        st.builds("({}){}".format, inner, BOUNDS),
        st.builds("(?i){}".format, inner),
    ),
    max_leaves=6,
)
TEXTS = st.text(LETTERS, max_size=60)


FAR = 1000


class Read:
    """A view whose text stands far behind that of the one before."""

    def __init__(self, text: str, number: int) -> None:
        self.text = text
        self.how = (f"reading {number}",)
        self._start = number * FAR

    def origin(self, start: int, end: int) -> tuple[int, int]:
        return self._start + start, self._start + end


def read(*texts: str) -> Views:
    """Views that read these texts."""
    return Views(texts[0], (Plain(texts[0]), *(Read(text, number) for number, text in enumerate(texts[1:], 1))))


def rule(pattern: str, **fields: object) -> Rule:
    return Rule(**{"id": "r", "kind": "k", "pattern": pattern, **fields})


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("patterns")


@pytest.fixture(autouse=True)
def _own_cache(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder))


def re2_alone(pattern: str, texts: list[str]) -> list[tuple[int, int]]:
    """The place of each match that RE2's own finditer finds."""
    compiled = re2.compile(pattern)
    found: list[tuple[int, int]] = []
    for number, text in enumerate(texts):
        at = number * FAR
        for piece in text.replace("ſ", "s").replace("\u212a", "k").split("\0"):
            found += [(at + hit.start(), at + hit.end()) for hit in compiled.finditer(piece)]
            at += len(piece) + 1
    return found


def ours(patterns: Patterns, texts: list[str]) -> list[tuple[int, int]]:
    """The same of ours, from one scan."""
    found = patterns.scan(read(*texts))
    assert not found.unread
    return [(match.start, match.end) for match in found.matches]


def can_be_a_rule(pattern: str) -> bool:
    try:
        return Regex(pattern).program < MAX_PROGRAM and not matches_nothing(pattern)
    except BadPattern:
        return False


def matches_nothing(pattern: str) -> bool:
    return widths(parse(pattern))[0] == 0


@settings(max_examples=1500)
@given(PATTERNS, st.lists(TEXTS, min_size=1, max_size=3))
def test_both_engines_find_what_re2_alone_finds(pattern: str, texts: list[str]) -> None:
    assume(can_be_a_rule(pattern))
    expected = re2_alone(pattern, texts)
    assert ours(Patterns([rule(pattern)]), texts) == expected
    assert ours(Patterns([rule(pattern)], portable=True), texts) == expected
