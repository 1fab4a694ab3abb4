import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bartizan.cli.lazy import bartizan
from bartizan.kernel import BartizanError, Event, Stamp, UsageError
from bartizan.ledger import Ledger, LedgerError, Payloads, Vault, read

Run = Callable[..., Result]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    with Ledger(tmp_path / "ledger", Vault.open(tmp_path / "vault")) as ledger:
        for number in range(5):
            ledger.append([Stamp(actor="service:test")(Event("test.event", {"number": number, "text": "\x1b[31m"}))])
    return tmp_path


@pytest.fixture
def run(data: Path) -> Run:
    def invoke(verb: str, *args: str, typed: str = "") -> Result:
        words = ["ledger", verb, "--data", str(data), *args]
        result = CliRunner().invoke(bartizan, words, standalone_mode=False, input=typed)
        if isinstance(result.exception, BartizanError):
            raise result.exception
        return result

    return invoke


def names(data: Path) -> list[str]:
    return [record.body.name for _, record in read(data / "ledger") if isinstance(record.body, Event)]


def test_a_sound_ledger_verifies_with_the_vault_and_with_keys_alone(data: Path, run: Run, tmp_path: Path) -> None:
    assert run("verify").return_value == 0
    (tmp_path / "keys.txt").write_text(run("checkpoint", "--keys").stdout)
    (tmp_path / "kept.note").write_text(run("checkpoint").stdout)
    (data / "vault").rename(data / "away")
    result = run("verify", "--keys", str(tmp_path / "keys.txt"), "--against", str(tmp_path / "kept.note"))
    assert (result.return_value, result.stdout.splitlines()[-1]) == (0, "sound")


def test_a_changed_ledger_is_found_with_exit_code_1(data: Path, run: Run) -> None:
    path = next((data / "ledger/0").glob("*.jsonl"))
    path.write_bytes(path.read_bytes().replace(b'"number":3', b'"number":4'))
    result = run("verify", "--format", "json")
    assert result.return_value == 1
    said = json.loads(result.stdout)
    assert not said["sound"]
    assert "records 3 to 3 was changed" in said["faults"][0]["what"]
    assert "1 fault\n" in run("verify").stdout


def test_a_record_is_proven_by_place_and_by_id(data: Path, run: Run) -> None:
    record = next(record for position, record in read(data / "ledger") if position.index == 2)
    by_place = run("proof", "0:2").stdout
    assert by_place.startswith("c2sp.org/tlog-proof@v1\nindex 2\n")
    assert run("proof", record.id).stdout == by_place
    parts = json.loads(run("proof", record.id, "--format", "json").stdout)
    assert (parts["index"], json.loads(parts["line"])["id"]) == (2, record.id)


def test_a_kept_checkpoint_is_proven_to_be_extended(run: Run, tmp_path: Path) -> None:
    (tmp_path / "kept").write_text(run("checkpoint", "--slot", "0").stdout)
    run("rotate-root")
    parts = json.loads(run("proof", "--extends", str(tmp_path / "kept")).stdout)
    assert parts["older"].split("\n")[1] == "5"
    assert parts["checkpoint"].split("\n")[1] == "6"


def test_a_proof_of_nothing_or_of_what_is_not_there_is_refused(run: Run) -> None:
    with pytest.raises(UsageError, match="one record"):
        run("proof")
    with pytest.raises(UsageError, match="no slot holds"):
        run("proof", "0190-nothing")
    with pytest.raises(LedgerError, match="under no checkpoint"):
        run("proof", "0:99")


def test_no_note_that_others_put_there_is_handed_out_to_keep(data: Path, run: Run) -> None:
    older = run("checkpoint").stdout
    with Ledger(data / "ledger", Vault.open(data / "vault")) as ledger:
        ledger.append([Stamp()(Event("test.event"))])
        for planted in ("\x1b]0;owned\x07", older):
            (data / "ledger" / "top").write_text(planted)
            handed_out = run("checkpoint").stdout
            Vault.open(data / "vault").open_note(handed_out.encode(), "top")
            assert handed_out.splitlines()[0] == older.splitlines()[0]
    assert run("checkpoint").stdout.splitlines()[2].startswith("0 6 ")


