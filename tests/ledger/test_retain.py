from datetime import timedelta
from pathlib import Path

import pytest

from bartizan.kernel import Event, Stamp, UsageError
from bartizan.ledger import LedgerError, LedgerTampered, read, verify
from bartizan.ledger.archive import archive, archiving
from bartizan.ledger.parquet import view_files
from bartizan.ledger.query import query
from bartizan.ledger.retain import Retained, Rule, retain
from tests.ledger.installed import START, Installed, dated, install, install_with_days

NOW = START + timedelta(days=10)
WHO = Stamp(actor="person:ada")


def run(installed: Installed, rule: Rule, *, dry_run: bool = False) -> Retained:
    with installed.ledger() as ledger:
        return retain(ledger, rule, now=NOW, stamp=WHO, dry_run=dry_run)


@pytest.fixture(params=["plain", "packed"])
def installed(request: pytest.FixtureRequest, tmp_path: Path) -> Installed:
    installed = install_with_days(tmp_path)
    if request.param == "packed":
        archive(installed.folder)
    return installed


def test_what_is_too_old_goes_and_the_rest_still_verifies(installed: Installed) -> None:
    before = [(at, record) for at, record in read(installed.folder)]
    done = run(installed, Rule(keep=timedelta(days=8, hours=1)))
    assert [(gone.slot, gone.first, gone.last) for gone in done.gone] == [(0, 0, 9), (0, 10, 19)]
    found = verify(installed.folder, installed.vault)
    assert found.faults == ()
    kept = [(at, record) for at, record in read(installed.folder) if record.actor != "person:ada"]
    assert kept == before[20:]


def test_each_removal_is_stated_in_the_ledger_and_signed_beside_it(installed: Installed) -> None:
    import hashlib

    first = installed.closed()[0]
    plain = first.read_bytes() if first.suffix == ".jsonl" else None
    done = run(installed, Rule(keep=timedelta(days=9, hours=1)))
    (gone,) = done.gone
    statements = [record for _, record in read(installed.folder) if record.actor == "person:ada"]
    assert [record.body for record in statements] == [gone.event()]
    assert gone.event().data.keys() == {"slot", "first", "last", "root", "digest", "bytes"}
    note = (installed.folder / "0" / f"{0:020d}.gone").read_bytes()
    assert installed.vault.open_note(note, "0/gone") == gone.text(installed.vault.origin("0/gone"))
    if plain is not None:
        assert gone.digest == hashlib.sha256(plain).hexdigest()


def test_the_parquet_files_of_what_went_go_too_and_queries_show_the_rest(installed: Installed) -> None:
    archive(installed.folder)
    run(installed, Rule(keep=timedelta(days=8, hours=1)))
    assert sorted(first for _, first in view_files(installed.folder)) == [20, 30]
    assert query(installed.folder, "select min(index), count(*) from records").rows == [[20, 23]]


def test_the_oldest_go_until_the_rest_fits(installed: Installed) -> None:
    sizes = [path.stat().st_size for path in installed.closed()]
    room = sum(sizes) + installed.open_segment().stat().st_size
    done = run(installed, Rule(max_bytes=room - sizes[0] - 1))
    assert [gone.first for gone in done.gone] == [0, 10]
    assert done.freed_bytes == sizes[0] + sizes[1]


def test_a_dry_run_tells_and_changes_nothing(installed: Installed) -> None:
    before = sorted(path for path in installed.data.rglob("*.jsonl*"))
    done = run(installed, Rule(keep=timedelta(0)), dry_run=True)
    assert len(done.gone) == 4
    assert sorted(path for path in installed.data.rglob("*.jsonl*")) == before
    assert run(installed, Rule(keep=timedelta(0))).gone == done.gone


def test_the_open_segment_always_stays_and_the_ledger_goes_on(installed: Installed) -> None:
    run(installed, Rule(keep=timedelta(0), max_bytes=0))
    assert min(int(path.name[:20]) for path in installed.folder.glob("0/*.jsonl*")) == 40  # the statements stay
    with installed.ledger() as ledger:
        ledger.append([dated(Event("later"), NOW) for _ in range(20)])
    found = verify(installed.folder, installed.vault)
    assert (found.faults, found.records) == ((), 40 + 1 + 4 + 20)


def test_changes_of_state_stay_unless_told_otherwise(tmp_path: Path) -> None:
    installed = install(tmp_path)
    with installed.ledger() as ledger:
        for day in range(3):
            rev = 1 if day == 1 else None
            ledger.append([dated(Event("day"), START + timedelta(days=day), rev=rev) for _ in range(10)])
    kept = run(installed, Rule(keep=timedelta(days=1)))
    assert [gone.first for gone in kept.gone] == [0]
    assert [line for line in kept.stayed if "changes of state" in line] == list(kept.stayed) != []
    assert [gone.first for gone in run(installed, Rule(keep=timedelta(days=1), with_changes=True)).gone] == [10, 20]
    assert verify(installed.folder, installed.vault).faults == ()


def test_a_changed_segment_does_not_go_as_if_it_were_sound(tmp_path: Path) -> None:
    installed = install_with_days(tmp_path)
    segment = installed.closed()[0]
    segment.write_bytes(segment.read_bytes().replace(b'"n":3', b'"n":4'))
    with pytest.raises(LedgerTampered, match="not what it was"):
        run(installed, Rule(keep=timedelta(days=1)))
    assert segment.exists()


def test_a_removal_without_a_signed_statement_is_found(tmp_path: Path) -> None:
    installed = install_with_days(tmp_path)
    run(installed, Rule(keep=timedelta(days=8, hours=1)))
    stated = installed.folder / "0" / f"{0:020d}.gone"
    note = stated.read_bytes()
    stated.unlink()
    assert verify(installed.folder, installed.vault).faults != ()
    stated.write_bytes(note)
    assert verify(installed.folder, installed.vault).faults == ()
    installed.closed()[0].unlink()
    assert verify(installed.folder, installed.vault).faults != ()


@pytest.mark.parametrize("rule", [Rule(), Rule(keep=timedelta(days=-1)), Rule(max_bytes=-1)])
def test_a_senseless_rule_is_refused(tmp_path: Path, rule: Rule) -> None:
    with pytest.raises(UsageError):
        run(install_with_days(tmp_path), rule)


def test_retention_waits_for_nobody(tmp_path: Path) -> None:
    installed = install_with_days(tmp_path)
    with archiving(installed.folder), pytest.raises(LedgerError, match="another process"):
        run(installed, Rule(max_bytes=0))


def test_a_statement_about_another_segment_does_not_excuse_a_missing_one(tmp_path: Path) -> None:
    installed = install_with_days(tmp_path)
    run(installed, Rule(keep=timedelta(days=9, hours=1)))
    note = (installed.folder / "0" / f"{0:020d}.gone").read_bytes()
    installed.closed()[0].unlink()
    (installed.folder / "0" / f"{10:020d}.gone").write_bytes(note)
    assert verify(installed.folder, installed.vault).faults != ()
