import os
import shutil
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bartizan.kernel import Event, encode
from bartizan.ledger import Ledger, LedgerError, LedgerOptions, LedgerTampered, Vault, verify
from bartizan.ledger.merkle import leaf_hash, root_of
from bartizan.ledger.segment import HeadLine
from bartizan.ledger.writer import set_aside
from tests.ledger.build import build, event, events, everything, names, open_segment, open_vault


def append_one(home: Path, vault: Vault | None = None) -> None:
    with Ledger(home / "ledger", vault or open_vault(home)) as ledger:
        ledger.append([event(99)])


def forged(lines: list[bytes], before: list[bytes]) -> bytes:
    """A commit as anyone could write it who knows the format and not the vault."""
    leaves = [leaf_hash(line) for line in before + lines]
    return b"\n".join([*lines, HeadLine(len(leaves), root_of(leaves), "0" * 64).line(), b""])


def crash(home: Path, commits: list[int]) -> None:
    """Leaves a ledger as `kill -9` would: nothing signed since the slot was made."""
    vault = open_vault(home)
    child = os.fork()
    if child == 0:
        ledger = Ledger(home / "ledger", vault)
        for count in commits:
            ledger.append(events(count))
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0


@pytest.mark.parametrize("tail", [b"{", b'{"v":1}\n', b'{"v":1}\n{"head":{"size":3', b"\0" * 5000, b"\n\n\n"])
def test_a_torn_tail_is_cut_and_recorded(tmp_path: Path, tail: bytes) -> None:
    written = build(tmp_path, [2])
    with open_segment(tmp_path).open("ab") as file:
        file.write(tail)
    assert everything(tmp_path) == written
    append_one(tmp_path)
    assert names(tmp_path) == ["test.event", "test.event", "ledger.tail-cut", "test.event"]
    told = everything(tmp_path)[2].body
    assert isinstance(told, Event)
    assert told.data == {"slot": 0, "size": 2, "bytes": len(tail)}
    assert verify(tmp_path / "ledger", open_vault(tmp_path)).sound


def test_a_last_commit_whose_pages_were_half_written_is_cut(tmp_path: Path) -> None:
    crash(tmp_path, [2, 3])
    content = open_segment(tmp_path).read_bytes()
    third = content.index(b'{"v":', content.index(b'{"head":'))
    open_segment(tmp_path).write_bytes(content[:third] + bytes(50) + content[third + 50 :])
    append_one(tmp_path)
    assert names(tmp_path) == ["test.event", "test.event", "ledger.tail-cut", "test.event"]


def test_every_acknowledged_record_of_a_killed_process_is_kept(tmp_path: Path) -> None:
    crash(tmp_path, [2, 3])
    append_one(tmp_path)
    assert names(tmp_path) == ["test.event"] * 6
    assert verify(tmp_path / "ledger", open_vault(tmp_path)).sound


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("closed")
    build(home, [2, 3, 1])
    return home


@settings(max_examples=60)
@given(data=st.data())
def test_the_signer_refuses_every_byte_rewritten_before_the_checkpoint(closed: Path, data: st.DataObject) -> None:
    original = open_segment(closed).read_bytes()
    content = bytearray(original)
    content[data.draw(st.integers(0, len(content) - 1))] ^= data.draw(st.integers(1, 255))
    open_segment(closed).write_bytes(bytes(content))
    try:
        with pytest.raises(LedgerTampered) as refused:
            append_one(closed)
        assert "\n" not in str(refused.value)
    finally:
        open_segment(closed).write_bytes(original)


def test_lines_planted_by_one_without_the_vault_are_not_signed(tmp_path: Path) -> None:
    written = [encode(record) for record in build(tmp_path, [2])]
    with open_segment(tmp_path).open("ab") as file:
        file.write(forged([b'{"v":1,"planted":1}'], written))
        file.write(forged([b'{"v":1,"planted":2}'], [*written, b'{"v":1,"planted":1}']))
    with pytest.raises(LedgerTampered, match="not written by this installation"):
        append_one(tmp_path)


def test_one_planted_commit_is_cut_like_any_torn_tail(tmp_path: Path) -> None:
    written = [encode(record) for record in build(tmp_path, [2])]
    with open_segment(tmp_path).open("ab") as file:
        file.write(forged([encode(event(7))], written))
    append_one(tmp_path)
    assert names(tmp_path) == ["test.event", "test.event", "ledger.tail-cut", "test.event"]


def test_a_planted_segment_is_not_continued(tmp_path: Path) -> None:
    written = [encode(record) for record in build(tmp_path, [2])]
    planted = tmp_path / "ledger/0" / f"{2:020d}.jsonl"
    planted.write_bytes(
        forged([b'{"v":1,"planted":1}'], written) + forged([b'{"v":1}'], [*written, b'{"v":1,"planted":1}'])
    )
    with pytest.raises(LedgerTampered):
        append_one(tmp_path)


