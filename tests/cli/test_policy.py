"""The verb `bartizan policy`."""

from pathlib import Path

import msgspec
import pytest

from bartizan.kernel import Event, Stamp
from bartizan.ledger import Ledger, Vault
from bartizan.policy import Engine, default
from bartizan.policy.replay import decided
from tests.cli.shell import Shell
from tests.policy.questions import ask
from tests.policy.test_cases import GOOD

GRANT = '@id("reads") permit(principal in Role::"analyst", action == Action::"read", resource);\n'


@pytest.fixture
def shell(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    return Shell(monkeypatch, capsys)


def written(folder: Path, text: str) -> Path:
    file = folder / "rules.cedar"
    file.write_text(text)
    return file


def test_a_sound_file_is_called_sound(shell: Shell, tmp_path: Path) -> None:
    file = written(tmp_path, GRANT)
    assert shell("policy", "check", file) == (0, f"{file} is sound\n", "")


def test_a_broken_file_is_found_with_its_line(shell: Shell, tmp_path: Path) -> None:
    code, out, _ = shell("policy", "check", written(tmp_path, f"{GRANT}permit(principal"), "--format", "json")
    [finding] = msgspec.json.decode(out)
    assert code == 1
    assert (finding["rule"], finding["message"], finding["place"]["line"]) == (
        "policy.broken",
        "unexpected end of input",
        2,
    )


def test_warnings_below_the_bar_are_shown_and_pass(shell: Shell, tmp_path: Path) -> None:
    file = written(tmp_path, "permit(principal, action, resource);")
    code, out, _ = shell("policy", "check", file)
    assert code == 0
    assert "policy.unscoped" in out
    assert shell("policy", "check", file, "--bar", "low")[0] == 1


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"permit(principal, action, resource)\0;"])
def test_a_file_that_is_no_policy_is_one_line(shell: Shell, tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "x.cedar"
    file.write_bytes(content)
    code, out, err = shell("policy", "check", file)
    assert code in {1, 2}
    assert "Traceback" not in out + err
    assert len((out + err).splitlines()) <= 3


def test_cases_are_reported_each(shell: Shell, tmp_path: Path) -> None:
    cases = tmp_path / "cases.toml"
    cases.write_bytes(GOOD)
    code, out, _ = shell("policy", "test", written(tmp_path, default().text), cases)
    assert code == 0
    assert "2 of 2 cases passed" in out
    code, out, _ = shell("policy", "test", written(tmp_path, GRANT), cases)
    assert code == 1
    assert "1 of 2 cases passed" in out
    assert "FAILED  an analyst reads" in " ".join(out.split("\n")).replace("   ", "  ")


def test_no_cases_are_wrong_usage(shell: Shell, tmp_path: Path) -> None:
    file = written(tmp_path, GRANT)
    code, _, err = shell("policy", "test", file, file)
    assert code == 2
    assert "no file of cases" in err


def installed(folder: Path, *events: Event) -> Path:
    with Ledger(folder / "ledger", Vault.open(folder / "vault")) as ledger:
        ledger.append([Stamp()(event) for event in events])
    return folder


def test_replay_lists_each_changed_decision_and_exits_with_1(shell: Shell, tmp_path: Path) -> None:
    engine = Engine(default())
    questions = [ask("read"), ask("call"), ask("administer")]
    data = installed(tmp_path, *(decided(one, engine.decide(one), engine.policy) for one in questions))
    same, other = tmp_path / "same.cedar", written(tmp_path, GRANT)
    same.write_text(default().text)
    code, out, _ = shell("policy", "replay", same, "--data", data)
    assert (code, out) == (0, "no decision changes\n3 recorded decisions: 0 change, 0 cannot be made again\n")
    code, out, _ = shell("policy", "replay", other, "--data", data, "--format", "json")
    shown = msgspec.json.decode(out)
    assert code == 1
    assert (shown["unchanged"], shown["unreadable"]) == (2, [])
    [change] = shown["changed"]
    assert (change["request"]["action"], change["before"]["allowed"], change["after"]["allowed"]) == (
        "call",
        True,
        False,
    )


def test_a_decision_that_cannot_be_made_again_is_never_unchanged(shell: Shell, tmp_path: Path) -> None:
    data = installed(tmp_path, Event("policy.decided", {"action": "read"}))
    code, out, err = shell("policy", "replay", written(tmp_path, GRANT), "--data", data)
    assert code == 3
    assert "1 cannot be made again" in out
    assert "cannot be made again: " in err


def test_replay_without_a_ledger_is_wrong_usage(shell: Shell, tmp_path: Path) -> None:
    code, _, err = shell("policy", "replay", written(tmp_path, GRANT), "--data", tmp_path / "none")
    assert code == 2
    assert "there is no ledger" in err


def test_the_schema_is_shown_as_cedar(shell: Shell) -> None:
    code, out, _ = shell("policy", "show", "--schema")
    assert code == 0
    assert 'action "deploy" appliesTo' in out


def test_the_built_in_rules_are_shown_until_others_are_put(shell: Shell, tmp_path: Path) -> None:
    data = tmp_path / "data"
    assert shell("policy", "show", "--data", data) == (0, default().text, "")
    code, out, _ = shell("policy", "put", written(tmp_path, GRANT), "--data", data)
    assert code == 0
    assert out.startswith("1 rules are active from now on: revision ")
    assert shell("policy", "show", "--data", data) == (0, GRANT, "")
    code, out, _ = shell("policy", "show", "--history", "--data", data, "--format", "json")
    [version] = msgspec.json.decode(out)
    assert version["actor"].startswith("person:")


def test_a_broken_file_is_not_put(shell: Shell, tmp_path: Path) -> None:
    data = tmp_path / "data"
    code, out, err = shell("policy", "put", written(tmp_path, "permit"), "--data", data)
    assert (code, out) == (2, "")
    assert "the policy is broken" in err
    assert shell("policy", "show", "--data", data)[1] == default().text


@pytest.mark.parametrize("verb", [[], ["check"], ["test"], ["replay"], ["show"], ["put"]])
def test_every_help_has_an_example(shell: Shell, verb: list[str]) -> None:
    code, out, _ = shell("policy", *verb, "--help")
    assert code == 0
    assert "Example:\n" in out
