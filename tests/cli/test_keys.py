"""The verb `bartizan keys`."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from bartizan.cli.keys import _moment
from bartizan.kernel import UsageError
from bartizan.policy.secret import well_formed
from tests.cli.shell import Shell


@pytest.fixture
def shell(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    return Shell(monkeypatch, capsys)


def listed(shell: Shell, data: Path, *arguments: str) -> list[dict[str, object]]:
    code, out, _ = shell("keys", "list", "--data", data, "--format", "json", *arguments)
    assert code == 0
    rows: list[dict[str, object]] = msgspec.json.decode(out)
    return rows


def test_a_key_is_alone_on_the_last_line_and_nowhere_else(shell: Shell, tmp_path: Path) -> None:
    code, out, _ = shell("keys", "add", "ci", "--data", tmp_path / "data", "--expires", "never")
    *before, secret = out.splitlines()
    assert code == 0
    assert well_formed(secret)
    assert secret not in "".join(before)
    [row] = listed(shell, tmp_path / "data")
    assert row == {
        "key": row["key"],
        "name": "ci",
        "tenant": "main",
        "status": "active",
        "roles": ["service"],
        "routes": [],
        "expires": None,
    }
    kept = b"".join(path.read_bytes() for path in (tmp_path / "data").rglob("*") if path.is_file())
    assert secret.encode() not in kept


def test_a_key_is_revoked_by_its_id_once(shell: Shell, tmp_path: Path) -> None:
    data = tmp_path / "data"
    shell("keys", "add", "ci", "--data", data)
    [row] = listed(shell, data)
    assert shell("keys", "revoke", row["key"], "--data", data) == (0, f"{row['key']} is revoked\n", "")
    assert [one["status"] for one in listed(shell, data)] == ["revoked"]
    code, _, err = shell("keys", "revoke", row["key"], "--data", data)
    assert code == 2
    assert "there is no key" in err


def test_a_rotated_key_keeps_its_scope(shell: Shell, tmp_path: Path) -> None:
    data = tmp_path / "data"
    shell("keys", "add", "ci", "--data", data, "--tenant", "acme", "--role", "auditor", "--route", "/v1/*")
    [old] = listed(shell, data, "--tenant", "acme")
    code, out, _ = shell("keys", "rotate", old["key"], "--data", data, "--tenant", "acme")
    assert code == 0
    assert well_formed(out.splitlines()[-1])
    by_status = {row["status"]: row for row in listed(shell, data, "--all")}
    assert by_status.keys() == {"active", "revoked"}
    assert by_status["revoked"]["key"] == old["key"]
    assert {**by_status["active"], "key": 0, "status": 0} == {**old, "key": 0, "status": 0}


@pytest.mark.parametrize(
    "arguments", [("--role", "Not A Role"), ("--route", "v1"), ("--expires", "soon"), ("--expires", "2001-01-01")]
)
def test_a_key_that_makes_no_sense_is_wrong_usage(shell: Shell, tmp_path: Path, arguments: tuple[str, str]) -> None:
    code, out, err = shell("keys", "add", "ci", "--data", tmp_path / "data", *arguments)
    assert (code, out) == (2, "")
    assert len(err.splitlines()) == 1


def test_times_are_read_as_people_write_them() -> None:
    assert _moment("never") is None
    assert _moment("2030-01-31") == datetime(2030, 1, 31, tzinfo=UTC)
    assert _moment("2030-01-31T12:00:00+01:00") == datetime(2030, 1, 31, 11, tzinfo=UTC)
    in_a_day = _moment("24h")
    assert in_a_day is not None
    assert abs(in_a_day - datetime.now(UTC) - timedelta(days=1)) < timedelta(minutes=1)
    for wrong in ("", "0d", "90", "-1d", "9999999d", "999999w", "tomorrow"):
        with pytest.raises(UsageError):
            _moment(wrong)


@pytest.mark.parametrize("verb", [[], ["add"], ["list"], ["revoke"], ["rotate"]])
def test_every_help_has_an_example(shell: Shell, verb: list[str]) -> None:
    code, out, _ = shell("keys", *verb, "--help")
    assert code == 0
    assert "Example:\n" in out


def test_a_role_that_nothing_knows_is_warned_about(shell: Shell, tmp_path: Path) -> None:
    data = tmp_path / "data"
    code, out, err = shell("keys", "add", "ci", "--data", data, "--role", "servce", "--role", "auditor")
    assert code == 0
    assert well_formed(out.splitlines()[-1])
    assert err == "warning: no rule names the role 'servce', and none is built in. Did you mean 'service'?\n"


def test_a_role_that_a_rule_names_is_not_warned_about(shell: Shell, tmp_path: Path) -> None:
    data, rules = tmp_path / "data", tmp_path / "rules.cedar"
    rules.write_text('permit(principal in Role::"baker", action == Action::"read", resource);')
    shell("keys", "add", "first", "--data", data)
    assert shell("policy", "put", rules, "--data", data)[0] == 0
    code, _, err = shell("keys", "add", "ci", "--data", data, "--role", "baker", "--role", "zzz")
    assert (code, err) == (0, "warning: no rule names the role 'zzz', and none is built in.\n")
