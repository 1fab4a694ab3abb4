"""Recorded decisions come out of the ledger as they went in, and show what another policy changes."""

import random
from datetime import UTC, datetime

import msgspec
import pytest

from bartizan.kernel import Event, Policy, Record, Stamp, decode, encode
from bartizan.policy import Engine, Request, default
from bartizan.policy.replay import Change, Unreadable, decided, recalled, replay
from tests.policy.questions import ask
from tests.policy.worlds import request, world


def recorded(engine: Engine, *requests: Request) -> list[Record]:
    """The decisions after a round trip through the bytes of the ledger."""
    events = [decided(one, engine.decide(one), engine.policy) for one in requests]
    return [decode(encode(Stamp(actor=str(one.principal))(event))) for one, event in zip(requests, events, strict=True)]


def test_a_record_of_a_decision_holds_the_whole_question_and_its_answer() -> None:
    engine = Engine(default())
    noon = datetime(2026, 11, 26, 12, tzinfo=UTC)
    [record] = recorded(engine, ask("call", roles=("operator",), labels={"b", "a"}, at=noon))
    assert isinstance(record.body, Event)
    assert record.body.name == "policy.decided"
    assert record.body.data == {
        "principal": {"type": "Person", "id": "ada", "roles": ["analyst", "operator"]},
        "action": "call",
        "resource": {"asset": {"kind": "model", "name": "llama"}},
        "context": {"route": "/v1/chat", "labels": ["a", "b"], "at": "2026-11-26T12:00:00.000Z"},
        "allowed": True,
        "rules": ["analyst-reads-and-calls", "operator-runs-assets"],
        "errors": [],
        "policy": default().digest,
    }


@pytest.mark.parametrize("seed", range(4))
def test_replay_by_the_same_policy_makes_the_same_decisions_to_the_letter(seed: int) -> None:
    draw = random.Random(seed)
    drawn = world(draw)
    engine = Engine(drawn.policy, includes=drawn.includes)
    again = Engine(drawn.policy, includes={})
    requests = [request(draw) for _ in range(100)]
    events = [decided(one, engine.decide(one), drawn.policy, includes=drawn.includes) for one in requests]
    records = [decode(encode(Stamp()(event))) for event in events]
    assert list(replay(drawn.policy, records)) == [None] * 100
    for record, one in zip(records, requests, strict=True):
        assert isinstance(record.body, Event)
        past = recalled(record.body)
        assert past.decision == engine.decide(one) == again.decide(past.request)
        assert past.policy == drawn.policy.digest


def test_replay_lists_each_changed_decision_and_only_those() -> None:
    engine = Engine(default())
    stay, gain, lose = ask("read"), ask("administer"), ask("call")
    records = recorded(engine, stay, gain, lose)
    other = Policy(
        '@id("reads") permit(principal, action in [Action::"read", Action::"administer"], resource);', "other.cedar"
    )
    unrelated = Stamp()(Event("key.added", {}))
    unchanged, gained, lost = replay(other, [unrelated, *records])
    assert unchanged is None
    assert isinstance(gained, Change)
    assert isinstance(lost, Change)
    assert (gained.record, gained.before.allowed, gained.after.allowed) == (records[1].id, False, True)
    assert (lost.record, lost.before.rules, lost.after.rules) == (records[2].id, ("analyst-reads-and-calls",), ())


def test_an_odd_request_is_recorded_as_the_no_that_it_got_and_replays_as_one() -> None:
    engine = Engine(default())
    for odd in (ask("read", what=2**70), ask("read", what=object()), ask("read", what="\ud800")):
        [record] = recorded(engine, odd)
        assert isinstance(record.body, Event)
        assert record.body.data["context"] == {}
        assert record.body.data["allowed"] is False
        assert list(replay(default(), [record])) == [None]


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"principal": {"type": "Person", "id": "a"}, "action": "read"},
        {"principal": {"type": "Root", "id": "a"}, "action": "read", "resource": {"asset": {"kind": "m", "name": "n"}}},
    ],
)
def test_a_record_that_is_no_decision_is_named_and_never_called_unchanged(data: dict[str, object]) -> None:
    record = Stamp()(Event("policy.decided", data))
    [answer] = replay(default(), [record])
    assert isinstance(answer, Unreadable)
    assert answer.record == record.id
    assert answer.reason


def test_recalling_another_event_fails() -> None:
    with pytest.raises(msgspec.ValidationError):
        recalled(Event("key.added", {"key": "k"}))
