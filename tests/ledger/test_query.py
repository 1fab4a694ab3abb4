import hashlib
import json
import os
import threading
from datetime import timedelta
from pathlib import Path

import pytest

from bartizan.kernel import BartizanError, Event, Finding, OutOfBudget, Severity, UsageError
from bartizan.ledger import LedgerError
from bartizan.ledger.archive import archive
from bartizan.ledger.query import Contained, Limits, query
from tests.ledger.installed import STAMP, START, Installed, dated, install_with_days

HOSTILE = {
    "a number that JSON has not": "select 1e400",
    "copy out": "copy (select 1) to '{segment}'",
    "copy records": "copy records to '{segment}' (format csv)",
    "export": "export database '{folder}/x'",
    "import": "import database '{folder}'",
    "attach": "attach '{folder}/new.db' as a",
    "attach passwd": "attach '/etc/passwd' as a (read_only)",
    "install": "install httpfs",
    "load": "load httpfs",
    "read_text": "select * from read_text('/etc/passwd')",
    "read_text of the ledger": "select * from read_text('{segment}')",
    "read_blob": "select * from read_blob('/etc/passwd')",
    "read_csv": "select * from read_csv('/etc/passwd')",
    "sniff_csv": "select * from sniff_csv('/etc/passwd')",
    "read_json": "select * from read_json('/etc/passwd')",
    "file as a table": "select * from '/etc/passwd'",
    "segment as a table": "select * from '{segment}'",
    "glob": "select * from glob('/*')",
    "nested": "select (select content from read_text('/etc/passwd'))",
    "in a cte": "with a as (from read_text('/etc/passwd')) select * from a",
    "by query()": "select * from query('select * from read_text(''/etc/passwd'')')",
    "by query_table()": "select * from query_table('duckdb_settings')",
    "by serialized sql": "select * from json_execute_serialized_sql(json_serialize_sql('select 1'))",
    "pointer": "select * from arrow_scan(1, 2, 3)",
    "pandas pointer": "select * from pandas_scan(140000000000)",
    "pragma": "pragma enable_profiling",
    "pragma as select": "pragma version",
    "set": "set memory_limit = '100GB'",
    "set external access": "set enable_external_access = true",
    "reset": "reset memory_limit",
    "call": "call enable_logging()",
    "create": "create table t as select 1",
    "create view": "create or replace view records as select 1",
    "drop": "drop view records",
    "delete": "delete from tail",
    "insert": "insert into tail select * from records",
    "tail itself": "select * from tail",
    "settings": "select * from duckdb_settings()",
    "secrets": "select * from duckdb_secrets()",
    "catalog": "select * from information_schema.tables",
    "getenv": "select getenv('HOME')",
    "two statements": "select 1; drop view records",
    "hidden second": "select 1; copy (select 1) to '{segment}'",
    "transaction": "rollback",
    "prepare": "prepare p as select 1",
    "explain": "explain analyze copy (select 1) to '{segment}'",
    "pivot": "pivot records on kind",
    "python variable": "select * from session",
    "nothing": "",
    "too long": "select " + "1," * 60_000 + "1",
    "no sql": "\x00\xff'",
}


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """Two days in Parquet, two days packed or plain without it, and an open segment with a torn tail."""
    installed = install_with_days(tmp_path_factory.mktemp("data"), days=3)
    archive(installed.folder)
    with installed.ledger() as ledger:
        ledger.append([dated(Event(f"day.{day}"), START + timedelta(days=day)) for day in range(3, 12)])
        ledger.append([STAMP(Finding(rule="a.b", severity=Severity.HIGH, message="\x1b[31mred\x07"))])
    with installed.open_segment().open("ab") as file:
        file.write(b'{"v":1,"id":"never acknowledged')
    return installed


