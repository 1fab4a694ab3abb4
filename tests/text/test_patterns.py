"""Rules found together: the same answers as RE2 rule by rule, on both engines, for every text."""

import pickle
import threading
from itertools import pairwise

import pytest
import re2
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from bartizan.kernel.errors import OutOfBudget, UsageError
from bartizan.text.patterns import Patterns, strongest
from bartizan.text.re2_regex import MAX_PROGRAM, BadPattern, Regex
from bartizan.text.regex import parse
from bartizan.text.regex_measure import widths
from bartizan.text.rule import Match, Rule
from bartizan.text.view import Plain, Views

LONG_S, KELVIN, SIGMA = "\u017f", "\u212a", "\u03c3"
LETTERS = f"abcAB 1.-\n\0äÄß中{LONG_S}{KELVIN}ksé\u0301{SIGMA}Σς"
ATOMS = st.sampled_from(
    r"a b c 1 ab ä 中 k s . \d \w \s \W [ab] [^a] [a-c1] [äb] [^ä] \pL [^\pN] [[:alpha:]] \b \B ^ $ (?m:^) (?m:$)"
    r" \x{e4} (?s:.) (?i:a) (?i:ab) (?i:ä) (?i:\x{3c3}) (?i:k) (?i:[^k]) (?i:[ß-ü]) \Q.a\E \A \z".split()  # noqa: SIM905
)
BOUNDS = st.sampled_from(["", "", "", *"* + ? {2} {1,3} {2,} *? +? ?? {0,20} {3,40}".split()])  # noqa: SIM905
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

# Patterns that are looked for in a part of the text only, and texts that have much between what they find.
SHAPES = st.sampled_from(
    [
        r"\b[A-Z]{2}\d{6}\b",
        r"(?:^|[^\w.])(\d(?:[ -]?\d){5,11})(?:[^\w]|$)",
        r"\b\d{2}[.]\d{2}\b",
        r"(?i)\b[a-z]\d{2}[a-z ]{0,80}\d\b",
        r"\b[A-Za-z0-9_-]{24}\b",
        r"[0-9a-f]{32}",
        r"x{1,90}[A-Za-z0-9+/]{40,60}=?",
        r"\bkey_[a-z0-9]{8}\b",
        r"(?m)^\d+$",
    ]
)
PIECES = st.sampled_from(
    [
        *(
            "AB123456",
            "12 34 56 78",
            "12.34",
            "a12 b 3",
            "x" * 30 + "Z9" * 25,
            "0123456789abcdef" * 2,
            "Q" * 24,
            "key_abcd1234",
        ),
        *("\n12\n", " ", "\0", "ä" * 40, "wort " * 30, "w" * 19, "中" * 130, "1", "-", "\n"),
    ]
)
LONG_TEXTS = st.lists(PIECES, max_size=14).map("".join)
FAR = 10_000


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


def one(pattern: str, text: str, **fields: object) -> list[Match]:
    """What a single rule finds in a text, which is the same on both engines."""
    rules = [rule(pattern, **fields)]
    found = Patterns(rules).scan(read(text))
    assert found == Patterns(rules, portable=True).scan(read(text))
    return found.matches


def re2_alone(pattern: str, texts: list[str]) -> list[tuple[int, int]]:
    """The place of each match that RE2's own finditer finds."""
    compiled = re2.compile(pattern)
    found: list[tuple[int, int]] = []
    for number, text in enumerate(texts):
        at = number * FAR
        for piece in text.replace(LONG_S, "s").replace(KELVIN, "k").split("\0"):
            found += [(at + hit.start(), at + hit.end()) for hit in compiled.finditer(piece)]
            at += len(piece) + 1
    return found


def places(patterns: Patterns, texts: list[str]) -> list[tuple[str, int, int]]:
    found = patterns.scan(read(*texts))
    assert not found.unread
    return [(match.rule.id, match.start, match.end) for match in found.matches]


def can_be_a_rule(pattern: str) -> bool:
    try:
        return Regex(pattern).program < MAX_PROGRAM and widths(parse(pattern))[0] > 0
    except BadPattern:
        return False


