from datetime import timedelta
from pathlib import Path

import pytest

from bartizan.kernel import AnyBody, Event, Finding, Stamp
from bartizan.ledger import read, verify
from bartizan.runner import Keep, Settings
from bartizan.runner.chores import chores, pack, retention, try_controls
from bartizan.runner.settings import LedgerSettings

BULK = [Stamp()(Event("bulk", {"text": "x" * 2000})) for _ in range(600)]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data=tmp_path / "data", ledger=LedgerSettings(segment_mib=1))


def test_every_control_is_tried_and_its_trial_recorded(settings: Settings) -> None:
    said: list[AnyBody] = []
    with Keep.open(settings) as keep:
        try_controls(keep, "service:test", said.append)
        tried = {record.asset for _, record in read(keep.ledger.folder) if isinstance(record.body, Event)}
        assert tried == {f"control:{control.id}" for control in keep.registry}
    assert said == []


def test_closed_segments_are_packed_and_nothing_is_lost(settings: Settings) -> None:
    said: list[AnyBody] = []
    with Keep.open(settings) as keep:
        for _ in range(3):
            keep.append(BULK)
        before = [record for _, record in read(keep.ledger.folder)]
        pack(keep, said.append)
        assert [record for _, record in read(keep.ledger.folder)] == before
        assert list(keep.ledger.folder.rglob("*.jsonl.zst"))
        assert verify(keep.ledger.folder, keep.vault).sound
        assert [body.name for body in said if isinstance(body, Event)] == ["ledger.packed"]
        said.clear()
        pack(keep, said.append)
        assert said == []


def test_a_segment_that_cannot_be_packed_is_a_finding(settings: Settings) -> None:
    said: list[AnyBody] = []
    with Keep.open(settings) as keep:
        keep.append(BULK)
        keep.append(BULK)
        closed = min(keep.ledger.folder.glob("0/*.jsonl"))
        closed.write_bytes(closed.read_bytes()[:-200] + b"torn")
        pack(keep, said.append)
        assert {body.rule for body in said if isinstance(body, Finding)} == {"ledger.unpackable"}


def test_history_is_kept_unless_the_settings_say_otherwise(settings: Settings) -> None:
    assert retention(LedgerSettings()) is None
    rule = retention(LedgerSettings(retain_days=30, retain_gib=0.5))
    assert rule is not None
    assert (rule.keep, rule.max_bytes) == (timedelta(days=30), 1 << 29)
    with Keep.open(settings) as keep:
        assert [job.name for job in chores(keep, "service:test", lambda body: None)] == ["canaries", "archive"]


def test_old_segments_go_on_the_timer(tmp_path: Path) -> None:
    limited = LedgerSettings(segment_mib=1, retain_gib=0.001)
    with Keep.open(Settings(data=tmp_path / "data", ledger=limited)) as keep:
        for _ in range(4):
            keep.append(BULK)
        (job,) = [job for job in chores(keep, "service:test", lambda body: None) if job.name == "retain"]
        job.do()
        assert len([record for _, record in read(keep.ledger.folder) if record.body.name == "bulk"]) < 4 * len(BULK)
        assert verify(keep.ledger.folder, keep.vault).sound
