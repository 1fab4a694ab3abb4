import hashlib
from pathlib import Path

import pytest
import zstandard

from bartizan.ledger import LedgerError, read, verify
from bartizan.ledger.archive import archive, archiving
from bartizan.ledger.inventory import filed
from tests.ledger.installed import Installed, install_with_days


@pytest.fixture
def installed(tmp_path: Path) -> Installed:
    return install_with_days(tmp_path)


def test_closed_segments_are_packed_to_the_same_bytes_and_the_open_one_is_left(installed: Installed) -> None:
    before = {path.name: path.read_bytes() for path in installed.closed()}
    growing = installed.open_segment()
    done = archive(installed.folder)
    assert [path.name for path in done.packed] == [f"{name}.zst" for name in before]
    assert done.refused == ()
    for path in done.packed:
        unpacked = zstandard.ZstdDecompressor().decompressobj().decompress(path.read_bytes())
        assert unpacked == before[path.name.removesuffix(".zst")]
    assert installed.open_segment() == growing
    assert [each.segment.packed for each in filed(installed.folder)] == [True] * len(before) + [False]


def test_a_packed_ledger_reads_and_verifies_as_before(installed: Installed) -> None:
    before = list(read(installed.folder))
    archive(installed.folder)
    assert list(read(installed.folder)) == before
    assert verify(installed.folder, installed.vault).faults == ()


def test_a_second_run_finds_nothing_to_do(installed: Installed) -> None:
    archive(installed.folder)
    again = archive(installed.folder)
    assert (again.packed, again.viewed, again.refused) == ((), (), ())


def test_a_killed_run_is_finished_by_the_next_and_its_drafts_go(installed: Installed) -> None:
    plain = installed.closed()[0]
    packed = plain.with_name(plain.name + ".zst")
    packed.write_bytes(zstandard.compress(plain.read_bytes()))
    draft = plain.with_name(f".{plain.name}.zst.0123.draft")
    draft.write_bytes(b"half")
    done = archive(installed.folder)
    assert packed in done.packed
    assert not plain.exists()
    assert not draft.exists()


def test_a_packed_form_that_differs_costs_neither_copy(installed: Installed) -> None:
    plain = installed.closed()[0]
    packed = plain.with_name(plain.name + ".zst")
    content = plain.read_bytes()
    for other in (zstandard.compress(content.replace(b"day.0", b"day.9")), zstandard.compress(content)[:-9], b"junk"):
        packed.write_bytes(other)
        done = archive(installed.folder)
        assert [line for line in done.refused if "differ" in line] != []
        assert plain.read_bytes() == content
        assert packed.read_bytes() == other


def test_a_closed_segment_with_a_torn_tail_is_refused_and_the_others_are_packed(installed: Installed) -> None:
    first, *others = installed.closed()
    with first.open("ab") as file:
        file.write(b'{"v":1,"id":"torn')
    done = archive(installed.folder)
    assert [line for line in done.refused if "does not end in a head line" in line] != []
    assert first.exists()
    assert len(done.packed) == len(others)


def test_a_full_disk_keeps_the_plain_segment(installed: Installed, monkeypatch: pytest.MonkeyPatch) -> None:
    archive(installed.folder)
    with installed.ledger() as ledger:
        ledger.append([record for _, record in read(installed.folder)])
    plain = [path for path in installed.closed() if path.suffix == ".jsonl"]
    digests = {path: hashlib.sha256(path.read_bytes()).digest() for path in plain}

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    done = archive(installed.folder)
    monkeypatch.undo()
    assert done.packed == ()
    assert all("No space left" in line for line in done.refused)
    assert digests != {}
    assert {path: hashlib.sha256(path.read_bytes()).digest() for path in plain} == digests
    assert list(installed.folder.rglob("*.draft")) == []


def test_only_one_process_archives_at_a_time(installed: Installed) -> None:
    with archiving(installed.folder) as alone:
        assert alone
        assert archive(installed.folder).busy
    assert not archive(installed.folder).busy


def test_a_folder_without_a_ledger_is_an_error_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match="there is no ledger"):
        archive(tmp_path / "none")
