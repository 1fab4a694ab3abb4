"""One served installation for the tests that only look, and new ones for those that change something."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from bartizan.kernel import Action, Asset, Event, Finding, Interval, Measure, Place, Record, Severity, Stamp, Verdict
from tests.console.house import House, served

MODEL = Asset("model-file", "sentiment/pytorch_model.bin", "sha256:" + "ab" * 32)
CHAT = Asset("endpoint", "chat-prod")
HOSTILE = "<script>alert(1)</script> \u202egnp.exe\u202c \x1b[2J \"quoted' {{ 7 * 7 }}"


def story() -> list[Record]:
    """A few records of each kind, some of them hostile, one of another tenant."""
    scan = Stamp(asset=MODEL, control="artifacts.scan@00ff00ff00ff00ff", actor="service:runner")
    found = scan(
        Finding("pickle.call", Severity.CRITICAL, "calls posix.system when loaded", place=Place("pytorch_model.bin"))
    )
    hostile = scan(Finding("hostile.text", Severity.LOW, HOSTILE, evidence=HOSTILE))
    ended = scan(
        Event(
            "control.finished",
            {"findings": 2, "fingerprints": sorted(r.body.fingerprint for r in (found, hostile)), "ms": 1.5},  # type: ignore[union-attr]
        )
    )
    chat = Stamp(asset=CHAT, control="guard.prompt@0123456789abcdef", actor="key:web")
    blocked = chat(Verdict("block", "allow", "asks to ignore the rules", ("inj.ignore",), 0.97, 71))
    consequence = Stamp(asset=CHAT, actor="person:ana", causes=(blocked.id,))(
        Action("key.suspend", "key:web", "done", "bartizan keys restore web", "too many refusals")
    )
    measured = scan(Measure("robust-accuracy", 0.61, interval=Interval(0.57, 0.65), n=1000, seed=1))
    broken = Stamp(asset=Asset("control", "runner.canary"), control="runner.canary@00ff00ff00ff00ff")
    alarm = broken(Finding("control.broken", Severity.HIGH, "runner.canary misses its canary"))
    tried = broken(Event("control.finished", {"findings": 1, "fingerprints": [alarm.body.fingerprint]}))  # type: ignore[union-attr]
    foreign = Stamp(tenant="acme", asset=CHAT)(Event("secret.of-acme", {"at": datetime.now(UTC).isoformat()}))
    return [found, hostile, ended, blocked, consequence, measured, alarm, tried, foreign]


@pytest.fixture(scope="session")
def told() -> list[Record]:
    return story()


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory, told: list[Record]) -> Iterator[House]:
    """A console that already knows us; tests that use it change nothing but add keys."""
    with served(tmp_path_factory.mktemp("console") / "data", told) as house:
        assert house.enter().status == 200
        yield house
