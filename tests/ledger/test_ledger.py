import asyncio
import os
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bartizan.kernel import Event, HostileInput, Record, encode
from bartizan.ledger import Ledger, LedgerClosed, LedgerOptions, Position, read, verify
from bartizan.ledger.segment import Segment, commits
from tests.kernel.strategies import RECORDS
from tests.ledger.build import STAMP, FrailDisk, build, event, events, everything, open_segment, open_vault

# From Python 3.12 on a fork beside threads warns; that it works here is what these tests show.
MAY_FORK = pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")


@settings(max_examples=15)
@given(st.lists(st.lists(RECORDS, min_size=1, max_size=3), min_size=1, max_size=4))
def test_what_is_appended_is_read_back(tmp_path_factory: pytest.TempPathFactory, groups: list[list[Record]]) -> None:
    home = tmp_path_factory.mktemp("ledger")
    with Ledger(home / "ledger", open_vault(home)) as ledger:
        for group in groups:
            ledger.append(group)
            assert everything(home)[-len(group) :] == group  # durable, so readable, before the ledger is closed
    written = [record for group in groups for record in group]
    assert list(read(home / "ledger")) == [(Position(0, at), record) for at, record in enumerate(written)]


def test_a_segment_is_record_lines_and_head_lines(tmp_path: Path) -> None:
    written = build(tmp_path, [2, 1])
    lines = open_segment(tmp_path).read_bytes().split(b"\n")
    assert lines[:2] == [encode(record) for record in written[:2]]
    assert lines[2].startswith(b'{"head":{"size":2,"root":"')
    assert lines[3] == encode(written[2])
    assert lines[4].startswith(b'{"head":{"size":3,"root":"')
    assert lines[5:] == [b""]


def test_nothing_is_written_before_the_first_append(tmp_path: Path) -> None:
    with Ledger(tmp_path / "ledger", open_vault(tmp_path)) as ledger:
        assert ledger.slot is None
    assert not (tmp_path / "ledger").exists()
    build(tmp_path, [0])
    assert everything(tmp_path) == []


def test_all_files_are_for_their_owner_alone(tmp_path: Path) -> None:
    build(tmp_path, [700], LedgerOptions(segment_bytes=1))
    for path in [tmp_path / "ledger", *(tmp_path / "ledger").rglob("*")]:
        assert path.stat().st_mode & 0o077 == 0, path


def test_an_append_of_a_thousand_is_one_commit_with_one_sync(tmp_path: Path) -> None:
    disk = FrailDisk()
    with Ledger(tmp_path / "ledger", open_vault(tmp_path), disk=disk.disk()) as ledger:
        ledger.append(events(1000))
        assert disk.syncs == 1
        ledger.append(events(2500))
        assert disk.syncs == 4
    segment = Segment(0, open_segment(tmp_path))
    assert [len(commit.lines) for commit in commits(segment)] == [1000, 1000, 1000, 500]


def test_a_commit_takes_what_arrived_while_another_ran(tmp_path: Path) -> None:
    disk, slow = FrailDisk(), threading.Event()
    inner = disk.disk()

    def first_sync_waits(descriptor: int) -> None:
        if disk.syncs == 0:
            slow.wait(10)
        inner.sync(descriptor)

    async def produce(ledger: Ledger) -> None:
        first = asyncio.create_task(ledger.append_async([event(0)]))
        await asyncio.sleep(0)
        others = [asyncio.create_task(ledger.append_async([event(number)])) for number in range(1, 41)]
        await asyncio.sleep(0)
        assert not first.done()
        slow.set()
        await asyncio.gather(first, *others)

    with Ledger(tmp_path / "ledger", open_vault(tmp_path), disk=replace(inner, sync=first_sync_waits)) as ledger:
        asyncio.run(produce(ledger))
    assert len(everything(tmp_path)) == 41
    assert disk.syncs <= 3


def test_producers_that_are_ready_together_share_a_commit(tmp_path: Path) -> None:
    async def produce(ledger: Ledger) -> None:
        for number in range(6):
            await ledger.append_async([event(number)])

    async def all_producers(ledger: Ledger) -> None:
        await asyncio.gather(*(produce(ledger) for _ in range(20)))

    with Ledger(tmp_path / "ledger", open_vault(tmp_path)) as ledger:
        asyncio.run(all_producers(ledger))
    assert [len(commit.lines) for commit in commits(Segment(0, open_segment(tmp_path)))] == [20] * 6


def test_threads_and_tasks_append_side_by_side(tmp_path: Path) -> None:
    async def tasks(ledger: Ledger) -> None:
        await asyncio.gather(*(ledger.append_async([event(number)]) for number in range(200)))

    with Ledger(tmp_path / "ledger", open_vault(tmp_path)) as ledger:
        threads = [
            threading.Thread(target=lambda: [ledger.append([event(number)]) for number in range(50)]) for _ in range(4)
        ]
        for thread in threads:
            thread.start()
        asyncio.run(tasks(ledger))
        for thread in threads:
            thread.join()
    found = everything(tmp_path)
    assert len(found) == len({record.id for record in found}) == 400
    assert verify(tmp_path / "ledger", open_vault(tmp_path)).sound


def test_each_ledger_takes_the_lowest_free_slot(tmp_path: Path) -> None:
    vault = open_vault(tmp_path)
    ledgers = [Ledger(tmp_path / "ledger", vault) for _ in range(3)]
    for ledger in ledgers:
        ledger.append([event(0)])
    assert [ledger.slot for ledger in ledgers] == [0, 1, 2]
    ledgers[1].close()
    with Ledger(tmp_path / "ledger", vault) as again:
        again.append([event(1)])
        assert again.slot == 1
    ledgers[0].close()
    ledgers[2].close()
    assert [position for position, _ in read(tmp_path / "ledger")] == [
        Position(0, 0),
        Position(1, 0),
        Position(1, 1),
        Position(2, 0),
    ]
    assert verify(tmp_path / "ledger", vault).sound


