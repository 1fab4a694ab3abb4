import threading
from pathlib import Path

import pytest
import zstandard

from bartizan.kernel import HostileInput, Record, RecordTooNew, encode
from bartizan.ledger import Follower, Ledger, LedgerOptions, LedgerTampered, Position, follow, read
from bartizan.ledger.merkle import leaf_hash, root_of
from bartizan.ledger.segment import HeadLine, segments
from tests.ledger.build import build, event, events, everything, open_segment, open_vault

SMALL = LedgerOptions(segment_bytes=1)


def pack(path: Path) -> None:
    path.with_name(path.name + ".zst").write_bytes(zstandard.ZstdCompressor().compress(path.read_bytes()))
    path.unlink()


def test_reading_goes_on_after_a_position(tmp_path: Path) -> None:
    written = build(tmp_path, [2, 3, 4], SMALL)
    for index in range(-1, 9):
        found = list(read(tmp_path / "ledger", after=Position(0, index)))
        assert [record for _, record in found] == written[index + 1 :]
        assert [position.index for position, _ in found] == list(range(index + 1, 9))


def test_packed_segments_read_like_plain_ones(tmp_path: Path) -> None:
    written = build(tmp_path, [2, 3, 4], SMALL)
    for path in sorted((tmp_path / "ledger/0").glob("*.jsonl"))[:2]:
        pack(path)
    assert everything(tmp_path) == written
    assert [record for _, record in read(tmp_path / "ledger", after=Position(0, 3))] == written[4:]


def test_a_segment_packed_between_listing_and_opening_is_read(tmp_path: Path) -> None:
    written = build(tmp_path, [2, 3, 4], SMALL)
    found = read(tmp_path / "ledger")
    first = next(found)
    pack(sorted((tmp_path / "ledger/0").glob("*.jsonl"))[1])
    assert [first[1], *(record for _, record in found)] == written


@pytest.mark.parametrize("harm", ["cut", "grown", "junk"])
def test_a_damaged_packed_segment_is_an_error_and_not_an_end(tmp_path: Path, harm: str) -> None:
    build(tmp_path, [200, 3], SMALL)
    path = min((tmp_path / "ledger/0").glob("*.jsonl"))
    pack(path)
    packed = path.with_name(path.name + ".zst")
    content = packed.read_bytes()
    packed.write_bytes({"cut": content[:-50], "grown": content + b"more", "junk": b"\0" * 100}[harm])
    with pytest.raises(LedgerTampered):
        everything(tmp_path)


def test_a_packed_segment_of_several_frames_is_read_whole(tmp_path: Path) -> None:
    written = build(tmp_path, [2, 3, 4], SMALL)
    path = min((tmp_path / "ledger/0").glob("*.jsonl"))
    content = path.read_bytes()
    frames = (content[:100], content[100:101], content[101:])
    path.with_name(path.name + ".zst").write_bytes(b"".join(zstandard.compress(each) for each in frames))
    path.unlink()
    assert everything(tmp_path) == written


def test_a_packed_segment_that_wants_more_than_128_mib_of_memory_is_refused(tmp_path: Path) -> None:
    build(tmp_path, [2, 3], SMALL)
    path = min((tmp_path / "ledger/0").glob("*.jsonl"))
    wide = zstandard.ZstdCompressor(compression_params=zstandard.ZstdCompressionParameters(window_log=28)).compressobj()
    path.with_name(path.name + ".zst").write_bytes(wide.compress(path.read_bytes()) + wide.flush())
    path.unlink()
    with pytest.raises(LedgerTampered, match="cannot be unpacked"):
        everything(tmp_path)


def test_a_damaged_packed_segment_is_named_also_when_it_is_read_from_its_middle(tmp_path: Path) -> None:
    build(tmp_path, [200, 3], SMALL)
    path = min((tmp_path / "ledger/0").glob("*.jsonl"))
    size = path.stat().st_size
    pack(path)
    packed = path.with_name(path.name + ".zst")
    packed.write_bytes(packed.read_bytes()[:-50])
    with segments(packed.parent)[0].open() as file, pytest.raises(LedgerTampered, match="cannot be unpacked"):
        file.seek(size)


def test_a_line_after_the_durable_head_is_not_believed(tmp_path: Path) -> None:
    written = build(tmp_path, [2])
    with open_segment(tmp_path).open("ab") as file:
        file.write(encode(event(6)) + b"\n")
    assert everything(tmp_path) == written


