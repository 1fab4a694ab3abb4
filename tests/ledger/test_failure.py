import asyncio
import threading
import time
from pathlib import Path

import pytest

from bartizan.kernel import Event
from bartizan.ledger import Ledger, LedgerOptions, LedgerTampered, LedgerUnwritable, verify
from tests.ledger.build import FrailDisk, build, event, events, everything, names, open_segment, open_vault

AT_ONCE = LedgerOptions(patience_s=0.0)
OPEN_AT_ONCE = LedgerOptions(patience_s=0.0, on_failure="open")


def test_a_full_disk_fails_closed_in_one_line_and_leaves_no_trace(tmp_path: Path) -> None:
    disk = FrailDisk()
    with Ledger(tmp_path / "ledger", open_vault(tmp_path), AT_ONCE, disk=disk.disk()) as ledger:
        ledger.append([event(0)])
        before = open_segment(tmp_path).read_bytes()
        disk.full, disk.room_bytes = True, 100
        with pytest.raises(LedgerUnwritable, match="No space left on device") as refused:
            ledger.append([event(1)])
        assert "\n" not in str(refused.value)
        assert open_segment(tmp_path).read_bytes() == before
        with pytest.raises(LedgerUnwritable):
            asyncio.run(ledger.append_async([event(2)]))
        disk.full = False
        ledger.append([event(3)])
    assert [record.body.data["number"] for record in everything(tmp_path) if isinstance(record.body, Event)] == [0, 3]
    assert verify(tmp_path / "ledger", open_vault(tmp_path)).sound


def test_a_full_disk_holds_appends_back_until_there_is_room(tmp_path: Path) -> None:
    disk = FrailDisk()
    with Ledger(tmp_path / "ledger", open_vault(tmp_path), LedgerOptions(patience_s=30), disk=disk.disk()) as ledger:
        ledger.append([event(0)])
        disk.full = True
        waiting = threading.Thread(target=ledger.append, args=([event(1)],))
        waiting.start()
        assert len(everything(tmp_path)) == 1
        assert waiting.is_alive()
        disk.full = False
        waiting.join(10)
        assert len(everything(tmp_path)) == 2


def test_patience_is_spent_once_and_not_by_each_append(tmp_path: Path) -> None:
    disk = FrailDisk(full=True)
    with Ledger(tmp_path / "ledger", open_vault(tmp_path), LedgerOptions(patience_s=0.2), disk=disk.disk()) as ledger:
        began = time.monotonic()
        for number in range(20):
            with pytest.raises(LedgerUnwritable):
                ledger.append([event(number)])
        assert 0.15 < time.monotonic() - began < 2.0


def test_failing_open_counts_what_it_lost_in_the_next_commit(tmp_path: Path) -> None:
    disk = FrailDisk()
    with Ledger(tmp_path / "ledger", open_vault(tmp_path), OPEN_AT_ONCE, disk=disk.disk()) as ledger:
        ledger.append([event(0)])
        disk.full = True
        ledger.append(events(3))
        asyncio.run(ledger.append_async([event(4)]))
        disk.full = False
        ledger.append([event(5)])
        ledger.append([event(6)])
    assert names(tmp_path) == ["test.event", "ledger.lost", "test.event", "test.event"]
    assert [record.body.data for record in everything(tmp_path) if isinstance(record.body, Event)][1] == {"records": 4}


def test_what_was_lost_is_said_even_if_no_append_follows(tmp_path: Path) -> None:
    disk = FrailDisk()
    with Ledger(tmp_path / "ledger", open_vault(tmp_path), OPEN_AT_ONCE, disk=disk.disk()) as ledger:
        ledger.append([event(0)])
        disk.full = True
        ledger.append(events(3))
        disk.full = False
    assert names(tmp_path) == ["test.event", "ledger.lost"]


def test_a_failed_sync_takes_the_commit_back(tmp_path: Path) -> None:
    disk = FrailDisk()
    with Ledger(tmp_path / "ledger", open_vault(tmp_path), AT_ONCE, disk=disk.disk()) as ledger:
        ledger.append([event(0)])
        disk.fail_syncs = 1
        with pytest.raises(LedgerUnwritable, match="Input/output error"):
            ledger.append([event(1)])
        ledger.append([event(2)])
    assert [record.body.data["number"] for record in everything(tmp_path) if isinstance(record.body, Event)] == [0, 2]


def test_a_folder_that_cannot_be_written_fails_closed(tmp_path: Path) -> None:
    (tmp_path / "ledger").write_text("a file is in the way")
    with Ledger(tmp_path / "ledger", open_vault(tmp_path), AT_ONCE) as ledger, pytest.raises(LedgerUnwritable):
        ledger.append([event(0)])


def test_a_clock_that_goes_backwards_is_recorded(tmp_path: Path) -> None:
    disk = FrailDisk()
    with Ledger(tmp_path / "ledger", open_vault(tmp_path), disk=disk.disk()) as ledger:
        ledger.append([event(0)])
        disk.offset_s = -3600
        ledger.append([event(1)])
        ledger.append([event(2)])
    assert names(tmp_path) == ["test.event", "ledger.clock-backwards", "test.event", "test.event"]


def test_a_clock_that_went_backwards_between_two_runs_is_recorded(tmp_path: Path) -> None:
    build(tmp_path, [1])
    disk = FrailDisk(offset_s=-3600)
    with Ledger(tmp_path / "ledger", open_vault(tmp_path), disk=disk.disk()) as ledger:
        ledger.append([event(1)])
    assert names(tmp_path) == ["test.event", "ledger.clock-backwards", "test.event"]


@pytest.mark.parametrize("harm", ["appended", "truncated", "removed", "replaced", "linked"])
def test_a_segment_changed_under_a_living_writer_stops_it(tmp_path: Path, harm: str) -> None:
    ledger = Ledger(tmp_path / "ledger", open_vault(tmp_path))
    ledger.append([event(0)])
    path = open_segment(tmp_path)
    if harm == "appended":
        path.write_bytes(path.read_bytes() + b'{"v":1}\n')
    elif harm == "truncated":
        path.write_bytes(path.read_bytes()[:-5])
    elif harm == "removed":
        path.unlink()
    elif harm == "replaced":
        (tmp_path / "other").write_bytes(path.read_bytes())
        (tmp_path / "other").rename(path)
    else:
        (tmp_path / "other").hardlink_to(path)
    with pytest.raises(LedgerTampered, match="changed by another"):
        ledger.append([event(1)])
    ledger.close()


def test_a_checkpoint_that_cannot_be_written_is_told_with_the_next_commit(tmp_path: Path) -> None:
    vault = open_vault(tmp_path)
    options = LedgerOptions(segment_bytes=1 << 30, checkpoint_every_s=3600)
    with Ledger(tmp_path / "ledger", vault, options) as ledger:
        ledger.append([event(0)])
        heads = vault.folder / "heads"
        heads.rename(vault.folder / "away")
        heads.write_text("a file is in the way")
        ledger.checkpoint()
        heads.unlink()
        (vault.folder / "away").rename(heads)
        ledger.append([event(1)])
    assert names(tmp_path) == ["test.event", "ledger.checkpoint-failed", "test.event"]
