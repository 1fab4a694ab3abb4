"""A context is written for Cedar only if it is of its action's shape."""

import json
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from bartizan.policy.context import MAX_CONTEXT_BYTES, plain, shapes, written
from bartizan.policy.errors import OddRequest
from tests.policy.questions import CONTEXTS


def write(action: str, context: dict[str, Any]) -> Any:
    return json.loads(written(action, context, shapes()[action]) or "{}")


def test_each_action_asks_for_something_and_the_test_contexts_have_it() -> None:
    assert shapes().keys() == CONTEXTS.keys()
    for action, shape in shapes().items():
        assert shape.required
        assert write(action, CONTEXTS[action]).keys() == CONTEXTS[action].keys()


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"what": None}, "'what' in the context of read is a NoneType, not a str"),
        ({"what": 5}, "'what' in the context of read is a int, not a str"),
        ({"what": {"__entity": {"type": "Role", "id": "admin"}}}, "'what' in the context of read is a dict, not a str"),
        ({"role": "admin"}, "the context of read has no 'role'"),
        ({"ip": 1}, "'ip' in the context of read is a int, not a ipaddr"),
        ({"at": datetime(2026, 1, 1)}, "'at' in the context of read has no time zone"),
        ({"what": "x" * MAX_CONTEXT_BYTES}, "the context of read has 65,547 bytes, more than 65,536"),
    ],
)
def test_a_value_of_another_type_or_name_is_odd(changed: dict[str, Any], said: str) -> None:
    with pytest.raises(OddRequest) as caught:
        write("read", CONTEXTS["read"] | changed)
    assert caught.value.what == said


def test_a_bool_is_no_number_and_a_set_holds_only_texts() -> None:
    with pytest.raises(OddRequest, match="worst"):
        write("load", CONTEXTS["load"] | {"worst": True})
    with pytest.raises(OddRequest, match="labels"):
        write("tool", CONTEXTS["tool"] | {"labels": ["a", 1]})


def test_what_a_context_lacks_is_named() -> None:
    with pytest.raises(OddRequest) as caught:
        write("load", {"worst": 1})
    assert caught.value.what == "the context of load lacks scanned, signed"


def test_only_what_is_read_is_written_and_all_of_it_is_checked() -> None:
    shape = shapes()["call"]
    context = {"route": "/v1/chat", "tokens": 5}
    assert written("call", context, shape, frozenset(["tokens", "ip"])) == '{"tokens":5}'
    assert written("call", context, shape, frozenset(["ip"])) is None
    assert written("call", context, shape, frozenset(["tokens", "route"])) == '{"route":"/v1/chat","tokens":5}'
    for odd in ({"tokens": "5"}, {"tokens": 2**63}, {"route": None}, {"role": "admin"}):
        with pytest.raises(OddRequest):
            written("call", context | odd, shape, frozenset())


def test_sets_addresses_and_times_are_written_as_cedar_wants_them_and_survive_being_made_plain() -> None:
    noon = datetime(2026, 11, 26, 13, 0, 0, 5_999, tzinfo=timezone(timedelta(hours=1)))
    context = {"route": "/v1/chat", "labels": {"b", "a"}, "ip": "10.0.0.1", "at": noon}
    expected = {
        "route": "/v1/chat",
        "labels": ["a", "b"],
        "ip": {"__extn": {"fn": "ip", "arg": "10.0.0.1"}},
        "at": {"__extn": {"fn": "datetime", "arg": "2026-11-26T12:00:00.005Z"}},
    }
    assert write("call", context) == expected
    assert write("call", plain(context)) == expected
