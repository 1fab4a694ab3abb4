"""Cases say what a policy must decide, and pass or fail by it."""

import pytest

from bartizan.kernel import Policy, UsageError
from bartizan.policy import Engine, default
from bartizan.policy.cases import judge, read

GOOD = b"""
[[case]]
name = "an analyst reads"
principal = "person:ada"
roles = ["analyst"]
action = "read"
resource = "model:llama"
context = { what = "findings", at = 2026-11-26T12:00:00Z }
expect = "allow"
rules = ["analyst-reads-and-calls"]

[[case]]
name = "not in another tenant"
principal = "key:k1"
roles = ["service"]
tenant = "acme"
action = "call"
resource = "endpoint:chat"
labels = ["eu"]
context = { route = "/v1/chat" }
expect = "deny"
"""


def test_cases_pass_by_decision_and_by_rules() -> None:
    outcomes = [judge(Engine(default()), case) for case in read(GOOD)]
    assert [(outcome.case, outcome.passed) for outcome in outcomes] == [
        ("an analyst reads", True),
        ("not in another tenant", True),
    ]


def test_a_wrong_decision_or_wrong_rules_fail() -> None:
    analyst = '@id("other") permit(principal in Role::"analyst", action, resource);'
    permits = analyst + "permit(principal is Key, action, resource);"
    outcomes = [judge(Engine(Policy(permits)), case) for case in read(GOOD)]
    assert [(outcome.expected, outcome.passed, outcome.decision.rules) for outcome in outcomes] == [
        ("allow", False, ("other",)),
        ("deny", False, ("policy1",)),
    ]


def test_a_deny_that_comes_of_an_error_does_not_pass() -> None:
    [_, case] = read(GOOD.replace(b'route = "/v1/chat"', b"route = 5"))
    outcome = judge(Engine(default()), case)
    assert not outcome.decision.allowed
    assert not outcome.passed


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"", "case"),
        (b"case = []", "there is no case"),
        (b"[[case]]\nname = ", "no file of cases"),
        (b"\xff\xfe", "no file of cases"),
        (GOOD.replace(b'"allow"', b'"maybe"'), "maybe"),
        (GOOD.replace(b"roles =", b"rolls ="), "rolls"),
        (GOOD.replace(b"person:ada", b"ada"), "'ada' is no actor"),
        (GOOD.replace(b"model:llama", b"llama"), "'llama' is no asset"),
        (b"a = " + b"[" * 5_000, "no file of cases"),
        (b"#" * (5 << 20), "bytes of cases"),
    ],
)
def test_a_file_of_no_cases_is_one_line_of_wrong_usage(text: bytes, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        read(text, source="cases.toml")
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
