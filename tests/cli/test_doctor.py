"""What is installed, reachable and missing; looking changes nothing."""

import json
import socket
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from bartizan.cli import checkup
from bartizan.kernel import Event, Stamp
from bartizan.runner.keep import Keep
from bartizan.runner.settings import Settings
from tests.cli.run import bartizan, clean


def checks(cwd: Path, *options: str, **env: str) -> tuple[int, dict[str, dict[str, Any]]]:
    """The exit code, and each check by its name."""
    free = {"BARTIZAN_CONSOLE_PORT": "0"} | env
    done = bartizan("doctor", "--format", "json", *options, cwd=cwd, env=clean(**free))
    assert done.stderr == ""
    report = json.loads(done.stdout)
    assert report["sound"] == (done.returncode == 0)
    return done.returncode, {check["name"]: check for check in report["checks"]}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """An installation that was used once."""
    with Keep.open(Settings(data=tmp_path / "data")) as keep:
        keep.append([Stamp()(Event("tests.began"))])
    return tmp_path / "data"


def test_on_a_new_machine_nothing_is_bad_and_nothing_is_made(tmp_path: Path) -> None:
    code, found = checks(tmp_path)
    assert code == 0
    assert list(tmp_path.iterdir()) == []
    for name in ("data folder", "vault", "ledger", "state"):
        assert (found[name]["standing"], found[name]["todo"].startswith("bartizan up")) == ("absent", True)
    assert found["python"]["standing"] == found["platform"]["standing"] == "ok"
    assert found["package duckdb"]["said"][0].isdigit()
    assert "extra [ray]" in found
    assert "disk sync" not in found


def test_a_used_installation_is_sound_and_left_as_it_is(tmp_path: Path, data: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in sorted(data.rglob("*"))}
    code, found = checks(tmp_path, "--data", str(data))
    assert code == 0
    assert {path: path.stat().st_mtime_ns for path in sorted(data.rglob("*"))} == before
    assert found["ledger"]["said"].endswith("all of them prove")
    assert found["state"]["said"].startswith("SQLite")
    assert "ms for 45 KB" in found["disk sync"]["said"]


def test_what_others_may_read_or_write_is_bad(tmp_path: Path, data: Path) -> None:
    (data / "vault").chmod(0o750)
    data.chmod(0o777)
    code, found = checks(tmp_path, "--data", str(data))
    assert code == 1
    assert (found["data folder"]["standing"], found["data folder"]["todo"]) == ("bad", f"chmod go-w {data}")
    assert (found["vault"]["standing"], found["vault"]["todo"]) == ("bad", f"chmod -R go-rwx {data}/vault")


def test_a_changed_ledger_is_bad(tmp_path: Path, data: Path) -> None:
    segment = next((data / "ledger" / "0").glob("*.jsonl"))
    segment.write_bytes(segment.read_bytes().replace(b"tests.began", b"tests.ended"))
    code, found = checks(tmp_path, "--data", str(data))
    assert code == 1
    assert found["ledger"]["standing"] == "bad"
    assert "bartizan ledger verify" in found["ledger"]["todo"]


@pytest.mark.parametrize(
    ("marker", "applies"),
    [
        ("", True),
        (" python_version < '3.11'", False),
        (' python_version < "3.99"', True),
        (" platform_python_implementation == 'CPython'", True),
    ],
)
def test_a_package_for_another_python_is_not_missed(marker: str, applies: bool) -> None:
    assert checkup._applies(marker) == applies


def test_a_ledger_too_large_to_verify_quickly_is_not_called_ok(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkup, "QUICK_VERIFY_BYTES", 10)
    [check] = checkup._ledger(data)
    assert (check.standing, check.todo) == ("unknown", "bartizan ledger verify does it.")


def test_a_broken_state_is_bad(tmp_path: Path, data: Path) -> None:
    for file in data.glob("state.db*"):
        file.write_bytes(b"this is no database at all, whatever its name says" * 100)
    code, found = checks(tmp_path, "--data", str(data))
    assert (code, found["state"]["standing"]) == (1, "bad")


def test_a_database_that_does_not_answer_is_bad_and_its_password_is_not_shown(tmp_path: Path) -> None:
    code, found = checks(tmp_path, BARTIZAN_STATE_URL="postgresql://ada:s3cret@127.0.0.1:1/x")
    assert (code, found["state"]["standing"]) == (1, "bad")
    assert "s3cret" not in json.dumps(found)


def test_a_taken_port_is_bad(tmp_path: Path) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        code, found = checks(tmp_path, BARTIZAN_CONSOLE_PORT=str(taken.getsockname()[1]))
    assert (code, found["console"]["standing"]) == (1, "bad")


def test_a_missing_extra_is_no_fault_and_says_how_to_get_it(tmp_path: Path) -> None:
    from bartizan.cli.checkup import _extra

    check = _extra("quantum", ["no-such-package-anywhere", "click"])
    assert (check.standing, check.said, check.todo) == (
        "absent",
        "lacks no-such-package-anywhere",
        "pip install 'bartizan[quantum]'",
    )


def test_the_table_names_each_check_and_the_outcome(tmp_path: Path) -> None:
    done = bartizan("doctor", cwd=tmp_path, env=clean(BARTIZAN_CONSOLE_PORT="0"))
    assert done.returncode == 0
    assert "package cryptography" in done.stdout
    assert done.stdout.endswith("Nothing is bad.\n")