@pytest.mark.parametrize("first", [1, 3, 1000])
def test_a_segment_planted_out_of_sequence_is_refused_by_writer_and_readers(tmp_path: Path, first: int) -> None:
    build(tmp_path, [2])
    (tmp_path / "ledger/0" / f"{first:020d}.jsonl").write_bytes(encode(event(6)) + b"\n")
    with pytest.raises(LedgerTampered):
        append_one(tmp_path)
    with pytest.raises(LedgerTampered, match="must follow"):
        everything(tmp_path)


def test_a_rewritten_history_with_a_right_tree_is_not_signed(tmp_path: Path) -> None:
    build(tmp_path, [2])
    open_segment(tmp_path).write_bytes(forged([encode(event(7)), encode(event(8))], []))
    with pytest.raises(LedgerTampered, match=r"do not continue|not written"):
        append_one(tmp_path)


def test_a_ledger_rolled_back_with_its_checkpoint_is_refused_by_the_vaults_memory(tmp_path: Path) -> None:
    build(tmp_path, [2])
    shutil.copytree(tmp_path / "ledger", tmp_path / "old")
    build(tmp_path, [2])
    shutil.rmtree(tmp_path / "ledger")
    (tmp_path / "old").rename(tmp_path / "ledger")
    with pytest.raises(LedgerTampered, match="checkpoint of 4 records"):
        append_one(tmp_path)


def test_a_slot_that_lost_its_files_is_refused(tmp_path: Path) -> None:
    build(tmp_path, [2])
    shutil.rmtree(tmp_path / "ledger/0")
    with pytest.raises(LedgerTampered, match="held 2 records"):
        append_one(tmp_path)


def test_a_slot_that_was_set_aside_is_never_taken_again(tmp_path: Path) -> None:
    written = build(tmp_path, [2])
    vault = open_vault(tmp_path)
    content = open_segment(tmp_path).read_bytes()
    open_segment(tmp_path).write_bytes(content.replace(b"test.event", b"tent.event"))
    with pytest.raises(LedgerTampered, match="set-aside"):
        append_one(tmp_path)
    aside = set_aside(tmp_path / "ledger", vault, 0)
    assert (aside / "checkpoint").exists()
    append_one(tmp_path)
    assert names(tmp_path) == ["test.event"]
    assert [path.name for path in (tmp_path / "ledger").glob("[0-9]")] == ["1"]
    faults = verify(tmp_path / "ledger", vault).faults
    assert [(fault.slot, f"covers {len(written)} records, and 0 are here" in fault.what) for fault in faults] == [
        (0, True)
    ]
    with pytest.raises(LedgerError, match="there is no slot 0"):
        set_aside(tmp_path / "ledger", vault, 0)
    with Ledger(tmp_path / "ledger", vault) as ledger:
        ledger.append([event(1)])
        with pytest.raises(LedgerError, match="slot 1 is being written to"):
            set_aside(tmp_path / "ledger", vault, 1)


def test_a_slot_that_is_a_link_is_not_written_to(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "ledger").mkdir()
    (tmp_path / "ledger/0").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(LedgerTampered, match="is a link"):
        append_one(tmp_path)
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_segments_that_were_never_signed_are_refused(tmp_path: Path) -> None:
    build(tmp_path, [2])
    (tmp_path / "ledger/0/checkpoint").unlink()
    (tmp_path / "vault/heads/0").unlink()
    with pytest.raises(LedgerTampered, match="never signed"):
        append_one(tmp_path)


def test_a_checkpoint_of_another_installation_is_refused(tmp_path: Path) -> None:
    build(tmp_path, [2])
    other = Vault.open(tmp_path / "other")
    (tmp_path / "ledger/0/checkpoint").write_bytes(other.sign(f"{other.origin('0')}\n0\n{'A' * 43}=\n"))
    with pytest.raises(LedgerTampered, match="not this vault's"):
        append_one(tmp_path)


def test_closed_segments_count_by_their_hashes_and_changed_hashes_are_refused(tmp_path: Path) -> None:
    build(tmp_path, [300, 300, 5], LedgerOptions(segment_bytes=50_000))
    tiles = sorted((tmp_path / "ledger/0").glob("*.tiles"))
    assert len(tiles) == 2
    tiles[0].unlink()
    build(tmp_path, [1], LedgerOptions(segment_bytes=50_000))  # computed again from the lines
    changed = bytearray(tiles[1].read_bytes())
    changed[-1] ^= 1
    tiles[1].write_bytes(bytes(changed))
    with pytest.raises(LedgerTampered):
        append_one(tmp_path)


def test_records_after_a_crash_between_closing_and_opening_a_segment_go_on(tmp_path: Path) -> None:
    build(tmp_path, [3, 4], LedgerOptions(segment_bytes=1))
    open_segment(tmp_path).unlink()  # it was empty: as if the crash came just before it was made
    build(tmp_path, [2])
    assert len(everything(tmp_path)) == 9
    assert verify(tmp_path / "ledger", open_vault(tmp_path)).sound
