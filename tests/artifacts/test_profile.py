"""A profile judges facts by data, and says why."""

import pytest

from bartizan.artifacts import Profile, default_profile
from bartizan.artifacts.fact import Calls, Imports, Structure, shown
from bartizan.artifacts.profile import KINDS
from bartizan.kernel import UsageError


def test_the_worst_fact_decides_and_reasons_come_worst_first() -> None:
    verdict, reasons = default_profile().weigh([Imports("unknown", "a.B", 3), Calls("code", "os.system", 9, "REDUCE")])
    assert verdict == "block"
    assert reasons == ("block: calls os.system (code), REDUCE at 9", "warn: names a.B (unknown), at 3")


def test_a_rule_that_is_not_listed_is_judged_by_the_star() -> None:
    assert default_profile().judge(Calls("never heard of", "x")) == "block"
    assert default_profile().judge(Structure("never heard of", "x")) == "warn"


def test_a_profile_of_ones_own_changes_the_verdict() -> None:
    text = 'name = "lax"\n' + "".join(f'[{kind}]\n"*" = "allow"\n' for kind in KINDS)
    assert Profile.parse(text.encode()).weigh([Calls("code", "os.system")]) == ("allow", ())


@pytest.mark.parametrize(
    "text", [b"name = 1", b"nonsense", b'name = "x"\n[Calls]\ncode = "block"', b'[Calls]\ncode = "maybe"']
)
def test_a_profile_that_is_none_is_refused(text: bytes) -> None:
    with pytest.raises(UsageError, match="this is no profile"):
        Profile.parse(text)


def test_shown_text_is_printable_short_and_on_one_line() -> None:
    assert shown("a\n\x1b[31m\ud800") == "a\\n\\x1b[31m\\ud800"
    assert shown(b"\xff" + b"a" * 1000, 10) == "\\xffaaaaaa..."
