"""What is set, where it came from, and what could be set."""

import json
from pathlib import Path

from bartizan.runner.settings import catalog
from tests.cli.run import bartizan, clean


def test_explain_says_everything_of_every_setting(tmp_path: Path) -> None:
    done = bartizan("config", "explain", "--format", "json", cwd=tmp_path, env=clean(BARTIZAN_CONSOLE_PORT="9"))
    rows = json.loads(done.stdout)
    assert [row["name"] for row in rows] == [setting.name for setting in catalog()]
    assert next(row for row in rows if row["name"] == "console.port") == {
        "name": "console.port",
        "type": "integer",
        "default": "8420",
        "value": "9",
        "origin": "BARTIZAN_CONSOLE_PORT",
        "env": "BARTIZAN_CONSOLE_PORT",
        "doc": "Port of the pages; 0 takes a free one.",
    }


def test_explain_of_one_setting(tmp_path: Path) -> None:
    done = bartizan("config", "explain", "ledger.on_full", cwd=tmp_path)
    assert 'ledger.on_full = "fail-closed"' in done.stdout
    assert "console.port" not in done.stdout
    assert "No settings file was read." in done.stdout


def test_explain_of_an_unknown_setting_names_the_nearest(tmp_path: Path) -> None:
    done = bartizan("config", "explain", "ledger.onfull", cwd=tmp_path)
    assert done.returncode == 2
    assert "Did you mean ledger.on_full?" in done.stderr


def test_the_file_that_was_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "bartizan.toml").write_text("tenant = 'ours'")
    done = bartizan("config", "show", cwd=tmp_path)
    assert f"Read from {tmp_path / 'bartizan.toml'}." in done.stdout
    assert '"ours"' in done.stdout
    shown = json.loads(bartizan("config", "show", "--format", "json", cwd=tmp_path).stdout)
    assert shown["file"] == str(tmp_path / "bartizan.toml")


def test_a_file_named_by_option_or_variable_is_read_in_place_of_the_one_here(tmp_path: Path) -> None:
    (tmp_path / "bartizan.toml").write_text("tenant = 'here'")
    (tmp_path / "other.toml").write_text("tenant = 'there'")
    named = bartizan("--config", "other.toml", "config", "show", cwd=tmp_path)
    assert '"there"' in named.stdout
    asked = bartizan("config", "show", cwd=tmp_path, env=clean(BARTIZAN_CONFIG="other.toml"))
    assert '"there"' in asked.stdout


def test_the_password_of_a_database_is_masked(tmp_path: Path) -> None:
    env = clean(BARTIZAN_STATE_URL="postgresql://ada:s3cret@db/bartizan")
    for verb in ("show", "explain"):
        done = bartizan("config", verb, cwd=tmp_path, env=env)
        assert "postgresql://ada:***@db/bartizan" in done.stdout
        assert "s3cret" not in done.stdout


def test_check_names_the_mistake_in_one_line(tmp_path: Path) -> None:
    file = tmp_path / "bartizan.toml"
    file.write_text("[console]\nport = true\n")
    done = bartizan("config", "check", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr == (f"bartizan: console.port is wrong, expected int, got bool ({file}). Its type is integer.\n")
    file.write_text("[console]\nport = 1\n")
    done = bartizan("config", "check", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, f"1 settings are set, all of them right. Read from {file}.\n")


def test_a_data_folder_named_by_the_option_is_shown_with_its_origin(tmp_path: Path) -> None:
    rows = json.loads(bartizan("config", "explain", "data", "--data", "x", "--format", "json", cwd=tmp_path).stdout)
    assert [(row["value"], row["origin"]) for row in rows] == [('"x"', "--data")]
