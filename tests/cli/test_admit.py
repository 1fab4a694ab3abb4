"""`bartizan admit`, as CI and people run it."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bartizan.artifacts.control import CALLS_SYSTEM
from bartizan.ledger import read
from tests.artifacts.admit.registry import Shelf, served
from tests.artifacts.admit.reviews import UID, encoded
from tests.artifacts.admit.scenes import KEY, NOW, Made, days, make, papers
from tests.artifacts.admit.webhook import Caller, write_certificate
from tests.artifacts.oms.pki import issue, public_pem
from tests.cli.shell import Shell

ROOT = "0a" * 32
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    monkeypatch.chdir(tmp_path)
    shell = Shell(monkeypatch, capsys)
    (tmp_path / "team.pub").write_bytes(public_pem(KEY))
    (tmp_path / "admit.toml").write_text('keys = ["team.pub"]\n[environments]\n"dev-*" = "development"\n')
    return lambda *arguments: shell("admit", *arguments)


@pytest.fixture
def model(tmp_path: Path) -> Made:
    return laid(make(tmp_path, "model"))


def laid(made: Made) -> Made:
    """The model with its papers as files beside it."""
    beside = {".sig": made.papers.signature, ".scan.sig": made.papers.scan, ".cdx.json": made.papers.bom}
    for suffix, content in beside.items():
        assert content is not None
        made.path.with_name(made.path.name + suffix).write_bytes(content)
    return made


def test_a_model_with_its_papers_comes_in(run: Run, model: Made) -> None:
    code, out, err = run("model", "--key", "team.pub")
    assert (code, err) == (0, "")
    assert f"allowed: deploy model@sha256:{model.root}" in out
    assert "by operator-runs-assets" in out
    assert "Apache-2.0" in out
    assert not Path(".bartizan").exists()


def test_json_holds_the_decision_its_rules_and_the_evidence(run: Run, model: Made) -> None:
    code, out, _ = run("./model", "--terms", "admit.toml", "--format", "json", "--environment", "staging")
    said = json.loads(out)
    assert (code, said["allowed"], said["rules"], said["reasons"]) == (0, True, ["operator-runs-assets"], [])
    assert said["model"] == {"kind": "model", "name": "model", "digest": f"sha256:{model.root}"}
    assert (said["context"]["environment"], said["evidence"]["bom"]) == ("staging", True)


@pytest.mark.parametrize("lack", [".sig", ".scan.sig", ".cdx.json"])
def test_each_paper_that_is_another_models_keeps_it_out(run: Run, model: Made, lack: str, tmp_path: Path) -> None:
    laid(make(tmp_path, "other", value=3))
    Path(f"other{lack}").replace(f"model{lack}")
    code, out, _ = run("model", "--key", "team.pub")
    assert (code, out.startswith("DENIED")) == (1, True)
    assert "does not hold" in out


def test_a_model_changed_after_signing_stays_out_with_the_name_of_the_file(run: Run, model: Made) -> None:
    (model.path / "weights.pkl").write_bytes(CALLS_SYSTEM)
    code, out, _ = run("model", "--key", "team.pub")
    assert code == 1
    assert "weights.pkl was changed" in " ".join(out.split())


def test_an_old_scan_is_mended_by_a_new_one(run: Run, model: Made) -> None:
    old = papers(model.path, at=NOW - days(40)).scan
    assert old is not None
    Path("model.scan.sig").write_bytes(old)
    code, out, _ = run("model", "--key", "team.pub")
    assert (code, "40 days old" in out) == (1, True)
    assert run("model", "--key", "team.pub", "--rescan")[0] == 0


def test_published_papers_admit_by_digest(run: Run, model: Made) -> None:
    code, out, _ = run("model", "--key", "team.pub", "--publish")
    assert (code, f".bartizan/evidence/{model.root}" in out) == (0, True)
    assert run(f"model@sha256:{model.root}", "--key", "team.pub")[0] == 0
    code, out, _ = run(f"sha256:{ROOT}", "--key", "team.pub")
    assert (code, "no signature is published" in " ".join(out.split())) == (1, True)


def test_replicas_share_papers_in_a_folder_that_the_terms_name(run: Run, model: Made) -> None:
    Path("shared.toml").write_text('keys = ["team.pub"]\nevidence = "papers"\n')
    assert run("model", "--terms", "shared.toml", "--publish", "--data", "one")[0] == 0
    assert Path(f"papers/{model.root}/model.sig").is_file()
    assert run(f"sha256:{model.root}", "--terms", "shared.toml", "--data", "two")[0] == 0


def test_papers_that_do_not_hold_are_not_published(run: Run, model: Made) -> None:
    (model.path / "weights.pkl").write_bytes(b"\x80\x04K\x01.")
    code, _, err = run("model", "--key", "team.pub", "--publish")
    assert (code, "not published" in err) == (3, True)
    assert not Path(".bartizan/evidence").exists()


def test_a_policy_of_ones_own_decides(run: Run, model: Made) -> None:
    Path("own.cedar").write_text(
        'permit(principal, action == Action::"deploy", resource);\n'
        '@id("no-pickles") forbid(principal, action, resource)\n'
        'when { context has formats && context.formats.contains("pickle") };'
    )
    code, out, _ = run("model", "--key", "team.pub", "--policy", "own.cedar")
    assert (code, "the rule no-pickles forbids it" in out, "its formats are" in out) == (1, True, True)
    Path("own.cedar").write_text("permit(principal")
    code, _, err = run("model", "--key", "team.pub", "--policy", "own.cedar")
    assert (code, "the policy is broken" in err) == (2, True)


def test_a_decision_is_recorded_when_asked_to(run: Run, model: Made) -> None:
    run("model", "--key", "team.pub", "--record", "--as", "service:ci")
    events = [
        record for _, record in read(Path(".bartizan/ledger")) if getattr(record.body, "name", "") == "policy.decided"
    ]
    assert [(record.actor, record.asset) for record in events] == [("service:ci", f"model:model@sha256:{model.root}")]


def test_an_approval_in_the_state_covers_an_unsigned_model(run: Run, model: Made) -> None:
    from bartizan.kernel import Stamp
    from bartizan.runner.keep import Keep
    from bartizan.runner.settings import Settings
    from bartizan.state import CaseOpened

    Path("model.sig").unlink()
    Path("model.scan.sig").unlink()
    assert run("model", "--key", "team.pub")[0] == 1
    opened = CaseOpened(
        case="case-1",
        case_kind="change-approval",
        title="Try it",
        records=(f"sha256:{model.root}",),
        expires=NOW + days(1),
    )
    with Keep.open(Settings.load()) as keep:
        keep.state.change(Stamp(actor="person:ada"), opened.event())
    code, out, _ = run("model", "--key", "team.pub")
    assert (code, "production, approved" in out) == (0, True)


@pytest.mark.parametrize(
    ("arguments", "code", "why"),
    [
        (["model"], 2, "whose signature counts"),
        (["nowhere", "--key", "team.pub"], 2, "no such model"),
        (["https://example.org/m.gguf", "--key", "team.pub"], 2, "has no digest"),
        ([f"../x@sha256:{ROOT}", "--key", "team.pub"], 2, "no name of a model"),
        (["sha256:zz", "--key", "team.pub"], 2, "no SHA-256 digest"),
        (["model", "--key", "none.pub"], 2, "cannot be read"),
        (["model", "--terms", "none.toml"], 2, "no such file"),
        (["model", "--key", "team.pub", "--as", "ann"], 2, "no actor"),
        (["model", "--key", "team.pub", "--policy", "none.cedar"], 2, "no such policy"),
        ([f"sha256:{ROOT}", "--key", "team.pub", "--publish"], 2, "only the papers of a model that is here"),
    ],
)
def test_wrong_usage_is_said_in_one_line(run: Run, model: Made, arguments: list[str], code: int, why: str) -> None:
    got, _, err = run(*arguments)
    assert (got, err.count("\n")) == (code, 1)
    assert why in err


@pytest.mark.parametrize(
    ("terms", "why"),
    [
        ("", "nobody's signature counts"),
        ("keys = 1", "no terms of admission"),
        ('key = ["team.pub"]', "no terms of admission"),
        ('holder = "CN=x"\nkeys = ["team.pub"]', "no roots"),
        ("keys = [", "no terms of admission"),
    ],
)
def test_terms_that_cannot_be_had_are_said_in_one_line(run: Run, model: Made, terms: str, why: str) -> None:
    Path("bad.toml").write_text(terms)
    code, _, err = run("model", "--terms", "bad.toml")
    assert (code, why in err) == (2, True)


def test_what_cannot_be_looked_at_is_no_denial(run: Run, model: Made) -> None:
    (model.path / "link").symlink_to("weights.pkl")
    code, _, err = run("model", "--key", "team.pub")
    assert (code, "links and special files" in err) == (3, True)


def test_an_mlflow_registry_is_judged_tagged_and_recorded(run: Run, model: Made, tmp_path: Path) -> None:
    run("model", "--terms", "admit.toml", "--publish")
    with served(Shelf(tmp_path)) as shelf:
        shelf.add("good", "s3://b/good", alias="champion", root=model.root)
        ask = ("mlflow", "--url", shelf.url, "--alias", "champion", "--terms", "admit.toml")
        assert run(*ask)[0] == 0
        shelf.add("bad", "s3://b/bad", alias="champion", root=ROOT)
        code, out, _ = run(*ask, "--enforce", "--format", "json")
        verdicts = {one["model"]: (one["verdict"], one["removed"]) for one in json.loads(out)}
        assert (code, verdicts) == (1, {"bad": ("denied", True), "good": ("allowed", False)})
        assert shelf.aliases == {("good", "champion"): "1"}
    events = [record for _, record in read(Path(".bartizan/ledger")) if record.actor == "service:mlflow"]
    assert len(events) == 3


def test_the_webhook_answers_over_tls_until_it_is_told_to_stop(run: Run, model: Made, tmp_path: Path) -> None:
    run("model", "--terms", "admit.toml", "--publish")
    authority = issue("Test authority", authority=True)
    (tmp_path / "root.pem").write_bytes(authority.pem)
    certificate, key = write_certificate(tmp_path, authority)
    command = [sys.executable, "-c", "import sys; from bartizan.cli import main; sys.exit(main())", "admit", "serve",
               "--host", "127.0.0.1", "--port", "0", "--tls-cert", str(certificate), "--tls-key", str(key),
               "--terms", "admit.toml"]  # fmt: skip
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=dict(os.environ)) as process:
        try:
            assert process.stdout is not None
            said = re.search(r"https://127\.0\.0\.1:(\d+)/admit", process.stdout.readline())
            assert said is not None
            caller = Caller(int(said[1]), tmp_path / "root.pem")
            answers: list[Any] = [caller.post(encoded("Pod", f"model@sha256:{root}"))[1] for root in (model.root, ROOT)]
        finally:
            process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
    assert [(one["response"]["uid"], one["response"]["allowed"]) for one in answers] == [(UID, True), (UID, False)]
    events = [record.body for _, record in read(Path(".bartizan/ledger")) if record.actor == "person:ann"]
    assert len(events) == 2


def test_a_watched_registry_is_judged_again_and_again(run: Run, model: Made, tmp_path: Path) -> None:
    run("model", "--terms", "admit.toml", "--publish")
    with served(Shelf(tmp_path)) as shelf:
        command = [sys.executable, "-c", "from bartizan.cli import main; main()", "admit", "mlflow", "--url", shelf.url,
                   "--alias", "champion", "--terms", "admit.toml", "--watch", "1", "--format", "json"]  # fmt: skip
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            try:
                rounds = [process.stdout.readline()]
                shelf.add("bad", "s3://b/bad", alias="champion", root=ROOT)
                while "bartizan.verdict" not in shelf.tags("bad"):
                    rounds.append(process.stdout.readline())
            finally:
                process.send_signal(signal.SIGTERM)
            assert (process.wait(30), rounds[0]) == (0, "[]\n")
    assert shelf.tags("bad")["bartizan.verdict"] == "denied"
