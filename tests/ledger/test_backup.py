import io
import json
import sqlite3
import tarfile
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
import zstandard

from bartizan.kernel import BartizanError, Event, Record, Stamp, UsageError
from bartizan.ledger import LedgerError, LedgerTampered, Payloads, Vault, read, verify
from bartizan.ledger.archive import archive
from bartizan.ledger.backup import backup
from bartizan.ledger.bundle import MANIFEST, is_plain
from bartizan.ledger.restore import restore
from bartizan.ledger.retain import Rule, retain
from tests.ledger.installed import STAMP, START, Installed, install_with_days


@pytest.fixture
def installed(tmp_path: Path) -> Installed:
    """Packed and plain segments, a retained one, a payload, a policy, and a state in WAL mode."""
    installed = install_with_days(tmp_path / "data")
    archive(installed.folder)
    ref = Payloads(installed.data / "payloads", installed.vault).put("main", b"a prompt")
    with installed.ledger() as ledger:
        ledger.append([STAMP(Event("late"), payload=ref) for _ in range(10)])
        retain(ledger, Rule(keep=timedelta(days=9)), now=START + timedelta(days=10), stamp=Stamp(actor="person:ada"))
        ledger.append([STAMP(Event("later"))])
    (installed.data / "policy").mkdir()
    (installed.data / "policy" / "main.cedar").write_text("permit (principal, action, resource);")
    with sqlite3.connect(installed.data / "state.db") as state:
        state.execute("pragma journal_mode = wal")
        state.execute("create table t as select 7 as a")
    state.close()
    return installed


def records(folder: Path) -> list[Record]:
    return [record for _, record in read(folder)]


def test_a_restored_installation_is_the_one_that_was_backed_up(installed: Installed, tmp_path: Path) -> None:
    made = backup(installed.data, tmp_path / "b.tar.zst")
    assert (tmp_path / "b.tar.zst").stat().st_mode & 0o777 == 0o600
    assert made.with_state
    into = tmp_path / "again"
    assert restore(made.path, into) == made.manifest
    assert records(into / "ledger") == records(installed.folder)
    vault = Vault.open(into / "vault", create=False)
    assert verify(into / "ledger", vault).faults == ()
    assert vault.id == installed.vault.id
    ref = next(record.payload for record in records(into / "ledger") if record.payload)
    assert Payloads(into / "payloads", vault).get(ref) == b"a prompt"
    assert (into / "policy" / "main.cedar").read_text() == "permit (principal, action, resource);"
    state = sqlite3.connect(into / "state.db")
    assert state.execute("select a from t").fetchall() == [(7,)]
    state.close()
    assert {path.stat().st_mode & 0o077 for path in into.rglob("*")} == {0}
    assert list(tmp_path.glob(".*")) == []


def test_a_restored_ledger_is_written_on(installed: Installed, tmp_path: Path) -> None:
    restore(backup(installed.data, tmp_path / "b.tar.zst").path, tmp_path / "again")
    again = Installed(tmp_path / "again", Vault.open(tmp_path / "again" / "vault", create=False))
    with again.ledger() as ledger:
        ledger.append([STAMP(Event("on"))])
    assert verify(again.folder, again.vault).faults == ()
    assert len(records(again.folder)) == len(records(installed.folder)) + 1


def test_any_tar_reads_a_backup_and_its_manifest_holds_every_digest(installed: Installed, tmp_path: Path) -> None:
    made = backup(installed.data, tmp_path / "b.tar.zst")
    content = zstandard.ZstdDecompressor().stream_reader(io.BytesIO(made.path.read_bytes())).read()
    with tarfile.open(fileobj=io.BytesIO(content)) as tar:
        names = tar.getnames()
        manifest = json.load(tar.extractfile(MANIFEST) or io.BytesIO())
    assert names[-1] == MANIFEST
    assert set(names[:-1]) == set(manifest["files"])
    assert not [name for name in names if "parquet" in name or name.endswith("lock")]


def test_a_backup_made_while_writers_write_is_whole(tmp_path: Path) -> None:
    installed = install_with_days(tmp_path / "data")
    stop, acknowledged = threading.Event(), []

    def write() -> None:
        with installed.ledger(segment_bytes=4000) as ledger:
            while not stop.is_set():
                batch = [STAMP(Event("busy", {"n": n})) for n in range(7)]
                ledger.append(batch)
                acknowledged.extend(record.id for record in batch)

    writers = [threading.Thread(target=write) for _ in range(2)]
    for writer in writers:
        writer.start()
    try:
        for number in range(4):
            before = list(acknowledged)
            made = backup(installed.data, tmp_path / f"{number}.tar.zst")
            restore(made.path, tmp_path / f"again-{number}")
            ids = {record.id for record in records(tmp_path / f"again-{number}" / "ledger")}
            assert ids.issuperset(before)
    finally:
        stop.set()
        for writer in writers:
            writer.join()


