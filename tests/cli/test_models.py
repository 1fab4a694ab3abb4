"""The verbs that open, list, sign and verify models, as a user runs them."""

import json
import pickle
import subprocess
from pathlib import Path
from typing import NamedTuple

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from bartizan.artifacts.control import CALLS_SYSTEM
from tests.artifacts.oms.pki import issue, private_pem, public_pem
from tests.cli.run import COMMAND, clean


class Done(NamedTuple):
    code: int
    stdout: str
    stderr: str


def run(*arguments: object, **env: str) -> Done:
    """What the command printed, and its exit code."""
    done = subprocess.run(
        [*COMMAND, *map(str, arguments)], env=clean(**env), capture_output=True, text=True, timeout=60, check=False
    )
    assert "Traceback" not in done.stderr
    assert done.stderr.count("\n") <= 4
    return Done(done.returncode, done.stdout, done.stderr)


@pytest.fixture
def model(tmp_path: Path) -> Path:
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "weights.pkl").write_bytes(pickle.dumps({"layer": {"w": [1.0, 2.0]}, "n": 3}))
    (folder / "README.md").write_text("---\nlicense: mit\n---\n# A model\n")
    return folder


@pytest.fixture
def key(tmp_path: Path) -> Path:
    made = ec.generate_private_key(ec.SECP256R1())
    (tmp_path / "key.pub").write_bytes(public_pem(made))
    (tmp_path / "key.pem").write_bytes(private_pem(made))
    return tmp_path / "key.pem"


def test_a_harmless_file_is_opened_and_shown(model: Path) -> None:
    done = run("load", model / "weights.pkl")
    assert done.code == 0
    assert "layer/w" in done.stdout
    rows = json.loads(run("load", model / "weights.pkl", "--format", "json").stdout)
    assert {"where": "n", "type": "int", "shape": "3"} in rows