@MAY_FORK
def test_a_forked_child_takes_a_slot_of_its_own(tmp_path: Path) -> None:
    with Ledger(tmp_path / "ledger", open_vault(tmp_path)) as ledger:
        ledger.append([event(0)])
        child = os.fork()
        if child == 0:
            try:
                ledger.append([event(1)])
                took = ledger.slot
                ledger.close()
                os._exit(0 if took == 1 else 1)
            except BaseException:
                os._exit(2)
        _, status = os.waitpid(child, 0)
        assert os.waitstatus_to_exitcode(status) == 0
        ledger.append([event(2)])
        assert ledger.slot == 0
        with Ledger(tmp_path / "ledger", open_vault(tmp_path)) as third:
            third.append([event(3)])
            assert third.slot == 1  # the child's copy of the parent's lock did not keep slot 0 open for others
    assert sorted(record.body.data["number"] for record in everything(tmp_path) if isinstance(record.body, Event)) == [
        0,
        1,
        2,
        3,
    ]
    assert verify(tmp_path / "ledger", open_vault(tmp_path)).sound


@MAY_FORK
def test_a_forked_child_does_not_keep_its_parents_slot(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger", open_vault(tmp_path))
    ledger.append([event(0)])
    waits, wakes = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(wakes)
        os.read(waits, 1)
        os._exit(0)
    os.close(waits)
    ledger.close()
    with Ledger(tmp_path / "ledger", open_vault(tmp_path)) as again:
        again.append([event(1)])
        assert again.slot == 0
    os.close(wakes)
    os.waitpid(child, 0)


def test_a_record_that_is_too_long_is_refused_before_any_of_its_append(tmp_path: Path) -> None:
    with Ledger(tmp_path / "ledger", open_vault(tmp_path)) as ledger:
        with pytest.raises(HostileInput, match="more than 1,048,576"):
            ledger.append([event(0), event(1, text="x" * (1 << 20))])
        ledger.append([event(2)])
    assert len(everything(tmp_path)) == 1


def test_a_lone_surrogate_is_refused(tmp_path: Path) -> None:
    with Ledger(tmp_path / "ledger", open_vault(tmp_path)) as ledger:
        with pytest.raises(HostileInput, match="cannot be written"):
            ledger.append([event(0, text="\ud800")])
        with pytest.raises(HostileInput, match="cannot be written"):
            asyncio.run(ledger.append_async([event(0, text="\ud800")]))


def test_not_a_number_never_becomes_a_record() -> None:
    with pytest.raises(ValueError, match="finite"):
        STAMP(Event("x", {"score": float("nan")}))


def test_a_closed_ledger_says_so(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger", open_vault(tmp_path))
    ledger.append([event(0)])
    ledger.close()
    ledger.close()
    with pytest.raises(LedgerClosed):
        ledger.append([event(1)])
    with pytest.raises(LedgerClosed):
        asyncio.run(ledger.append_async([event(1)]))


def test_a_cancelled_append_disturbs_no_other(tmp_path: Path) -> None:
    async def produce(ledger: Ledger) -> None:
        doomed = asyncio.create_task(ledger.append_async([event(0)]))
        await asyncio.sleep(0)
        doomed.cancel()
        await ledger.append_async([event(1)])

    with Ledger(tmp_path / "ledger", open_vault(tmp_path)) as ledger:
        asyncio.run(produce(ledger))
    assert [record.body.data["number"] for record in everything(tmp_path) if isinstance(record.body, Event)][-1] == 1


@pytest.mark.parametrize("sizes", [[3, 4, 5], [256, 256, 1], [300, 300, 300], [1, 255, 256, 257]])
def test_segments_rotate_by_size_and_chain_by_index(tmp_path: Path, sizes: list[int]) -> None:
    written = build(tmp_path, sizes, LedgerOptions(segment_bytes=1))
    firsts = [int(path.stem) for path in sorted((tmp_path / "ledger/0").glob("*.jsonl"))]
    assert firsts == [sum(sizes[:count]) for count in range(len(sizes) + 1)]
    assert everything(tmp_path) == written
    assert verify(tmp_path / "ledger", open_vault(tmp_path)).sound
    again = build(tmp_path, [7], LedgerOptions(segment_bytes=1))
    assert everything(tmp_path) == written + again
    assert verify(tmp_path / "ledger", open_vault(tmp_path)).sound


def test_a_segment_that_is_old_is_closed_by_the_next_commit(tmp_path: Path) -> None:
    disk = FrailDisk()
    with Ledger(tmp_path / "ledger", open_vault(tmp_path), disk=disk.disk()) as ledger:
        ledger.append([event(0)])
        disk.offset_s = 90_000
        ledger.append([event(1)])
    assert len(list((tmp_path / "ledger/0").glob("*.jsonl"))) == 2


def test_a_living_writer_signs_its_records_within_the_time_that_the_options_say(tmp_path: Path) -> None:
    vault = open_vault(tmp_path)
    signed = threading.Event()
    original = vault.remember_checkpoint

    def told(slot: int, note: bytes) -> None:
        original(slot, note)
        if b"\n3\n" in note:
            signed.set()

    vault.remember_checkpoint = told  # type: ignore[method-assign]
    with Ledger(tmp_path / "ledger", vault, LedgerOptions(checkpoint_every_s=0.01)) as ledger:
        ledger.append(events(3))
        assert signed.wait(10)
