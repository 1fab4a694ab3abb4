"""Changes of state: numbered, sealed, durable before they show, and refused when they make no sense."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from bartizan.kernel import Asset, Event, Policy, Stamp, UsageError, encode
from bartizan.state import (
    AssetLinked,
    AssetRegistered,
    CaseClosed,
    CaseOpened,
    KeyAdded,
    KeyRevoked,
    PolicyPut,
    State,
    ancestors,
    descendants,
)
from tests.state.paper import Paper, Wax
from tests.state.scenes import ALICE, run

DAY = datetime(2030, 1, 1, tzinfo=UTC)


def test_changes_are_numbered_sealed_and_in_the_ledger(state: State, paper: Paper, wax: Wax) -> None:
    first = state.change(ALICE, AssetRegistered(asset="model:a").event(), AssetRegistered(asset="model:b").event())
    second = state.change(ALICE, AssetRegistered(asset="model:c").event())

    assert [record.rev for record in (*first, *second)] == [1, 2, 3]
    assert paper.records() == [*first, *second]
    assert state.rev == 3
    for record in (*first, *second):
        assert record.actor == "person:alice"
        assert wax.seals(encode(msgspec.structs.replace(record, seal=None)), record.seal or "")


@pytest.mark.parametrize(
    "event",
    [
        Event("asset.sold", {"asset": "model:a"}),
        Event("asset.registered", {"asset": "model:a", "price": 3}),
        Event("asset.registered", {"asset": "no asset"}),
        Event("asset.registered", {}),
        Event("asset.linked", {"parent": "model:a", "child": "model:a"}),
        Event("asset.registered", {"asset": "model:a", "owner": "nobody\0"}),
        Event("finding.accepted", {"fingerprint": "f", "reason": "", "until": "2030-01-01T00:00:00Z", "case": "c"}),
        Event("finding.accepted", {"fingerprint": "f", "reason": "r", "until": "2030-01-01T00:00:00", "case": "c"}),
        Event("policy.put", {"digest": "sha256:" + "0" * 64, "text": "permit(principal, action, resource);"}),
        Event("key.added", {"key": "k", "name": "k", "digest": "the secret itself"}),
    ],
)
def test_a_change_that_makes_no_sense_is_refused_and_leaves_nothing(state: State, paper: Paper, event: Event) -> None:
    with pytest.raises(UsageError):
        state.change(ALICE, AssetRegistered(asset="model:good").event(), event)

    assert paper.records() == []
    assert state.assets() == []
    assert state.rev == 0


def test_registering_says_who_answers_and_meeting_says_when_and_which_content(state: State, paper: Paper) -> None:
    digest = "sha256:" + "1" * 64
    state.change(ALICE, AssetRegistered(asset="model:churn", owner="person:bob", attributes={"tier": 1}).event())
    records = run(state, paper, "a", asset=Asset("model", "churn", digest))
    state.change(ALICE, AssetRegistered(asset="model:churn", owner="person:eve", attributes={"tier": 2}).event())

    row = state.asset(Asset("model", "churn"))

    assert row is not None
    assert (row.owner, row.attributes, row.digest, row.registered_rev) == ("person:eve", {"tier": 2}, digest, 2)
    assert (row.first_at, row.last_at) == (records[0].at, records[-1].at)
    assert state.assets(kind="model") == [row]
    assert state.assets(kind="dataset") == []


def test_lineage_is_walked_both_ways_and_a_circle_ends(state: State) -> None:
    links = [("dataset:raw", "dataset:clean"), ("dataset:clean", "model:base"), ("model:base", "model:tuned")]
    state.change(ALICE, *(AssetLinked(parent=parent, child=child).event() for parent, child in links))
    state.change(ALICE, AssetLinked(parent="model:tuned", child="dataset:raw", relation="labelled-by").event())

    up = ancestors(state, Asset("model", "base"))
    down = descendants(state, Asset("dataset", "clean"))

    assert [(step.distance, step.link.parent) for step in up] == [
        (1, "dataset:clean"),
        (2, "dataset:raw"),
        (3, "model:tuned"),
        (4, "model:base"),
    ]
    assert [(step.distance, step.link.child) for step in down][:2] == [(1, "model:base"), (2, "model:tuned")]
    assert ancestors(state, Asset("model", "base"), tenant="other") == []


def test_a_link_keeps_the_content_of_both_ends(state: State) -> None:
    parent, child = "dataset:rows@sha256:" + "1" * 64, "model:churn@sha256:" + "2" * 64
    state.change(ALICE, AssetLinked(parent=parent, child=child, relation="trained-on").event())

    (step,) = ancestors(state, Asset.parse("model:churn"))

    assert (step.link.parent, step.link.child, step.link.relation) == (parent, child, "trained-on")


def test_a_key_is_found_by_the_digest_of_its_secret_until_it_is_revoked_for_good(state: State) -> None:
    added = KeyAdded(key="k1", name="ci", digest="a" * 64, roles=("tester",), routes=("/v1/*",), expires=DAY)
    state.change(Stamp(tenant="red"), added.event())

    row = state.key_by_digest("a" * 64)
    assert row is not None
    assert (row.tenant, row.key, row.name, row.roles, row.routes, row.expires, row.revoked) == (
        "red",
        "k1",
        "ci",
        ("tester",),
        ("/v1/*",),
        DAY,
        False,
    )

    state.change(Stamp(tenant="red"), KeyRevoked(key="k1", reason="leaked").event())
    state.change(Stamp(tenant="red"), added.event())

    assert [row.revoked for row in state.keys(tenant="red")] == [True]
    assert state.keys() == []
    assert len(state.keys(tenant=None)) == 1
    assert state.key_by_digest("b" * 64) is None


def test_the_policy_in_force_is_the_last_one_put(state: State) -> None:
    policies = [Policy("permit(principal, action, resource);"), Policy("forbid(principal, action, resource);")]
    for policy in policies:
        state.change(ALICE, PolicyPut(digest=policy.digest, text=policy.text, source="test").event())

    assert [(row.rev, row.text, row.actor) for row in state.policies()] == [
        (2, policies[1].text, "person:alice"),
        (1, policies[0].text, "person:alice"),
    ]


def test_a_case_is_opened_closed_and_opened_again(state: State) -> None:
    opened = CaseOpened(case="c1", case_kind="incident", title="Odd logins", owner="person:bob", records=("r1",))
    state.change(ALICE, opened.event())
    state.change(ALICE, CaseClosed(case="c1", reason="a drill").event())

    (case,) = state.cases(status="closed")
    assert (case.kind, case.title, case.closed_reason) == ("incident", "Odd logins", "a drill")
    assert state.case("c1") == case

    state.change(ALICE, opened.event())

    assert [case.id for case in state.cases(status="open")] == ["c1"]
    assert state.case("c2") is None


def test_a_time_is_kept_to_the_microsecond_whatever_its_zone(state: State) -> None:
    at = datetime.fromisoformat("2031-03-04T05:06:07.891011+09:00")
    state.change(ALICE, CaseOpened(case="c1", case_kind="change-approval", title="t", expires=at).event())

    expires = state.cases()[0].expires

    assert expires == at
    assert expires is not None
    assert expires.utcoffset() == timedelta(0)