def test_a_torn_tail_is_not_backed_up(installed: Installed, tmp_path: Path) -> None:
    with installed.open_segment().open("ab") as file:
        file.write(b'{"v":1,"id":"torn')
    restore(backup(installed.data, tmp_path / "b.tar.zst").path, tmp_path / "again")
    copy = tmp_path / "again" / "ledger" / "0" / installed.open_segment().name
    assert installed.open_segment().read_bytes() == copy.read_bytes() + b'{"v":1,"id":"torn'


def test_a_backup_older_than_the_kept_note_is_refused_in_one_line(installed: Installed, tmp_path: Path) -> None:
    made = backup(installed.data, tmp_path / "b.tar.zst")
    kept = (installed.folder / "top").read_bytes()
    restore(made.path, tmp_path / "current", against=kept)
    with installed.ledger() as ledger:
        ledger.append([STAMP(Event("after.the-backup"))])
    later = (installed.folder / "top").read_bytes()
    with pytest.raises(LedgerTampered, match=r"the kept note covers \d+ records, and \d+ are here") as caught:
        restore(made.path, tmp_path / "older", against=later)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "older").exists()


def test_an_older_ledger_beside_a_newer_vault_is_refused_at_the_next_append(
    installed: Installed, tmp_path: Path
) -> None:
    restore(backup(installed.data, tmp_path / "b.tar.zst").path, tmp_path / "again")
    with installed.ledger() as ledger:
        ledger.append([STAMP(Event("after.the-backup"))])
    rolled_back = Installed(tmp_path / "again", installed.vault)
    with rolled_back.ledger() as ledger, pytest.raises(LedgerTampered, match="do not continue its checkpoint"):
        ledger.append([STAMP(Event("on"))])


def test_a_note_of_another_installation_is_refused(installed: Installed, tmp_path: Path) -> None:
    other = install_with_days(tmp_path / "other")
    made = backup(installed.data, tmp_path / "b.tar.zst")
    with pytest.raises(LedgerTampered, match="the kept note cannot be trusted"):
        restore(made.path, tmp_path / "again", against=(other.folder / "top").read_bytes())


def test_a_restore_never_touches_a_folder_that_holds_something(installed: Installed, tmp_path: Path) -> None:
    made = backup(installed.data, tmp_path / "b.tar.zst")
    full = tmp_path / "full"
    full.mkdir()
    (full / "mine").write_text("x")
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    for data in (full, installed.data, full / "mine", tmp_path / "link"):
        with pytest.raises(UsageError, match="empty folder only"):
            restore(made.path, data)
    assert (full / "mine").read_text() == "x"
    (tmp_path / "empty").mkdir()
    restore(made.path, tmp_path / "empty")


def test_a_backup_never_replaces_a_file(installed: Installed, tmp_path: Path) -> None:
    (tmp_path / "b").write_text("mine")
    with pytest.raises(UsageError, match="exists already"):
        backup(installed.data, tmp_path / "b")
    assert (tmp_path / "b").read_text() == "mine"
    with pytest.raises(UsageError, match="no folder"):
        backup(installed.data, tmp_path / "none" / "b")
    with pytest.raises(LedgerError, match="no installation"):
        backup(tmp_path / "none", tmp_path / "c")


def test_a_link_among_the_files_is_not_followed(installed: Installed, tmp_path: Path) -> None:
    (installed.data / "policy" / "more.cedar").symlink_to("/etc/passwd")
    with pytest.raises(LedgerError, match="a link lies"):
        backup(installed.data, tmp_path / "b")
    assert list(tmp_path.glob("*b*")) == []


def hostile(name: str, kind: bytes = tarfile.REGTYPE, content: bytes = b"x", size: int | None = None) -> bytes:
    entry = tarfile.TarInfo(name)
    entry.type, entry.linkname, entry.size = kind, "/etc/passwd" if kind != tarfile.REGTYPE else "", len(content)
    if size is not None:
        entry.size = size
    return entry.tobuf(tarfile.GNU_FORMAT if size else tarfile.USTAR_FORMAT) + content + bytes(-len(content) % 512)