def test_a_hostile_file_is_refused_in_one_line(model: Path) -> None:
    (model / "evil.pkl").write_bytes(CALLS_SYSTEM)
    done = run("load", model / "evil.pkl")
    assert (done.code, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert "os.system" in done.stderr


def test_a_model_is_signed_verified_and_refused_once_changed(model: Path, key: Path) -> None:
    assert run("sign", model, "--key", key).code == 0
    assert {path.name for path in model.parent.glob("*.sig")} == {"model.sig", "model.scan.sig"}
    done = run("verify", model, "--key", key.with_suffix(".pub"), "--format", "json")
    assert (done.code, json.loads(done.stdout)["files"]) == (0, 2)
    (model / "weights.pkl").write_bytes(b"other")
    done = run("verify", model, "--key", key.with_suffix(".pub"))
    assert (done.code, "weights.pkl was changed" in done.stderr) == (1, True)


def test_a_model_that_the_scan_blocks_is_not_signed(model: Path, key: Path) -> None:
    (model / "evil.pkl").write_bytes(CALLS_SYSTEM)
    done = run("sign", model, "--key", key)
    assert (done.code, "os.system" in done.stderr) == (1, True)
    assert not list(model.parent.glob("*.sig"))
    assert run("sign", model, "--key", key, "--no-scan").code == 0


def test_a_chain_of_certificates_signs_too(model: Path, tmp_path: Path) -> None:
    root = issue("Root", authority=True)
    leaf = issue("Model team", root)
    (tmp_path / "root.pem").write_bytes(root.pem)
    (tmp_path / "leaf.pem").write_bytes(leaf.pem)
    (tmp_path / "leaf-key.pem").write_bytes(private_pem(leaf.key))
    signed = run("sign", model, "--key", tmp_path / "leaf-key.pem", "--chain", tmp_path / "leaf.pem")
    assert signed.code == 0
    assert run("verify", model, "--root", tmp_path / "root.pem", "--holder", "CN=Model team").code == 0
    assert run("verify", model, "--root", tmp_path / "root.pem", "--holder", "CN=Others").code == 1


@pytest.mark.parametrize("options", [[], ["--identity", "ann@example.org"], ["--key", "a", "--root", "b"]])
def test_who_is_trusted_must_be_said_in_one_way(model: Path, options: list[str]) -> None:
    assert run("verify", model, *options).code == 2


def test_a_missing_signature_is_told_from_a_wrong_one(model: Path, key: Path) -> None:
    assert run("verify", model, "--key", key.with_suffix(".pub")).code == 3
    (model.parent / "model.sig").write_text("{}")
    assert run("verify", model, "--key", key.with_suffix(".pub")).code == 1


@pytest.mark.parametrize(
    ("form", "mark"),
    [("cyclonedx-1.6", '"specVersion": "1.6"'), ("cyclonedx-1.7", '"1.7"'), ("spdx-3.0", "ai_AIPackage")],
)
def test_a_bill_of_materials_is_the_same_each_time(model: Path, form: str, mark: str) -> None:
    first = run("bom", model, "--format", form, SOURCE_DATE_EPOCH="0")
    assert (first.code, mark in first.stdout, "weights.pkl" in first.stdout) == (0, True, True)
    assert first == run("bom", model, "--format", form, SOURCE_DATE_EPOCH="0")
    assert run("bom", model, SOURCE_DATE_EPOCH="soon").code == 2


def test_a_model_that_is_not_signed_is_told_by_file_and_by_its_worst(model: Path, key: Path) -> None:
    (model / "a.json").write_text('{"auto_map": {"AutoModel": "model.Net"}}')
    (model / "evil.pkl").write_bytes(CALLS_SYSTEM)
    done = run("sign", model, "--key", key)
    assert done.code == 1
    assert done.stderr.startswith("bartizan: not signed, the scan blocks it: evil.pkl: calls os.system")
    assert done.stderr.endswith(f"({model}). bartizan scan shows all of it\n")


def test_both_papers_that_were_written_are_named(model: Path, key: Path) -> None:
    both = run("sign", model, "--key", key).stdout
    assert both == f"signed {model}: {model}.sig and {model}.scan.sig\n"
    assert run("sign", model, "--key", key, "--no-scan").stdout == f"signed {model}: {model}.sig\n"


def test_a_broken_bundle_is_named(model: Path, key: Path) -> None:
    bundle = model.with_name("model.sig")
    bundle.write_text("garbage")
    done = run("verify", model, "--key", key.with_name("key.pub"))
    assert (done.code, done.stderr.endswith(f"({bundle})\n")) == (1, True)
    bundle.unlink()
    done = run("verify", model, "--key", key.with_name("key.pub"))
    assert (done.code, "bartizan sign makes one" in done.stderr) == (3, True)


@pytest.mark.parametrize(
    ("content", "code", "said"),
    [
        (None, 2, "there is no such file"),
        (b"", 2, "the file is empty"),
        (bytes(range(256)), 3, "no reader knows this format"),
        (b"cscipy_that_is_not_here\nx\n.", 1, "names what the table does not know"),
    ],
)
def test_a_file_that_cannot_be_opened_says_why(tmp_path: Path, content: bytes | None, code: int, said: str) -> None:
    path = tmp_path / "model.bin"
    if content is not None:
        path.write_bytes(content)
    done = run("load", path)
    assert (done.code, said in done.stderr) == (code, True)


def test_a_library_that_is_not_installed_is_no_verdict_on_the_file(tmp_path: Path) -> None:
    path = tmp_path / "model.pkl"
    path.write_bytes(b"cnot_installed_here\nNet\n.")
    done = run("load", path, "--trust", "not_installed_here.Net")
    assert done.code == 3
    assert "what the file holds needs not_installed_here, which is not installed" in done.stderr


@pytest.mark.parametrize("key", ["nothing", "model", "model/README.md"])
def test_a_key_that_is_none_is_said_in_one_short_line(model: Path, key: str) -> None:
    done = run("verify", model, "--key", model.parent / key)
    assert (done.code, "cannot be read" in done.stderr) == (2, True)
    assert "Errno" not in done.stderr
    assert "http" not in done.stderr


def test_a_folder_without_a_file_has_no_bill_of_materials(tmp_path: Path) -> None:
    done = run("bom", tmp_path)
    assert (done.code, done.stdout) == (2, "")
    assert done.stderr == f"bartizan: there is no file to list ({tmp_path})\n"