def contents(folder: Path) -> dict[str, str]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.mark.parametrize("sql", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_sql_is_one_error_line_and_changes_nothing(installed: Installed, sql: str) -> None:
    before = contents(installed.data)
    asked = sql.replace("{segment}", str(installed.closed()[0])).replace("{folder}", str(installed.folder))
    with pytest.raises(BartizanError) as caught:
        query(installed.folder, asked)
    assert "\n" not in str(caught.value)
    assert "root:" not in str(caught.value)
    assert contents(installed.data) == before
    assert query(installed.folder, "select count(*) > 30 from records").rows == [[True]]


def test_a_query_sees_all_that_is_durable_and_nothing_else(installed: Installed) -> None:
    found = query(
        installed.folder, "select name, count(*) as n from records where kind = 'event' group by name order by name"
    )
    assert found.columns == ("name", "n")
    assert found.rows[:3] == [["day.0", 10], ["day.1", 10], ["day.10", 1]]
    assert query(installed.folder, "select count(*) from records where id is null").rows == [[0]]


def test_the_index_and_slot_are_those_of_the_tree(installed: Installed) -> None:
    rows = query(installed.folder, 'select "index" from records order by "index"').rows
    assert rows == [[n] for n in range(len(rows))]


def test_new_records_show_in_the_next_query(tmp_path: Path) -> None:
    installed = install_with_days(tmp_path)
    count = "select count(*) from records where name = 'late'"
    with installed.ledger(segment_bytes=1 << 20) as ledger:
        for n in range(3):
            assert query(installed.folder, count).rows == [[n]]
            ledger.append([STAMP(Event("late"))])
    archive(installed.folder)
    assert query(installed.folder, count).rows == [[3]]


def test_queries_hold_while_segments_close_and_are_packed(tmp_path: Path) -> None:
    installed = install_with_days(tmp_path)
    stop = threading.Event()

    def busy() -> None:
        with installed.ledger() as ledger:
            while not stop.is_set():
                ledger.append([STAMP(Event("busy", {"n": n})) for n in range(5)])
                archive(installed.folder)

    writer = threading.Thread(target=busy)
    writer.start()
    try:
        seen: list[list[int]] = []
        while len(seen) < 15 or seen[-1] == seen[0]:
            seen.append(query(installed.folder, "select count(*), max(index) + 1 from records").rows[0])
    finally:
        stop.set()
        writer.join()
    assert all(count == size for count, size in seen)
    assert seen == sorted(seen)


def test_values_are_bound_and_never_spliced(installed: Installed) -> None:
    sql = "select count(*) from records where name = ?"
    assert query(installed.folder, sql, ["day.0"]).rows == [[10]]
    assert query(installed.folder, sql, ["day.0' or 1=1 --"]).rows == [[0]]
    since = 'select count(*) from records where "at" >= ? and "at" < ?'
    assert query(installed.folder, since, [START, START + timedelta(days=1)]).rows == [[10]]
    with pytest.raises(UsageError, match="a list is no value"):
        query(installed.folder, sql, [[1]])


def test_a_record_is_found_by_its_id(installed: Installed) -> None:
    first = query(installed.folder, "select id from records where index = 4").rows[0][0]
    assert query(installed.folder, "select index from records where id = ?", [first]).rows == [[4]]
    assert query(installed.folder, f"select index from records where id = '{first}'").rows == [[4]]
    with pytest.raises(UsageError, match="no UUID"):
        query(installed.folder, "select index from records where id = 'no id'")


def test_rows_beyond_the_limit_are_cut_and_said(installed: Installed) -> None:
    limits = Limits(rows=5)
    cut = query(installed.folder, "select index from records order by index", limits=limits)
    assert (cut.rows, cut.truncated) == ([[0], [1], [2], [3], [4]], True)
    whole = query(installed.folder, "select index from records order by index limit 5", limits=limits)
    assert (len(whole.rows), whole.truncated) == (5, False)


def test_bytes_beyond_the_limit_are_cut_and_said(installed: Installed) -> None:
    cut = query(installed.folder, "select repeat('x', 1000) from range(100)", limits=Limits(bytes=10_000))
    assert cut.truncated
    assert 5 <= len(cut.rows) <= 9


def test_a_query_ends_when_its_time_is_up_and_the_next_one_works(installed: Installed) -> None:
    with pytest.raises(OutOfBudget, match=r"more than 0\.5 seconds"):
        query(installed.folder, "select count(*) from range(1000000000000) a", limits=Limits(seconds=0.5))
    assert query(installed.folder, "select 1").rows == [[1]]


def test_a_query_that_wants_too_much_memory_is_refused_and_the_next_one_works(installed: Installed) -> None:
    sql = "select list(i::VARCHAR || repeat('x', 100)) from range(100000000) t(i)"
    with pytest.raises(BartizanError):
        query(installed.folder, sql, limits=Limits(seconds=20))
    assert query(installed.folder, "select 1").rows == [[1]]


def test_values_come_as_json_has_them(installed: Installed) -> None:
    sql = """select 170141183460469231731687303715884105727, 1.5::decimal(4,2), 'nan'::double, date '2026-01-02',
             [1, 2], {'a': 1}, '\\x01'::blob, timestamp '2026-01-02 03:04:05', null, true, 2.5::double, map {'k': 1}"""
    row = query(installed.folder, sql).rows[0]
    assert row == [
        "170141183460469231731687303715884105727",
        "1.50",
        "nan",
        "2026-01-02",
        [1, 2],
        {"a": 1},
        "01",
        "2026-01-02T03:04:05Z",
        None,
        True,
        2.5,
        {"k": 1},
    ]
    json.dumps(row)


def test_a_forgotten_quote_around_at_is_explained(installed: Installed) -> None:
    with pytest.raises(UsageError, match='"at" needs its double quotes'):
        query(installed.folder, "select at from records")


def test_a_damaged_segment_is_an_error_not_fewer_rows(tmp_path: Path) -> None:
    installed = install_with_days(tmp_path)
    segment = installed.closed()[1]
    segment.write_bytes(segment.read_bytes().replace(b'{"v":1', b'{"v":}', 1))
    with pytest.raises(BartizanError) as caught:
        query(installed.folder, "select count(*), max(asset) from records")
    assert "\n" not in str(caught.value)


def test_an_open_segment_that_disagrees_with_its_head_is_an_error(tmp_path: Path) -> None:
    installed = install_with_days(tmp_path)
    segment = installed.open_segment()
    segment.write_bytes(segment.read_bytes().partition(b"\n")[0] + b"\n" + segment.read_bytes())
    with pytest.raises(LedgerError, match="disagree"):
        query(installed.folder, "select 1 from records")


def test_no_ledger_is_an_error_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match="there is no ledger"):
        query(tmp_path / "none", "select 1")


def test_one_process_serves_all_queries_and_a_forked_child_starts_its_own(installed: Installed) -> None:
    contained = Contained(installed.folder)
    contained.ask("select 1", [], Limits())
    first = contained._process
    contained.ask("select 1", [], Limits())
    assert contained._process is first
    assert first is not None
    pid = first.pid
    contained.stop()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