@settings(max_examples=500)
@given(PATTERNS, st.lists(TEXTS, min_size=1, max_size=3))
def test_both_engines_find_what_re2_alone_finds(pattern: str, texts: list[str]) -> None:
    assume(can_be_a_rule(pattern))
    expected = [("r", *span) for span in re2_alone(pattern, texts)]
    assert places(Patterns([rule(pattern)]), texts) == expected
    assert places(Patterns([rule(pattern)], portable=True), texts) == expected


@settings(max_examples=150)
@given(st.lists(SHAPES, min_size=1, max_size=4, unique=True), st.lists(LONG_TEXTS, min_size=1, max_size=2))
def test_patterns_without_a_word_are_found_at_any_distance(patterns: list[str], texts: list[str]) -> None:
    expected = [
        (f"r{number}", start, end)
        for number, pattern in enumerate(patterns)
        for start, end in re2_alone(pattern, texts)
    ]
    rules = [rule(pattern, id=f"r{number}") for number, pattern in enumerate(patterns)]
    assert places(Patterns(rules), texts) == expected


def test_the_part_is_the_match_and_a_part_that_is_missing_is_none() -> None:
    assert [match[1:] for match in one("key=(?:(b+)|c)", "xkey=bb key=c", part=1)] == [(5, 7, 1.0, "bb", ())]


def test_what_stands_around_two_parts_may_be_shared() -> None:
    assert [match.read for match in one(r"(?:^|\s)(\d{3})(?:\s|$)", "111 222 333", part=1)] == ["111", "222", "333"]
    assert [match.read for match in one("(a)?b", "bab", part=1)] == ["a"]


def test_a_keyword_must_stand_in_the_text_in_any_case() -> None:
    assert one(r"\d{4}", "PIN 1234", keywords=("pin",))
    assert one(r"\d{4}", "ŚCIŚLE 1234", keywords=("ściśle",))
    assert not one(r"\d{4}", "the 1234", keywords=("pin",))


def test_a_keyword_in_one_view_does_not_open_another() -> None:
    patterns = Patterns([rule(r"\d{4}", keywords=("pin",))])
    assert [match.start for match in patterns.scan(read("pin 1234", "5678")).matches] == [4]


def test_the_check_has_the_last_word_and_may_see_the_whole() -> None:
    card = r"\b(?:\d{4} ){3}(\d{4})\b"
    assert one(card, "4111 1111 1111 1111", check="digits.luhn", part=1, whole=True)
    assert not one(card, "4111 1111 1111 1112", check="digits.luhn", part=1, whole=True)
    assert not one(card, "4111 1111 1111 1111", check="digits.luhn", part=1)


def test_entropy_and_known_values_are_refused() -> None:
    assert one("[a-z]{8}", "abcdefgh", entropy=3.0)
    assert not one("[a-z]{8}", "aaaaaaab", entropy=3.0)
    assert not one("[a-z]{8}", "examples", allow=("^ex",))


@pytest.mark.parametrize(
    ("text", "score"),
    [
        ("12345", 0.2),
        ("account 12345", 2 / 3),
        ("Kontonummer: 12345", 2 / 3),
        ("my ssn is 12345", 2 / 3),
        ("classname 12345", 0.2),
        ("order 12345", 1 / 33),
        ("account of the order 12345", 0.2),
        ("12345 is the account", 2 / 3),
        ("account" + " " * 200 + "12345", 0.2),
        ("账号 12345", 2 / 3),
    ],
)
def test_words_near_the_match_move_its_odds(text: str, score: float) -> None:
    [match] = one(r"\d{5}", text, score=0.2, context=("account", "konto", "ssn", "账号"), against=("order",))
    assert match.score == pytest.approx(score)


def test_what_is_certain_stays_so() -> None:
    assert one(r"\d{5}", "order 12345", against=("order",))[0].score == 1.0


