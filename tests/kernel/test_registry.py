import sys
from collections.abc import Iterator
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import pytest

from bartizan.kernel import (
    Asset,
    BartizanError,
    Context,
    Control,
    Event,
    Finding,
    Registry,
    Severity,
    UsageError,
    Verdict,
    alarmed,
    control,
)


@dataclass(frozen=True)
class Door:
    open: bool

    @property
    def asset(self) -> Asset:
        return Asset("door", "front")


@dataclass(frozen=True)
class Named:
    name: str
    value: str


def make(id: str) -> Control[Any]:
    @control(id, on=Door, counters=["burglary"], canary=lambda: Door(True), quiet=lambda: Door(False))
    def look(door: Door, ctx: Context) -> Iterator[Finding]:
        """Finds open doors."""
        if door.open:
            yield Finding("door.open", Severity.LOW, "the door is open")

    return look


@pytest.fixture
def module(request: pytest.FixtureRequest) -> Iterator[ModuleType]:
    made = ModuleType("outside_controls")
    sys.modules[made.__name__] = made
    yield made
    del sys.modules[made.__name__]


def test_a_control_is_found_by_id_and_by_subject(module: ModuleType) -> None:
    module.door = make("outside.door")
    registry = Registry([Named("outside", "outside_controls")])
    found = registry.get("outside.door")
    assert found is module.door
    assert list(registry) == registry.on(Door) == [found]
    assert registry.on(Asset) == []
    assert (found.title, found.counters, found.ref.partition("@")[0]) == ("Finds open doors.", ("burglary",), found.id)
    assert list(found(Door(True), Context())) != []


def test_only_the_module_that_is_asked_for_is_imported(module: ModuleType) -> None:
    module.door = make("outside.door")
    registry = Registry([Named("outside", "outside_controls"), Named("broken", "no_such_module")])
    registry.get("outside.door")
    assert registry.unloadable == []


def test_an_outside_package_that_fails_takes_no_other_along(module: ModuleType) -> None:
    module.door = make("outside.door")
    registry = Registry([Named("outside", "outside_controls"), Named("broken", "no_such_module")])
    assert [one.id for one in registry] == ["outside.door"]
    assert [(one.entry, "no_such_module" in one.reason) for one in registry.unloadable] == [("broken", True)]
    with pytest.raises(BartizanError, match="cannot be loaded"):
        registry.get("broken.door")


def test_no_package_can_speak_under_the_name_of_another(module: ModuleType) -> None:
    module.door = make("artifacts.scan")
    registry = Registry([Named("outside", "outside_controls")])
    assert list(registry) == []
    assert "artifacts.scan" in registry.unloadable[0].reason


def test_a_name_claimed_twice_belongs_to_neither(module: ModuleType) -> None:
    module.door = make("outside.door")
    registry = Registry([Named("outside", "outside_controls"), Named("outside", "outside_controls")])
    assert list(registry) == []
    assert "2 packages claim" in registry.unloadable[0].reason


def test_two_controls_with_one_id_are_refused(module: ModuleType) -> None:
    module.one, module.two = make("outside.door"), make("outside.door")
    assert list(Registry([Named("outside", "outside_controls")])) == []


def test_an_unknown_id_is_wrong_usage() -> None:
    with pytest.raises(UsageError, match="no control"):
        Registry([]).get("x.y")


def test_this_installation_has_the_controls_of_its_rooms() -> None:
    registry = Registry()
    assert "runner.canary" in [one.id for one in registry]
    assert registry.unloadable == []


@pytest.mark.parametrize(
    ("bodies", "alarm"),
    [
        ([], False),
        ([Event("x")], False),
        ([Verdict("allow", "allow")], False),
        ([Verdict("unscanned", "allow")], True),
        ([Event("x"), Finding("x", Severity.INFO, "y")], True),
    ],
)
def test_findings_and_verdicts_other_than_allow_are_alarms(bodies: list[Any], alarm: bool) -> None:
    assert alarmed(bodies) is alarm
