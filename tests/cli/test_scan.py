import json
import pickle
import subprocess
from pathlib import Path
from typing import NamedTuple

import jsonschema
import pytest

from bartizan.artifacts.control import CALLS_SYSTEM
from bartizan.ledger import read
from tests.cli.run import COMMAND
from tests.cli.shell import Shell

SCHEMA = Path(__file__).parents[3] / "shared/data/schemas/sarif-2.1.0.schema.json"


class Done(NamedTuple):
    code: int
    stdout: str


def run(*arguments: str, stdin: bytes = b"") -> Done:
    """What the command printed, and its exit code."""
    done = subprocess.run([*COMMAND, *arguments], input=stdin, capture_output=True, timeout=60, check=False)
    assert b"Traceback" not in done.stderr
    return Done(done.returncode, done.stdout.decode())


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def shell(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    return Shell(monkeypatch, capsys)


@pytest.fixture
def models(tmp_path: Path) -> Path:
    folder = tmp_path / "models"
    folder.mkdir()
    (folder / "evil.pkl").write_bytes(CALLS_SYSTEM)
    (folder / "good.pkl").write_bytes(pickle.dumps({"w": [1.0]}))
    (folder / "own.pkl").write_bytes(b"cmylib.models\nNet\n(t\x81.")
    return folder


def test_the_json_has_an_entry_for_each_file(models: Path) -> None:
    done = run("scan", str(models), "--format", "json")
    listed = json.loads(done.stdout)["artifacts"]
    assert [(Path(one["path"]).name, one["format"], one["verdict"]) for one in listed] == [
        ("evil.pkl", "pickle", "block"),
        ("good.pkl", "pickle", "allow"),
        ("own.pkl", "pickle", "warn"),
    ]
    assert listed[0]["facts"][0]["kind"] == "Calls"
    assert done.code == 1


@pytest.mark.parametrize(
    ("names", "options", "code"),
    [
        (["good.pkl"], [], 0),
        (["own.pkl"], [], 0),
        (["own.pkl"], ["--fail-on", "warn"], 1),
        (["evil.pkl", "odd.bin"], [], 1),
        (["good.pkl", "odd.bin"], [], 3),
        (["gone.pkl"], [], 2),
    ],
)
def test_the_exit_code_says_the_worst(models: Path, names: list[str], options: list[str], code: int) -> None:
    (models / "odd.bin").write_bytes(bytes(range(256)))
    assert run("scan", *(str(models / name) for name in names), *options).code == code


def test_the_table_names_what_is_not_allowed_and_counts_the_rest(models: Path) -> None:
    out = run("scan", str(models)).stdout
    assert "BLOCK" in out
    assert "os.system" in out
    assert "good.pkl" not in out
    assert "3 files: 1 blocked, 1 warned about, 1 allowed" in out
    assert "good.pkl" in run("scan", str(models), "--all").stdout


def test_standard_input_is_scanned(models: Path) -> None:
    done = run("scan", "-", "--format", "json", stdin=CALLS_SYSTEM)
    assert (json.loads(done.stdout)["artifacts"][0]["path"], done.code) == ("-", 1)


@pytest.mark.skipif(not SCHEMA.exists(), reason="the official schema is not here")
def test_sarif_is_valid_by_the_official_schema(models: Path) -> None:
    document = json.loads(run("scan", str(models), "--format", "sarif").stdout)
    jsonschema.validate(document, json.loads(SCHEMA.read_bytes()))
    assert {one["ruleId"] for one in document["runs"][0]["results"]} >= {"artifacts.calls-code"}


def test_what_is_recorded_is_found_again_in_the_ledger(models: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    run("scan", str(models / "evil.pkl"), "--record", "--data", str(data))
    said = [record.body for _, record in read(data / "ledger")]
    assert [getattr(body, "rule", None) or body.name for body in said] == ["artifacts.calls-code", "control.finished"]


def test_a_profile_of_ones_own_decides(models: Path, tmp_path: Path) -> None:
    from bartizan.artifacts import profile

    text = Path(profile.__file__).with_name("default.toml").read_text()
    strict = tmp_path / "strict.toml"
    strict.write_text(text.replace('unknown = "warn"', 'unknown = "block"'))
    assert run("scan", str(models / "own.pkl"), "--profile", str(strict)).code == 1
    strict.write_text("name = 1")
    assert run("scan", str(models / "own.pkl"), "--profile", str(strict)).code == 2


def test_advisories_are_told_with_requirements(models: Path, tmp_path: Path) -> None:
    (models / "requirements.txt").write_text("requests==2.19.0\n")
    affected = {
        "package": {"ecosystem": "PyPI", "name": "requests"},
        "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "2.20.0"}]}],
    }
    osv = tmp_path / "osv.json"
    osv.write_text(json.dumps({"id": "PYSEC-1", "summary": "leaks", "affected": [affected]}))
    done = run("scan", str(models / "requirements.txt"), "--advisories", str(osv), "--fail-on", "warn")
    assert ("PYSEC-1" in done.stdout, done.code) == (True, 1)
    assert run("scan", str(models), "--advisories", str(models / "evil.pkl")).code == 2


def test_a_hostile_name_cannot_steer_the_terminal(models: Path) -> None:
    (models / "a\x1b[2Jb.pkl").write_bytes(CALLS_SYSTEM)
    out = run("scan", str(models)).stdout
    assert "\x1b" not in out
    assert "\\x1b[2J" in out


def test_an_address_that_cannot_be_had_hides_nothing_of_the_rest(models: Path) -> None:
    done = run("scan", "http://127.0.0.1:1/x.pt", str(models / "evil.pkl"), "--format", "json")
    listed = json.loads(done.stdout)["artifacts"]
    assert [(one["path"], one["verdict"]) for one in listed] == [
        ("http://127.0.0.1:1/x.pt", "unscanned"),
        (str(models / "evil.pkl"), "block"),
    ]
    assert done.code == 1
    assert run("scan", "http://127.0.0.1:1/x.pt").code == 3


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([""], "an empty path names nothing"),
        (["-", "-"], "standard input can be read once only"),
        (["ftp://host/model.pt"], "only http and https are read (ftp://host/model.pt)"),
        (["-", "--seconds", "nan"], "nan is no amount"),
        (["x" * 5_000], "this cannot be looked at: File name too long"),
    ],
)
def test_what_cannot_be_meant_is_said_in_one_line(shell: Shell, arguments: list[str], said: str) -> None:
    code, out, err = shell("scan", *arguments)
    assert (code, out) == (3 if "too long" in said else 2, "")
    assert said in err


def test_a_closed_standard_input_is_said(models: Path) -> None:
    done = subprocess.run(
        ["/bin/sh", "-c", 'exec "$@" <&-', "sh", *COMMAND, "scan", "-"], capture_output=True, timeout=60, check=False
    )
    assert done.returncode == 2
    assert done.stderr == b"bartizan: standard input is closed. Pipe a file into it, or name one\n"


def test_the_worst_stands_first_in_the_table(shell: Shell, models: Path) -> None:
    (models / "a.pkl").write_bytes((models / "own.pkl").read_bytes())
    (models / "b.bin").write_bytes(bytes(range(256)))
    _, out, _ = shell("scan", models)
    assert [line.split()[0] for line in out.splitlines()[1:-1]] == ["BLOCK", "unscanned", "warn", "warn"]


def test_what_git_keeps_is_left_out_and_said(shell: Shell, models: Path) -> None:
    (models / ".git/objects").mkdir(parents=True)
    (models / ".git/objects/ff").write_bytes(bytes(range(256)))
    code, out, err = shell("scan", models)
    assert (code, err) == (1, "left out: 1 file in .git, which no loader opens\n")
    assert "3 files:" in out
    assert shell("scan", models / ".git")[0] == 3