def test_places_are_characters_of_the_text() -> None:
    text = "ä" * 300 + "中\U0001f600" * 90 + "key"
    assert [(match.start, match.end) for match in one("key", text)] == [(480, 483)]


def test_a_lone_surrogate_and_a_nul_are_read_like_any_text() -> None:
    assert [(match.start, match.end) for match in one("b+", "\ud800bb\0b\0\0bb")] == [(1, 3), (4, 5), (7, 9)]
    assert not one("a.b|a[^x]b", "a\0b")


def test_the_long_s_and_the_kelvin_sign_are_letters_to_every_rule() -> None:
    written = f"{LONG_S}ecret_{KELVIN}ey"
    assert [match.read for match in one("secret_key", written)] == [written]


def test_a_match_in_two_views_at_one_place_is_one() -> None:
    plain = Views("abc", (Plain("abc"), Plain("abc")))
    assert len(Patterns([rule("b")]).scan(plain).matches) == 1


def test_the_surer_match_wins_then_the_longer_then_the_first() -> None:
    rules = [
        rule("[a-z]+", id="long", score=0.5),
        rule("bc", id="sure", score=0.9),
        rule("abcd", id="same", score=0.5),
        rule("ef", id="apart", score=0.1),
    ]
    patterns = Patterns(rules)
    assert [match.rule.id for match in patterns.find(read("abcd ef"))] == ["sure", "long"]
    assert [match.rule.id for match in patterns.scan(read("abcd ef")).matches] == [
        "long",
        "long",
        "sure",
        "same",
        "apart",
    ]
    only = [match for match in patterns.scan(read("abcd ef")).matches if match.rule.id != "sure"]
    assert [match.rule.id for match in strongest(only)] == ["long", "long"]


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(1, 9), st.integers(0, 3))))
def test_the_strongest_never_overlap_and_leave_nothing_out_without_a_better_one(
    spans: list[tuple[int, int, int]],
) -> None:
    matches = [Match(rule("x"), start, start + length, score / 3, "", ()) for start, length, score in spans]
    kept = strongest(matches)
    assert all(one.end <= other.start for one, other in pairwise(kept))
    for match in matches:
        rivals = [best for best in kept if best.start < match.end and match.start < best.end]
        assert any(best.score >= match.score for best in rivals)


@pytest.mark.parametrize("portable", [False, True])
def test_a_text_that_matches_everywhere_is_left_unread_and_said_so(portable: bool) -> None:
    rules = [rule("a", id="each"), rule("aa?", id="pairs"), rule("needle", id="one")]
    patterns = Patterns(rules, portable=portable)
    text = "needle" + "a" * 20_000
    found = patterns.scan(read(text))
    assert "more" in found.unread
    assert len(found.matches) < 4_000
    with pytest.raises(OutOfBudget):
        patterns.find(read(text))


def test_a_rule_that_matches_everywhere_takes_nothing_from_the_others() -> None:
    patterns = Patterns([rule("[a-z]", id="each"), rule("needle", id="one")])
    found = patterns.scan(read("x" * 3_000 + "needle"))
    assert found.unread
    assert "one" in {match.rule.id for match in found.matches}


def test_threads_share_one_set_of_patterns() -> None:
    patterns = Patterns([rule(r"k\d+")])
    text = " ".join(f"k{number}" for number in range(200))
    expected = patterns.scan(read(text))
    answers: list[bool] = []

    def look() -> None:
        answers.extend(patterns.scan(read(text)) == expected for _ in range(50))

    threads = [threading.Thread(target=look) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [True] * 200


def test_patterns_cross_processes() -> None:
    patterns = Patterns([rule("b+")])
    again = pickle.loads(pickle.dumps(patterns))
    assert again.scan(read("abb")) == patterns.scan(read("abb"))


def test_two_rules_with_one_id_are_refused() -> None:
    with pytest.raises(UsageError, match="same id"):
        Patterns([rule("a"), rule("b")])


def test_no_rules_and_no_text_find_nothing() -> None:
    assert Patterns([]).find(read("abc")) == []
    assert Patterns([rule("a")]).find(read("")) == []