def test_a_head_line_that_counts_wrong_is_not_believed(tmp_path: Path) -> None:
    build(tmp_path, [2])
    with open_segment(tmp_path).open("ab") as file:
        file.write(encode(event(6)) + b"\n" + HeadLine(9, leaf_hash(b"")).line() + b"\n")
    with pytest.raises(LedgerTampered, match="9 records where there are 3"):
        everything(tmp_path)


@pytest.mark.parametrize("name", ["x.jsonl", "1.jsonl", f"{2:020d}.json", f".{2:020d}.jsonl", f"{2:020d}.jsonl.gz"])
def test_files_that_are_no_segments_are_not_read(tmp_path: Path, name: str) -> None:
    written = build(tmp_path, [2])
    (tmp_path / "ledger/0" / name).write_bytes(open_segment(tmp_path).read_bytes())
    assert everything(tmp_path) == written


def test_a_link_is_no_slot(tmp_path: Path) -> None:
    written = build(tmp_path, [2])
    (tmp_path / "ledger/1").symlink_to(tmp_path / "ledger/0")
    assert everything(tmp_path) == written


def test_a_link_is_no_segment(tmp_path: Path) -> None:
    written = build(tmp_path, [2])
    (tmp_path / "other").write_bytes(open_segment(tmp_path).read_bytes())
    (tmp_path / "ledger/0" / f"{2:020d}.jsonl").symlink_to(tmp_path / "other")
    assert everything(tmp_path) == written


@pytest.mark.parametrize(
    ("line", "error", "says"),
    [(b'{"v":2,"new":1}', RecordTooNew, "version 2"), (b'{"v":1}', HostileInput, "no record")],
)
def test_a_line_that_cannot_be_read_says_where_in_one_line(
    tmp_path: Path, line: bytes, error: type[Exception], says: str
) -> None:
    written = [encode(record) for record in build(tmp_path, [1])]
    head = HeadLine(2, root_of([leaf_hash(each) for each in [*written, line]])).line()
    with open_segment(tmp_path).open("ab") as file:
        file.write(line + b"\n" + head + b"\n")
    with pytest.raises(error, match=f"{says}.*jsonl, record 1") as refused:
        everything(tmp_path)
    assert "\n" not in str(refused.value)


def test_a_follower_sees_each_record_once_through_rotation_and_new_slots(tmp_path: Path) -> None:
    vault = open_vault(tmp_path)
    follower = Follower(tmp_path / "ledger", {})
    assert list(follower.new()) == []
    seen: list[Record] = []
    written: list[Record] = []
    rotating = LedgerOptions(segment_bytes=2000)
    with Ledger(tmp_path / "ledger", vault, rotating) as one, Ledger(tmp_path / "ledger", vault) as two:
        for number in range(10):
            for ledger in (one, two) if number % 3 == 0 else (one,):
                records = events(3)
                ledger.append(records)
                written += records
            seen += [record for _, record in follower.new()]
    assert list(follower.new()) == []
    assert sorted(record.id for record in seen) == sorted(record.id for record in written)


def test_following_begins_after_what_was_seen_and_ends_when_told(tmp_path: Path) -> None:
    written = build(tmp_path, [5])
    stop = threading.Event()
    found = []
    for position, record in follow(tmp_path / "ledger", {0: 2}, stop=stop, every_s=0.01):
        found.append((position, record))
        if position.index == 4:
            stop.set()
    assert found == [(Position(0, 3), written[3]), (Position(0, 4), written[4])]


def test_readers_see_only_whole_commits_while_a_writer_writes(tmp_path: Path) -> None:
    stop = threading.Event()

    def write() -> None:
        with Ledger(tmp_path / "ledger", open_vault(tmp_path), LedgerOptions(segment_bytes=100_000)) as ledger:
            while not stop.is_set():
                ledger.append(events(7))

    writer = threading.Thread(target=write)
    writer.start()
    try:
        sizes = []
        while len(sizes) < 30 or sizes[-1] < 700:
            sizes.append(len(everything(tmp_path)))
    finally:
        stop.set()
        writer.join()
    assert [size % 7 for size in sizes] == [0] * len(sizes)
    assert sizes == sorted(sizes)
