from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import pytest

from bartizan.kernel import Asset, Context, Control, Event, Finding, OutOfBudget, Record, Severity, control
from bartizan.runner import Installed, exercise, run


@dataclass(frozen=True)
class Door:
    open: bool = True

    @property
    def asset(self) -> Asset:
        return Asset("door", "front")


WHY = "0190a0b0-1234-7abc-8def-0123456789ab"


def make(id: str, look: Callable[[Any, Context], Iterable[Any]]) -> Control[Any]:
    return control(id, on=Door, counters=["burglary"], canary=lambda: Door(True), quiet=lambda: Door(False))(look)


def names_open(door: Door, ctx: Context) -> Iterable[Finding]:
    if door.open:
        yield Finding("door.open", Severity.LOW, "the door is open")


def breaks(door: Door, ctx: Context) -> Iterable[Finding]:
    yield from names_open(door, ctx)
    raise OutOfBudget("more than 3 doors")


def test_records_are_stamped_with_control_asset_actor_and_causes() -> None:
    one = make("a.open", names_open)
    records = run([one], Door(), Context(tenant="acme"), actor="person:ann", causes=(WHY,))
    assert [type(record.body) for record in records] == [Finding, Event]
    for record in records:
        assert (record.tenant, record.asset, record.actor, record.causes) == (
            "acme",
            "door:front",
            "person:ann",
            (WHY,),
        )
        assert record.control == one.ref


def test_the_last_record_of_a_control_lists_what_it_found() -> None:
    finding, end = run([make("a.open", names_open)], Door())
    assert end.body.name == "control.finished"
    assert end.body.data["fingerprints"] == [finding.body.fingerprint]
    assert end.body.data["findings"] == 1


def test_one_failing_control_is_recorded_and_takes_no_other_along() -> None:
    records = run([make("a.breaks", breaks), make("a.open", names_open)], Door())
    assert [_said(record) for record in records] == ["door.open", "control.failed", "door.open", "control.finished"]
    assert records[1].body.data == {"error": "OutOfBudget", "reason": "more than 3 doors"}


@pytest.mark.parametrize("odd", ["text", None, Event, Event("x", {"a": "\ud800"})])
def test_what_cannot_be_recorded_is_a_failure_of_the_control(odd: Any) -> None:
    (record,) = run([make("a.odd", lambda door, ctx: [odd])], Door())
    assert record.body.name == "control.failed"


def test_a_failure_with_an_unwritable_reason_is_still_recorded() -> None:
    def fails(door: Door, ctx: Context) -> Iterable[Finding]:
        raise ValueError("\ud800\nsecond line")

    (record,) = run([make("a.fails", fails)], Door())
    assert record.body.data == {"error": "ValueError", "reason": "\\ud800 second line"}


def test_a_control_on_another_type_of_subject_is_a_failure() -> None:
    (record,) = run([make("a.open", names_open)], Installed(make("a.b", names_open)))
    assert record.body.data["reason"] == "a.open looks at Door, not at Installed"


def test_endless_findings_end_in_a_failure() -> None:
    def endless(door: Door, ctx: Context) -> Iterable[Finding]:
        while True:
            yield Finding("door.open", Severity.LOW, "again")

    records = run([make("a.endless", endless)], Door())
    assert (len(records), records[-1].body.name) == (10_001, "control.failed")


def test_records_are_appended_control_by_control() -> None:
    batches: list[list[Record]] = []
    run(
        [make("a.open", names_open), make("a.breaks", breaks)], Door(), append=lambda batch: batches.append(list(batch))
    )
    assert [len(batch) for batch in batches] == [2, 2]


@pytest.mark.parametrize(
    ("look", "sound"),
    [
        (names_open, True),
        (lambda door, ctx: [], False),
        (lambda door, ctx: [Finding("x", Severity.LOW, "always")], False),
        (breaks, False),
    ],
)
def test_a_control_is_sound_if_it_catches_its_canary_and_leaves_the_twin_alone(look: Any, sound: bool) -> None:
    assert exercise(make("a.b", look)).sound is sound


def test_a_broken_control_is_itself_a_finding() -> None:
    from bartizan.runner.canary import canary

    broken = run([canary], Installed(make("a.blind", lambda door, ctx: [])))
    assert [(_said(record), record.asset) for record in broken] == [
        ("control.broken", "control:a.blind"),
        ("control.finished", "control:a.blind"),
    ]
    assert [_said(record) for record in run([canary], Installed(make("a.open", names_open)))] == ["control.finished"]
    assert exercise(canary).sound


def _said(record: Record) -> str:
    return record.body.rule if isinstance(record.body, Finding) else record.body.name
