"""gitleaks files: what of them becomes a rule, and what is named as left."""

from pathlib import Path

import pytest

from bartizan.kernel.errors import UsageError
from bartizan.text.adapters import Imported, Left, from_gitleaks
from bartizan.text.patterns import Patterns
from bartizan.text.view import Plain, Views

CONFIG = r"""
title = "own"
[extend]
useDefault = true
[allowlist]
regexes = ['''^AAAA''']
stopwords = ["Example"]
paths = ['''go\.sum''']

[[rules]]
id = "own-token"
description = "a token"
regex = '''(?i)\b(own_[a-z0-9]{8})(?:['"\s]|$)'''
keywords = ["own_"]
entropy = 2.5
[[rules.allowlists]]
regexTarget = "line"
regexes = ['''test''']

[[rules]]
id = "Second Token"
regex = '''key=([a-z]+)-([0-9]+)'''
secretGroup = 2
path = '''\.env$'''

[[rules]]
id = "either"
regex = '''one=([a-z]{4})|two=([a-z]{4})'''

[[rules]]
id = "files"
path = '''\.pem$'''

[[rules]]
id = "both"
regex = '''both_[a-z]{4}'''
[[rules.allowlists]]
condition = "AND"
regexes = ['''both_test''']
paths = ['''test/''']

[[rules]]
id = "backtracks"
regex = '''(?=a)b'''
"""


def imported(folder: Path, text: str = CONFIG) -> Imported:
    file = folder / "gitleaks.toml"
    file.write_text(text)
    return from_gitleaks(file)


def reads(result: Imported, text: str) -> list[str]:
    return [match.read for match in Patterns(result.rules).find(Views(text, (Plain(text),)))]


def test_rules_find_the_secret_itself(tmp_path: Path) -> None:
    result = imported(tmp_path)
    assert [rule.id for rule in result.rules] == ["own-token", "second-token", "either", "both"]
    assert reads(result, 'own_a1b2c3d4" key=abc-12') == ["own_a1b2c3d4", "12"]
    assert reads(result, "one=abcd both_test") == ["abcd", "both_test"]


def test_entropy_and_lists_of_the_harmless_are_kept(tmp_path: Path) -> None:
    result = imported(tmp_path)
    assert reads(result, "own_aaaaaaaa") == []
    assert reads(result, "both_exam own_exAMPLe1") == ["both_exam"]


def test_what_cannot_be_kept_is_named(tmp_path: Path) -> None:
    left = {(each.id, each.why.split(":")[0]) for each in imported(tmp_path).left}
    assert left == {
        ("extend", "other files and paths are not read"),
        *((name, "the paths of an allowlist are not looked at") for name in WITH_REGEX),
        ("own-token", "an allowlist for the line is not used"),
        ("Second Token", "it is for some paths, and holds for every text here"),
        ("either", "of its 2 groups the first counts, also where that is empty"),
        ("files", "it has no regex and looks at paths only"),
        ("both", "an allowlist that asks for paths and regexes at once is not used"),
        ("backtracks", "RE2 does not take the pattern"),
    }


WITH_REGEX = ("own-token", "Second Token", "either", "both", "backtracks")


def test_an_allowlist_for_some_rules_is_for_those_only(tmp_path: Path) -> None:
    text = """
[[allowlists]]
targetRules = ["a"]
regexes = ["x$"]
[[rules]]
id = "a"
regex = "a_.x?"
[[rules]]
id = "b"
regex = "b_.x?"
"""
    result = imported(tmp_path, text)
    assert reads(result, "a_1x b_1x") == ["b_1x"]
    assert result.left == ()


def test_one_id_twice_is_named_and_one_of_them_is_not_used(tmp_path: Path) -> None:
    result = imported(tmp_path, '[[rules]]\nid = "a"\nregex = "x"\n[[rules]]\nid = "a"\nregex = "y"\n')
    assert result.rules == ()
    assert result.left == (Left("a", "another rule has this id"),)


@pytest.mark.parametrize("text", ["[[rules]", "\x00", "a = " + "[" * 5_000])
def test_what_is_no_toml_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(UsageError):
        imported(tmp_path, text)


@pytest.mark.parametrize("text", ["rules = 1", "rules = [1, {}]", "[[rules]]\nid = 5\nregex = 7", "allowlist = 'x'"])
def test_odd_tables_are_survived(tmp_path: Path, text: str) -> None:
    assert imported(tmp_path, text).rules == ()
