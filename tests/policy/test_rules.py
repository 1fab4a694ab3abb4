"""A policy text becomes rules, or one line that says what is wrong with it, in bounded time."""

import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bartizan.kernel import Policy
from bartizan.policy import Engine, PolicyBroken, cedar
from bartizan.policy.rules import parsed
from bartizan.policy.statements import MAX_DEPTH, MAX_OPERATORS_PER_RULE, MAX_RULES, split
from tests.policy.questions import ask

SCOPE = 'permit(principal in Role::"a", action == Action::"read", resource)'
MAX_SECONDS = 20.0


def rule(condition: str) -> str:
    return f"{SCOPE} when {{ {condition} }};"


HOSTILE = {
    "100,000 rules": (f"{SCOPE};\n" * 100_000, "bytes, more than 1,048,576"),
    "100,000 of the shortest rules": ("permit(principal,action,resource);" * 100_000, "bytes, more than 1,048,576"),
    "more rules than fit": (f"{SCOPE};" * (MAX_RULES + 1), "more than 5,000 rules"),
    "a NUL": (f"{SCOPE};\n\0", "a NUL byte"),
    "a lone surrogate": (rule('context.what == "\ud800"'), "not Unicode"),
    "parentheses": (rule("(" * 200_000 + "true" + ")" * 200_000), "nested deeper than 32"),
    "just too deep": (rule("(" * MAX_DEPTH + "true" + ")" * MAX_DEPTH), "nested deeper than 32"),
    "sets in sets": (rule("[" * 5_000 + "]" * 5_000 + " == 1"), "nested deeper than 32"),
    "records in records": (rule("{a: " * 5_000 + "1" + "}" * 5_000 + " == 1"), "nested deeper than 32"),
    "ifs": (rule("if true then false else " * 5_000 + "true"), "nested deeper than 32"),
    "ifs in ifs": (rule("if " * 5_000 + "true " + "then true else true " * 5_000), "nested deeper than 32"),
    "closing before opening": (")" * 40 + "(" * 60_000, "nested deeper than 32"),
    "a chain of ands": (rule("&&".join(["true"] * 5_000)), "more than 500 operators"),
    "a chain of sums": (rule("+".join(["1"] * 5_000) + " == 1"), "more than 500 operators"),
    "a chain of attributes": (rule("context" + ".a" * 5_000), "more than 500 operators"),
    "a chain within the count": (rule("&&".join(["true"] * (MAX_OPERATORS_PER_RULE - 10))), "nesting exceeds"),
    "negations": (rule("!" * 400 + "true"), "too many occurrences"),
    "a string that does not end": (f'{SCOPE} when {{ context.what == "{"a" * 900_000}', "a string that does not end"),
    "only semicolons": (";" * 4_000, "unexpected token"),
    "operators without end": (
        "\n".join(rule(" || ".join(f'context.what == "{n}"' for n in range(90))) for _ in range(400)),
        "more than 100,000 operators",
    ),
    "depth behind what looks like a comment": (f"{SCOPE}; // \r" + rule("(" * 200_000 + ")"), "nested deeper than 32"),
    "a template": ("permit(principal == ?principal, action, resource);", "a template"),
    "two rules of one id": (f'@id("x") {SCOPE};\n@id("x") {SCOPE};', "two rules have the id 'x'"),
    "an id that hides": (f'@id("x\\u{{202e}}y") {SCOPE};', "printable"),
    "an unknown type": ('permit(principal in Rol::"a", action, resource);', "unrecognized entity type"),
    "an unknown action": ('permit(principal, action == Action::"fly", resource);', "unrecognized action"),
    "an unknown attribute": (rule("resource.owner == 1"), "attribute `owner`"),
    "a wrong type": (rule('context.what == "x" && context.what > 5'), "unexpected type"),
    "an optional attribute taken for granted": (rule('context.ip.isInRange(ip("10.0.0.0/8"))'), "ip"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_is_refused_in_one_line_and_bounded_time(name: str) -> None:
    text, said = HOSTILE[name]
    started = time.perf_counter()
    with pytest.raises(PolicyBroken) as caught:
        parsed(Policy(text, "hostile.cedar"))
    assert time.perf_counter() - started < MAX_SECONDS
    message = str(caught.value)
    assert said in message
    assert "hostile.cedar" in message
    assert "\n" not in message
    assert len(message) < 600
    assert message.isprintable()


def test_wide_text_within_the_limits_is_read_in_bounded_time() -> None:
    wide = rule("[" + ",".join(f'"{n}"' for n in range(50_000)) + "].contains(context.what)")
    started = time.perf_counter()
    assert len(parsed(Policy(wide))) == 1
    assert time.perf_counter() - started < MAX_SECONDS


@given(st.text(max_size=200) | st.lists(st.sampled_from([*'(){}[];"\\ \n', SCOPE, "when", "//", "if"])).map("".join))
def test_any_text_is_a_policy_or_broken(text: str) -> None:
    said = ""
    try:
        assert len(parsed(Policy(text))) == len(split(text))
    except PolicyBroken as error:
        said = str(error)
    assert "\n" not in said


@pytest.mark.parametrize("condition", ["(" * 31 + "true" + ")" * 31, "&&".join(["true"] * 90)])
def test_the_deepest_rules_allowed_decide_on_a_stack_of_one_mebibyte(condition: str) -> None:
    done: list[bool] = []
    engine = Engine(Policy(rule(condition)))
    before = threading.stack_size(1 << 20)
    try:
        small = threading.Thread(target=lambda: done.append(engine.decide(ask("read", roles=("a",))).allowed))
        small.start()
    finally:
        threading.stack_size(before)
    small.join()
    assert done == [True]


def test_validation_holds_on_a_short_stack_where_cedar_alone_calls_everything_valid() -> None:
    refused: list[str] = []

    def load() -> None:
        try:
            parsed(Policy(rule("context" + ".a" * 60)))
        except PolicyBroken as error:
            refused.append(error.what)

    before = threading.stack_size(1 << 18)
    try:
        small = threading.Thread(target=load)
        small.start()
    finally:
        threading.stack_size(before)
    small.join()
    assert len(refused) == 1
    assert "attribute" in refused[0]


def test_every_fault_is_named_with_the_line_of_its_rule() -> None:
    text = f"// fine\n{SCOPE};\n\n// not\n{rule('resource.owner == 1')}\n\n{SCOPE}\n  when {{ context.foo }};\n"
    with pytest.raises(PolicyBroken) as caught:
        parsed(Policy(text, "p.cedar"))
    assert [(fault.line, fault.what.split("`")[1]) for fault in caught.value.faults] == [(5, "owner"), (7, "foo")]
    assert "p.cedar:5" in str(caught.value)
    assert "(and 1 more)" in str(caught.value)


def test_a_syntax_error_is_named_with_the_line_of_its_rule() -> None:
    with pytest.raises(PolicyBroken) as caught:
        parsed(Policy(f'{SCOPE}; // a ; and a "quote" in a comment\n\n\npermit(principal action, resource);\n{SCOPE};'))
    assert [(fault.line, fault.what) for fault in caught.value.faults] == [(4, "unexpected token `action`")]


def test_rules_are_known_by_their_id_or_else_by_their_place() -> None:
    rules = parsed(Policy(f'{SCOPE};\n@id("semi;colon")\n{rule("""context.what == "a;b" """)}\n{SCOPE};'))
    assert [(one.id, one.line) for one in rules] == [("policy0", 1), ("semi;colon", 2), ("policy2", 4)]


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n", "\u2028", "\x0b", "\x85"])
def test_no_rule_hides_in_what_looks_like_a_comment(end: str) -> None:
    text = f"{SCOPE}; // as agreed{end}forbid(principal, action, resource);"
    allowed = Engine(Policy(text)).decide(ask("read", roles=("a",))).allowed
    assert len(parsed(Policy(text))) == len(cedar.parse(text).static_policies) == (1 if allowed else 2)


def test_an_empty_text_has_no_rules() -> None:
    assert parsed(Policy("// nothing\n")) == ()


@pytest.mark.parametrize(
    ("condition", "reads"),
    [
        ("true", frozenset()),
        ('context.what == "x"', {"what"}),
        ('context["what"] == "x"', {"what"}),
        ('context has ip && context.ip.isInRange(ip("10.0.0.0/8"))', {"ip"}),
        (
            "if context has at then true else {a: context.what} has a",
            {"what", "at"},
        ),
        ("context == context", None),
        ('{c: context}.c.what == "x"', None),
        ('(if true then context else context).what == "x"', None),
    ],
)
def test_what_a_rule_reads_of_the_context_is_known(condition: str, reads: set[str] | None) -> None:
    [one] = parsed(Policy(rule(condition)))
    assert one.reads == reads