MANY = "/".join("a" * 12)
HOSTILE: dict[str, Callable[[], bytes]] = {
    "absolute": lambda: hostile("/ledger/x"),
    "up": lambda: hostile("ledger/../../x"),
    "dot": lambda: hostile("ledger/./x"),
    "empty part": lambda: hostile("ledger//x"),
    "backslash": lambda: hostile("ledger\\..\\x"),
    "odd character": lambda: hostile("ledger/a\nb"),
    "other place": lambda: hostile("home/x"),
    "a part as a file": lambda: hostile("ledger"),
    "deep": lambda: hostile(f"ledger/{MANY}"),
    "symbolic link": lambda: hostile("ledger/x", tarfile.SYMTYPE, b""),
    "hard link": lambda: hostile("ledger/x", tarfile.LNKTYPE, b""),
    "device": lambda: hostile("ledger/x", tarfile.CHRTYPE, b""),
    "pipe": lambda: hostile("ledger/x", tarfile.FIFOTYPE, b""),
    "folder": lambda: hostile("ledger/x", tarfile.DIRTYPE, b""),
    "long name": lambda: hostile("ledger/x", tarfile.GNUTYPE_LONGNAME, b""),
    "extended header": lambda: hostile("ledger/x", tarfile.XHDTYPE, b""),
    "sparse": lambda: hostile("ledger/x", tarfile.GNUTYPE_SPARSE, b""),
    "twice": lambda: hostile("ledger/x") * 2,
    "file over folder": lambda: hostile("ledger/x") + hostile("ledger/x/y"),
    "folder over file": lambda: hostile("ledger/x/y") + hostile("ledger/x"),
    "too large": lambda: hostile("ledger/x", size=(1 << 33) - 1),
    "far too large": lambda: hostile("ledger/x", size=1 << 60),
    "no manifest": lambda: hostile("ledger/x") + bytes(1024),
    "manifest of nothing": lambda: hostile(MANIFEST, content=b"{}"),
    "manifest too new": lambda: hostile(MANIFEST, content=b'{"v":2,"made":"","files":{},"heads":{}}'),
    "manifest that lacks a file": lambda: (
        hostile("ledger/x") + hostile(MANIFEST, content=b'{"made":"","files":{},"heads":{}}')
    ),
    "bad checksum": lambda: hostile("ledger/x").replace(b"ledger", b"ladger"),
    "noise": lambda: b"noise" * 300,
    "nothing": lambda: b"",
    "padding with content": lambda: hostile("ledger/x")[:-1] + b"x" + hostile(MANIFEST),
}


@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_archive_is_refused_in_one_line_and_leaves_nothing(
    tmp_path: Path, content: Callable[[], bytes]
) -> None:
    path = tmp_path / "b"
    path.write_bytes(zstandard.compress(content()))
    with pytest.raises(BartizanError) as caught:
        restore(path, tmp_path / "in" / "data")
    assert "\n" not in str(caught.value)
    assert list((tmp_path / "in").iterdir()) == []
    assert sorted(tmp_path.iterdir()) == [path, tmp_path / "in"]


def test_a_file_that_is_no_archive_is_refused(tmp_path: Path) -> None:
    (tmp_path / "b").write_bytes(b"PK\x03\x04 no zstd")
    with pytest.raises(BartizanError, match="cannot be unpacked"):
        restore(tmp_path / "b", tmp_path / "data")
    with pytest.raises(UsageError, match="no such backup"):
        restore(tmp_path / "none", tmp_path / "data")


def test_any_changed_byte_of_a_backup_is_found(installed: Installed, tmp_path: Path) -> None:
    made = backup(installed.data, tmp_path / "b")
    content = zstandard.ZstdDecompressor().stream_reader(io.BytesIO(made.path.read_bytes())).read()
    for at in range(0, len(content) - 1024, max(1, len(content) // 12)):
        changed = content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]
        (tmp_path / "c").write_bytes(zstandard.compress(changed))
        try:
            restore(tmp_path / "c", tmp_path / f"at-{at}")
        except BartizanError:
            continue
        assert records(tmp_path / f"at-{at}" / "ledger") == records(installed.folder)  # the manifest's own date


@pytest.mark.parametrize("name", ["", ".", "..", "a/..", "a/", "/a", "a\\b", "a b", "a" * 129, "é", "a\0"])
def test_names_that_are_not_plain(name: str) -> None:
    assert not is_plain(name)


def test_a_slot_that_a_writer_has_just_taken_is_no_part_of_a_backup(installed: Installed, tmp_path: Path) -> None:
    (installed.folder / "7").mkdir(mode=0o700)
    (installed.folder / "7" / "lock").touch(mode=0o600)
    made = backup(installed.data, tmp_path / "b.tar.zst")
    assert made.manifest.heads["7"] == 0
    restore(made.path, tmp_path / "again")
    assert records(tmp_path / "again" / "ledger") == records(installed.folder)


def test_a_backup_tells_how_far_it_is(installed: Installed, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    backup(installed.data, tmp_path / "b", progress=lambda done, total: told.append((done, total)))
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert len({total for _, total in told}) == 1
    assert told[-1][0] > len(installed.closed())
