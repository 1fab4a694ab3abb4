import json
import tempfile
from pathlib import Path

import duckdb
import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bartizan.kernel import Record, encode
from bartizan.ledger import Ledger, Vault, read
from bartizan.ledger.archive import archive
from bartizan.ledger.parquet import COLUMNS, select_lines, view_files
from bartizan.ledger.query import Limits, query
from tests.kernel.strategies import RECORDS
from tests.ledger.installed import START, install_with_days


def test_there_is_one_file_per_closed_segment_in_the_folder_of_its_day(tmp_path: Path) -> None:
    installed = install_with_days(tmp_path)
    archive(installed.folder)
    names = sorted(path.relative_to(installed.folder).as_posix() for path in view_files(installed.folder).values())
    starts = [record.id.replace("-", "")[:12] for _, record in read(installed.folder)]
    spans = [f"{starts[10 * day]}-{starts[10 * day + 9]}" for day in range(4)]
    assert names == [
        f"parquet/2026-11-{2 + day:02d}/0-{10 * day:020d}.{span}.parquet" for day, span in enumerate(spans)
    ]
    assert START.date().isoformat() == "2026-11-02"


def test_the_view_can_be_thrown_away_and_made_again(tmp_path: Path) -> None:
    installed = install_with_days(tmp_path)
    archive(installed.folder)
    sql = "select * from records order by slot, index"
    before = query(installed.folder, sql)
    for path in view_files(installed.folder).values():
        path.unlink()
    assert query(installed.folder, sql) == before
    assert len(archive(installed.folder).viewed) == len(installed.closed())
    assert query(installed.folder, sql) == before


def test_a_view_of_another_layout_is_made_again(tmp_path: Path) -> None:
    installed = install_with_days(tmp_path)
    archive(installed.folder)
    (installed.folder / "parquet" / "layout").write_text("0")
    assert len(archive(installed.folder).viewed) == len(installed.closed())


def test_a_file_of_the_view_whose_segment_is_no_more_goes(tmp_path: Path) -> None:
    installed = install_with_days(tmp_path)
    archive(installed.folder)
    stray = next(iter(view_files(installed.folder).values())).with_name(f"0-{999:020d}.{1:012x}-{2:012x}.parquet")
    stray.write_bytes(b"x")
    archive(installed.folder)
    assert not stray.exists()


def test_columns_have_the_declared_types(tmp_path: Path) -> None:
    installed = install_with_days(tmp_path)
    archive(installed.folder)
    described = query(installed.folder, "describe records").rows
    assert {row[0]: row[1] for row in described} == COLUMNS
    file = next(iter(view_files(installed.folder).values()))
    with duckdb.connect() as session:
        found = session.execute(f"describe select * from '{file}'").fetchall()
    assert {row[0]: row[1] for row in found} == COLUMNS


@settings(max_examples=30, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(RECORDS, min_size=1, max_size=5))
def test_a_record_is_the_same_in_sql(records: list[Record]) -> None:
    with tempfile.NamedTemporaryFile(suffix=".jsonl") as file, duckdb.connect() as session:
        file.write(b"".join(encode(record) + b"\n" for record in records))
        file.write(b'{"head":{"size":1,"root":"47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="}}\n')
        file.flush()
        session.execute(select_lines(file.name, 3, 40))
        names = [column[0] for column in session.description or ()]
        rows = [dict(zip(names, row, strict=True)) for row in session.fetchall()]
    assert [(row["slot"], row["index"]) for row in rows] == [(3, 40 + n) for n in range(len(records))]
    for row, record in zip(rows, records, strict=True):
        written = json.loads(encode(record))
        body = written.pop("body")
        assert json.loads(row["body"]) == body
        assert str(row["id"]) == record.id
        assert [str(cause) for cause in row["causes"]] == list(record.causes)
        assert row["at"] == record.at.replace(tzinfo=None)
        for name in ("v", "tenant", "rev", "control", "asset", "actor", "payload"):
            assert row[name] == written.get(name)
        for name in ("kind", "name", "rule", "severity", "score", "fingerprint", "said", "did"):
            assert row[name] == body.get(name)


def test_everything_read_is_in_the_view_packed_or_not(tmp_path: Path) -> None:
    installed = install_with_days(tmp_path, days=6)
    expected = [[at.slot, at.index, record.id] for at, record in read(installed.folder)]
    sql = "select slot, index, id from records order by slot, index"
    assert query(installed.folder, sql).rows == expected
    archive(installed.folder)
    with installed.ledger() as ledger:
        ledger.append([record for _, record in read(installed.folder)][:3])
    expected = [[at.slot, at.index, record.id] for at, record in read(installed.folder)]
    assert query(installed.folder, sql, limits=Limits(rows=len(expected))).rows == expected


def test_segments_of_several_slots_are_kept_apart(tmp_path: Path) -> None:
    installed = install_with_days(tmp_path)
    vault = Vault.open(tmp_path / "vault")
    record = next(record for _, record in read(installed.folder))
    with installed.ledger() as held, Ledger(installed.folder, vault) as other:
        held.append([msgspec.structs.replace(record, tenant="first")])
        other.append([msgspec.structs.replace(record, tenant="second")])
        found = query(installed.folder, "select slot, tenant from records where tenant != 'main' order by slot").rows
    assert found == [[0, "first"], [1, "second"]]
