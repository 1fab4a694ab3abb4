import csv
import io
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from bartizan.cli import backup, ledger_views, restore
from bartizan.kernel import BartizanError, Event, Finding, Severity, UsageError
from bartizan.ledger import Vault, verify
from tests.ledger.installed import STAMP, Installed, dated, install


@pytest.fixture
def installed(tmp_path: Path) -> Installed:
    installed = install(tmp_path / "data")
    with installed.ledger() as ledger:
        for age in (30, 20, 10):
            ledger.append([dated(Event("old"), datetime.now(UTC) - timedelta(days=age)) for _ in range(12)])
        ledger.append([STAMP(Finding(rule="a.b", severity=Severity.HIGH, message="\x1b[31mred\u202e\x7f\x9b"))])
        ledger.append([STAMP(Event("formula", {"cell": "=cmd()"}))])
    return installed


def call(command: click.Command, *args: str, data: Path) -> Result:
    return CliRunner().invoke(command, [*args, "--data", str(data)], standalone_mode=False)


def test_rows_are_shown_as_a_table_json_and_csv(installed: Installed) -> None:
    sql = "select kind, count(*) as n, null as nothing from records group by kind order by kind"
    table = call(ledger_views.query, sql, data=installed.data).stdout.split()
    assert table == ["kind", "n", "nothing", "event", "37", "finding", "1"]
    shown = json.loads(call(ledger_views.query, sql, "--format", "json", data=installed.data).stdout)
    assert shown["rows"] == [{"kind": "event", "n": 37, "nothing": None}, {"kind": "finding", "n": 1, "nothing": None}]
    text = call(ledger_views.query, sql, "--format", "csv", data=installed.data).stdout
    assert list(csv.reader(io.StringIO(text))) == [["kind", "n", "nothing"], ["event", "37", ""], ["finding", "1", ""]]


@pytest.mark.parametrize("form", ["table", "json", "csv"])
def test_control_characters_never_reach_the_terminal(installed: Installed, form: str) -> None:
    sql = "select body->>'message' as \"col\x1b]0;x\x07\" from records where kind = 'finding'"
    shown = call(ledger_views.query, sql, "--format", form, data=installed.data).stdout
    assert "red" in shown
    assert not set(shown) & {"\x1b", "\x07", "\u202e", "\x7f", "\x9b"}


def test_a_cell_that_a_spreadsheet_would_run_is_quoted(installed: Installed) -> None:
    sql = "select body->'data'->>'cell' as a, -1 as b from records where name = 'formula'"
    shown = call(ledger_views.query, sql, "--format", "csv", data=installed.data).stdout
    assert shown == "a,b\n'=cmd(),-1\n"


def test_cut_rows_are_said(installed: Installed) -> None:
    result = call(ledger_views.query, "select id from records", "--limit", "3", "--format", "csv", data=installed.data)
    assert len(result.stdout.splitlines()) == 4
    assert "truncated: only the first 3 rows" in result.stderr
    shown = call(ledger_views.query, "select id from records", "--limit", "3", "--format", "json", data=installed.data)
    assert json.loads(shown.stdout)["truncated"] is True


def test_values_are_given_beside_the_sql(installed: Installed) -> None:
    sql = "select count(*) from records where name = ?"
    assert call(ledger_views.query, sql, "--value", "old", "--format", "csv", data=installed.data).stdout.endswith(
        "36\n"
    )


@pytest.mark.parametrize(
    "sql", ["copy records to 'x'", "select at from records", "selec", "from read_text('/etc/passwd')"]
)
def test_wrong_sql_is_wrong_usage(installed: Installed, sql: str) -> None:
    assert isinstance(call(ledger_views.query, sql, data=installed.data).exception, UsageError)


def test_no_installation_is_said(tmp_path: Path) -> None:
    for command, args in ((ledger_views.query, ["select 1"]), (ledger_views.retain, ["--keep-days", "1"])):
        assert "there is no ledger" in str(call(command, *args, data=tmp_path / "none").exception)
    assert isinstance(call(backup.command, str(tmp_path / "b"), data=tmp_path / "none").exception, BartizanError)


def test_retention_says_what_would_go_and_lets_it_go(installed: Installed) -> None:
    tried = call(ledger_views.retain, "--keep-days", "15", "--dry-run", "--format", "json", data=installed.data)
    assert [gone["first"] for gone in json.loads(tried.stdout)["gone"]] == [0, 12]
    done = call(ledger_views.retain, "--keep-days", "15", data=installed.data)
    assert (done.return_value, done.exception) == (0, None)
    assert "2 segments gone" in done.stdout
    assert verify(installed.folder, installed.vault).faults == ()
    assert "nothing to let go" in call(ledger_views.retain, "--keep-days", "15", data=installed.data).stdout


def test_retention_without_a_limit_anywhere_is_wrong_usage(installed: Installed) -> None:
    assert isinstance(call(ledger_views.retain, data=installed.data).exception, UsageError)


def test_a_backup_is_made_restored_and_held_against_a_note(installed: Installed, tmp_path: Path) -> None:
    file, kept = str(tmp_path / "b.tar.zst"), tmp_path / "kept"
    made = call(backup.command, file, "--format", "json", data=installed.data)
    assert json.loads(made.stdout)["heads"] == {"0": 38}
    kept.write_bytes((installed.folder / "top").read_bytes())
    done = call(restore.command, file, "--against", str(kept), data=tmp_path / "again")
    assert "38 records" in done.stdout
    assert verify(tmp_path / "again" / "ledger", Vault.open(tmp_path / "again" / "vault", create=False)).faults == ()
    missing = call(restore.command, file, "--against", str(tmp_path / "none"), data=tmp_path / "third")
    assert isinstance(missing.exception, UsageError)


@pytest.mark.parametrize("command", [ledger_views.query, ledger_views.retain, backup.command, restore.command])
def test_every_help_has_an_example(command: click.Command) -> None:
    shown = CliRunner().invoke(command, ["--help"]).output
    assert "Example" in shown
    assert "bartizan" in shown.partition("Example")[2]