def test_a_slot_in_use_is_left_to_its_writer(data: Path, run: Run) -> None:
    with Ledger(data / "ledger", Vault.open(data / "vault")) as ledger:
        ledger.append([Stamp()(Event("test.event"))])
        result = run("checkpoint")
    assert "slot 0 is being written to" in result.stderr
    assert result.stdout.splitlines()[2].startswith("0 5 ")


def test_erasing_asks_erases_and_is_recorded(data: Path, run: Run) -> None:
    payloads = Payloads(data / "payloads", Vault.open(data / "vault"))
    month = payloads.put("main", b"secret").partition("/")[0]
    assert run("erase", "--month", month, typed="n\n").exception is not None
    assert "payloads.erased" not in names(data)
    assert "erased: main" in run("erase", "--month", month, typed="y\n").stdout
    assert names(data)[-1] == "payloads.erased"
    assert "there are no payloads" in run("erase", "--month", month, "--yes").stdout
    with pytest.raises(UsageError, match="no month"):
        run("erase", "--month", "2026", "--yes")


def test_the_tail_shows_the_latest_and_no_raw_control_characters(run: Run) -> None:
    lines = run("tail", "-n", "2", "--format", "json").stdout.splitlines()
    assert [json.loads(line)["body"]["data"]["number"] for line in lines] == [3, 4]
    shown = run("tail").stdout
    assert "test.event" in shown
    assert "\x1b" not in shown
    assert run("tail", "-n", "0").stdout == "no records\n"


def test_keys_rotate_and_it_is_recorded(data: Path, run: Run) -> None:
    fresh = run("rotate-signing").stdout.strip()
    assert run("checkpoint", "--keys").stdout.splitlines()[-1] == fresh
    run("rotate-root")
    assert names(data)[-2:] == ["vault.signing-rotated", "vault.root-rotated"]
    assert run("verify").return_value == 0


def test_a_slot_that_was_tampered_with_can_be_set_aside(data: Path, run: Run) -> None:
    path = next((data / "ledger/0").glob("*.jsonl"))
    path.write_bytes(b"")
    assert run("set-aside", "0", typed="n\n").exception is not None
    assert "kept as" in run("set-aside", "0", typed="y\n").stdout
    assert names(data) == ["ledger.slot-set-aside"]
    assert run("verify").return_value == 1


def test_a_vault_is_never_made_by_looking(tmp_path: Path) -> None:
    (tmp_path / "ledger").mkdir()
    verbs = [["verify"], ["checkpoint"], ["proof", "0:0"], ["rotate-root"], ["erase", "--month", "2026-11", "--yes"]]
    for verb in verbs:
        result = CliRunner().invoke(bartizan, ["ledger", *verb, "--data", str(tmp_path)], standalone_mode=False)
        assert isinstance(result.exception, LedgerError), verb
        assert "there is no vault" in str(result.exception)
    assert not (tmp_path / "vault").exists()


def test_a_missing_ledger_is_wrong_usage(tmp_path: Path) -> None:
    Vault.open(tmp_path / "vault")
    result = CliRunner().invoke(bartizan, ["ledger", "tail", "--data", str(tmp_path)], standalone_mode=False)
    assert isinstance(result.exception, UsageError)


@pytest.mark.parametrize(
    "verb", ["verify", "proof", "checkpoint", "erase", "tail", "set-aside", "rotate-signing", "rotate-root"]
)
def test_every_help_has_an_example(verb: str) -> None:
    shown = CliRunner().invoke(bartizan, ["ledger", verb, "--help"]).stdout
    assert f"bartizan ledger {verb}" in shown.split("Example:")[1]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["verify", "--keys"], r"this is no file of keys.*checkpoint --keys prints such a file"),
        (["proof", "--extends"], r"this is no checkpoint of a slot.*checkpoint --slot N prints one"),
    ],
)
def test_a_file_that_is_not_what_an_option_wants_is_wrong_usage(
    run: Run, data: Path, words: list[str], said: str
) -> None:
    (data / "odd").write_bytes(b"\x80\x04 garbage\x1b[31m\n")
    with pytest.raises(UsageError, match=said) as caught:
        run(*words, str(data / "odd"))
    assert caught.value.where == str(data / "odd")


def test_retention_without_a_limit_names_options_that_exist(run: Run) -> None:
    with pytest.raises(UsageError, match="--keep-days or --max-gib"):
        run("retain")
    assert "--max-gib" in run("retain", "--help").stdout
