"""Every rule of the package keeps to its own examples, and a user's rules are refused for what is wrong with them."""

from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

import bartizan.guard
from bartizan.kernel.errors import UsageError
from bartizan.text.examples import expand
from bartizan.text.pattern_cache import PatternCache
from bartizan.text.patterns import Patterns
from bartizan.text.personal import personal_rules
from bartizan.text.rule import Rule
from bartizan.text.rules import RefusedRules, load_rules, refused, user_rules
from bartizan.text.secret_rules import secret_rules
from bartizan.text.view import Plain, Views

SEEDS = range(2)


@cache
def attack_rules() -> tuple[Rule, ...]:
    return load_rules(Path(bartizan.guard.__file__).parent / "rules")


RULES = (*secret_rules(), *personal_rules(), *attack_rules())


def plain(text: str) -> Views:
    return Views(text, (Plain(text),))


def examples(templates: tuple[str, ...]) -> list[str]:
    return [expand(template, seed) for template in templates for seed in SEEDS]


def test_each_rule_has_an_id_of_its_own_and_examples() -> None:
    assert len({rule.id for rule in RULES}) == len(RULES)
    assert [rule.id for rule in RULES if not rule.matches] == []
    assert [rule.id for rule in attack_rules() if not rule.misses] == []


def test_each_rule_can_be_used() -> None:
    assert refused(RULES) == []


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_rule_keeps_to_its_examples(rule: Rule) -> None:
    patterns = Patterns([rule], portable=True)
    missed = [text for text in examples(rule.matches) if not patterns.scan(plain(text)).matches]
    wrong = [text for text in examples(rule.misses) if patterns.scan(plain(text)).matches]
    assert (missed, wrong) == ([], [])


def test_all_rules_together_find_what_each_finds_alone() -> None:
    together = Patterns(RULES)
    alone = {rule.id: Patterns([rule], portable=True) for rule in RULES}
    for rule in RULES:
        for text in examples(rule.matches):
            found = [match for match in together.scan(plain(text)).matches if match.rule == rule]
            assert found == alone[rule.id].scan(plain(text)).matches, text


def test_the_cache_gives_the_same_rules_without_their_examples(tmp_path: Path) -> None:
    cache = PatternCache(tmp_path)
    folder = Path(bartizan.guard.__file__).parent / "rules"
    first, second = load_rules(folder, cache), load_rules(folder, cache)
    assert [rule.id for rule in first] == [rule.id for rule in second]
    assert [rule.pattern for rule in first] == [rule.pattern for rule in second]
    assert {rule.matches for rule in second} == {()}


GOOD = '[[rule]]\nid = "own-token"\nkind = "secret"\npattern = "own_[a-z0-9]{8}"\n'


def written(folder: Path) -> Callable[[str], Path]:
    def write(text: str) -> Path:
        file = folder / "own.toml"
        file.write_text(text, "utf-8")
        return file

    return write


def test_a_users_rule_is_used(tmp_path: Path) -> None:
    [rule] = user_rules(written(tmp_path)(GOOD))
    assert [match.read for match in Patterns([rule]).find(plain("x own_abcd1234"))] == ["own_abcd1234"]


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (r"pattern = '(a+)+\1'", "RE2 does not take the pattern: invalid escape"),
        ("pattern = '(?=a)b'", "RE2 does not take the pattern"),
        ("pattern = 'a*'", "matches the empty string"),
        (r"pattern = '\b'", "matches the empty string"),
        ("pattern = '(?:.{0,90}x){11}'", "needs a"),
        ("pattern = '(?:\\pL{9}x){99}'", "does not take the pattern|needs a program"),
        ("pattern = 'a'\npart = 1", "has 0 groups"),
        ("pattern = 'a'\npart = -1", "part is -1"),
        ("pattern = 'a'\ncheck = 'digits.nothing'", "there is no check"),
        ("pattern = 'a'\ncheck = 'os.system'", "there is no check"),
        ("pattern = 'a'\ncheck = 'digits.sys'", "there is no check"),
        ("pattern = 'a'\ncheck = '__init__.x'", "there is no check"),
        ("pattern = 'a'\nallow = ['(']", "pattern of allow"),
        ("pattern = 'a'\nscore = 1.5", "is not between 0 and 1"),
        ("pattern = 'a'\nscore = nan", "is not between 0 and 1"),
        ("pattern = 'a'\nentropy = -1.0", "below 0"),
        ("pattern = 'a'\nkeywords = ['']", "empty word"),
        ("pattern = 'a'\npatern = 'b'", "unknown field `patern`"),
        ("pattern = 5", "Expected `str`"),
        ("kind = 'x'", "missing required field `pattern`"),
    ],
)
def test_a_users_rule_is_refused_in_one_line(tmp_path: Path, line: str, why: str) -> None:
    file = written(tmp_path)(
        GOOD + "\n[[rule]]\nid = 'bad'\n" + ("" if line.startswith("kind") else "kind = 'k'\n") + line
    )
    with pytest.raises(RefusedRules, match=why) as caught:
        user_rules(file)
    assert [refusal.id for refusal in caught.value.refusals] == ["bad"]
    assert "\n" not in str(caught.value)


def test_all_refusals_are_told(tmp_path: Path) -> None:
    file = written(tmp_path)(GOOD + GOOD + "[[rule]]\nid = 'bad'\nkind = 'k'\npattern = '('\n")
    with pytest.raises(RefusedRules, match="1 more") as caught:
        user_rules(file)
    assert [refusal.id for refusal in caught.value.refusals] == ["own-token", "bad"]
    assert "another rule has this id" in str(caught.value.refusals[0])


@pytest.mark.parametrize(
    "text", ["[[rule]", "rules = 1", "rule = 1", "[rule]\nid = 'a'", "a" * 40, "rule = [1]", "\x00"], ids=repr
)
def test_what_is_no_rule_file_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(UsageError):
        user_rules(written(tmp_path)(text))


def test_a_pattern_that_backtracks_elsewhere_takes_no_time_here(tmp_path: Path) -> None:
    [rule] = user_rules(written(tmp_path)("[[rule]]\nid = 'r'\nkind = 'k'\npattern = '(a+)+b'\n"))
    assert Patterns([rule]).find(plain("a" * 5_000)) == []


def test_a_huge_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="bytes"):
        user_rules(written(tmp_path)("#" * (5 << 20)))
