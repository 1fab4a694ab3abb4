"""The gate before a registry that answers over HTTP as MLflow does."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bartizan.artifacts.admit import Papers
from bartizan.artifacts.admit.http import NetHttp
from bartizan.artifacts.admit.mlflow import MlflowError, Registry
from bartizan.artifacts.admit.mlflow_gate import MlflowGate, Standing
from bartizan.artifacts.control import CALLS_SYSTEM
from bartizan.kernel import Budget, UsageError
from tests.artifacts.admit.registry import Shelf, served
from tests.artifacts.admit.scenes import Made, gate, make

ROOT = "0a" * 32
SMALL = Budget(bytes=1 << 20, members=50, depth=4)


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Shelf]:
    (tmp_path / "files").mkdir()
    with served(Shelf(tmp_path / "files")) as made:
        yield made


@pytest.fixture
def model(tmp_path: Path) -> Made:
    return make(tmp_path)


@pytest.fixture
def guard(tmp_path: Path, shelf: Shelf, model: Made) -> Any:
    """Makes the gate; the papers of `model` are published."""
    records: list[Any] = []
    made = gate(tmp_path, append=records.extend, environments={"Staging": "staging"})
    made.store.publish(model.root, model.papers)

    def build(**options: Any) -> MlflowGate:
        options = {"alias": "champion"} | options
        return MlflowGate(registry=Registry(shelf.url + "/", NetHttp()), gate=made, **options)

    build.records = records  # type: ignore[attr-defined]
    return build


def stands(gate_: MlflowGate) -> dict[str, Standing]:
    return {f"{one.model}/{one.version}": one for one in gate_.check()}


def test_every_version_behind_the_alias_is_judged_and_tagged(guard: Any, shelf: Shelf, model: Made) -> None:
    for n in range(5):
        shelf.add(f"good-{n}", "s3://bucket/good", alias="champion", root=f"sha256:{model.root}")
    shelf.add("bad", "s3://bucket/bad", alias="champion", root=ROOT)
    shelf.add("other", "s3://bucket/other", alias="challenger", root=ROOT)
    found = stands(guard())
    assert {name: (one.verdict, one.by, one.removed) for name, one in found.items()} == {
        "bad/1": ("denied", "tag", False),
    } | {f"good-{n}/1": ("allowed", "tag", False) for n in range(5)}
    assert shelf.tags("good-0")["bartizan.verdict"] == "allowed"
    assert shelf.tags("bad")["bartizan.verdict"] == "denied"
    assert "nobody whose signature counts" in shelf.tags("bad")["bartizan.reasons"]
    assert "bartizan.verdict" not in shelf.tags("other")
    assert len(guard.records) == 6
    assert {record.actor for record in guard.records} == {"service:mlflow"}


def test_a_denied_version_loses_its_alias_only_when_that_is_enforced(guard: Any, shelf: Shelf, model: Made) -> None:
    shelf.add("bad", "s3://bucket/bad", alias="champion", root=ROOT)
    shelf.add("good", "s3://bucket/good", alias="champion", root=model.root)
    assert not stands(guard())["bad/1"].removed
    assert ("bad", "champion") in shelf.aliases
    assert stands(guard(enforce=True))["bad/1"].removed
    assert set(shelf.aliases) == {("good", "champion")}
    assert shelf.tags("bad")["bartizan.verdict"] == "denied"


def test_every_version_in_a_stage_is_judged_not_only_the_latest(guard: Any, shelf: Shelf, model: Made) -> None:
    shelf.add("m", "s3://b/1", stage="Staging", root=ROOT)
    shelf.add("m", "s3://b/2", stage="Staging", root=model.root)
    shelf.add("m", "s3://b/3", stage="Production", root=ROOT)
    found = stands(guard(alias="", stage="staging", enforce=True))
    assert {name: one.verdict for name, one in found.items()} == {"m/1": "denied", "m/2": "allowed"}
    assert [one["current_stage"] for one in shelf.versions] == ["None", "Staging", "Production"]


def test_files_that_can_be_read_are_believed_and_not_the_tag(guard: Any, shelf: Shelf, model: Made) -> None:
    evil = shutil.copytree(model.path, model.path.parent / "evil")
    (evil / "weights.pkl").write_bytes(CALLS_SYSTEM)
    shelf.add("good", f"file://{model.path}", alias="champion", root=model.root)
    shelf.add("untagged", str(model.path), alias="champion")
    shelf.add("evil", f"file://{evil}", alias="champion", root=model.root)
    shelf.add("mistagged", f"file://{model.path}", alias="champion", root=ROOT)
    found = stands(guard(folder=model.path.parent))
    assert {name: (one.verdict, one.by) for name, one in found.items()} == {
        "good/1": ("allowed", "files"),
        "untagged/1": ("allowed", "files"),
        "evil/1": ("denied", "files"),
        "mistagged/1": ("denied", "files"),
    }
    assert any("os.system" in reason for reason in found["evil/1"].reasons)
    assert any("the tag bartizan.root says" in reason for reason in found["mistagged/1"].reasons)


@pytest.mark.parametrize("source", ["file:///etc", "/etc", "relative", "file://host/etc", "s3://b/m"])
def test_nothing_outside_the_folder_is_read(guard: Any, shelf: Shelf, model: Made, source: str) -> None:
    shelf.add("m", source, alias="champion")
    found = stands(guard(folder=model.path))["m/1"]
    assert (found.verdict, found.by) == ("denied", "")
    assert "no digest is known" in found.reasons[0]


@pytest.mark.parametrize(
    "source", ["file:///a%00b", "/a\0b", "file://[::1", "mlflow-artifacts:", "mlflow-artifacts:/.."]
)
def test_a_location_that_cannot_be_read_is_a_no(guard: Any, shelf: Shelf, model: Made, source: str) -> None:
    shelf.add("m", source, alias="champion", root=model.root)
    found = stands(guard(folder=model.path, download=SMALL, enforce=True))["m/1"]
    assert (found.verdict, found.removed) == ("denied", True)


def test_a_link_out_of_the_folder_is_not_followed(guard: Any, shelf: Shelf, tmp_path: Path, model: Made) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    (inner / "way-out").symlink_to(model.path)
    shelf.add("m", f"{inner}/way-out", alias="champion")
    shelf.add("n", f"{inner}/../llama", alias="champion")
    assert {one.verdict for one in stands(guard(folder=inner)).values()} == {"denied"}


def test_files_that_the_server_hands_out_are_fetched_and_looked_at(guard: Any, shelf: Shelf, model: Made) -> None:
    shutil.copytree(model.path, shelf.files / "1/run/llama v2")
    evil = shutil.copytree(model.path, shelf.files / "1/evil")
    (evil / "sub").mkdir()
    (evil / "sub/more.pkl").write_bytes(CALLS_SYSTEM)
    shelf.add("good", "mlflow-artifacts:/1/run/llama v2", alias="champion")
    shelf.add("evil", "mlflow-artifacts:/1/evil", alias="champion", root=model.root)
    found = stands(guard(download=SMALL))
    assert {name: (one.verdict, one.by) for name, one in found.items()} == {
        "good/1": ("allowed", "files"),
        "evil/1": ("denied", "files"),
    }


@pytest.mark.parametrize("path", ["../x", "/etc/passwd", "a/b", "..", ".", "", "C:\\x", "a\0b"])
def test_a_listing_that_leads_elsewhere_is_a_no(guard: Any, shelf: Shelf, path: str) -> None:
    shelf.listed["1/m"] = [{"path": path, "is_dir": False}]
    shelf.add("m", "mlflow-artifacts:/1/m", alias="champion")
    found = stands(guard(download=SMALL, enforce=True))["m/1"]
    assert (found.verdict, found.removed) == ("denied", True)
    assert "lists the path" in found.reasons[0]


@pytest.mark.parametrize("bomb", ["large", "deep", "many"])
def test_a_version_too_large_to_look_at_is_a_no(guard: Any, shelf: Shelf, bomb: str) -> None:
    folder = shelf.files / "1/m"
    folder.mkdir(parents=True)
    if bomb == "large":
        (folder / "a").write_bytes(bytes(1 << 19))
        (folder / "b").write_bytes(bytes((1 << 19) + 1))
    elif bomb == "deep":
        (folder / "a/b/c/d/e/f").mkdir(parents=True)
    else:
        for n in range(51):
            (folder / str(n)).touch()
    shelf.add("m", "mlflow-artifacts:/1/m", alias="champion")
    assert stands(guard(download=SMALL, enforce=True))["m/1"].verdict == "denied"


@pytest.mark.parametrize("tag", ["../../../etc", "latest", "sha256:" + ROOT.upper(), ""])
def test_a_tag_that_is_no_digest_is_a_no(guard: Any, shelf: Shelf, tag: str) -> None:
    shelf.add("m", "s3://b/m", alias="champion", root=tag)
    assert stands(guard(enforce=True))["m/1"].verdict == "denied"
    assert not shelf.aliases


def test_what_the_gate_itself_fails_at_takes_nothing_out(guard: Any, shelf: Shelf, tmp_path: Path, model: Made) -> None:
    def full(_records: object) -> None:
        raise OSError(28, "No space left on device")

    shelf.add("m", "s3://b/m", alias="champion", root=model.root)
    broken = gate(tmp_path, append=full)
    before = MlflowGate(registry=Registry(shelf.url, NetHttp()), gate=broken, alias="champion", enforce=True)
    assert [(one.verdict, one.removed) for one in before.check()] == [("unknown", False)]
    assert shelf.aliases
    shelf.add("lost", "mlflow-artifacts:/1/lost", alias="champion")
    shelf.listed["1/lost"] = [{"path": "gone.bin"}]
    assert stands(guard(download=SMALL, enforce=True))["lost/1"].verdict == "unknown"


def test_papers_published_for_another_model_do_not_help(guard: Any, shelf: Shelf, tmp_path: Path, model: Made) -> None:
    other = make(tmp_path, "other", value=7)
    guard().gate.store.publish(other.root, Papers(model.papers.signature, model.papers.scan, model.papers.bom))
    shelf.add("m", "s3://b/m", alias="champion", root=other.root)
    assert stands(guard())["m/1"].verdict == "denied"


def test_a_server_that_is_no_mlflow_is_said_in_one_line(guard: Any, shelf: Shelf) -> None:
    shelf.broken = True
    with pytest.raises(MlflowError, match="otherwise than MLflow"):
        stands(guard())
    shelf.broken, shelf.token = False, "secret"
    with pytest.raises(MlflowError, match="status 401"):
        stands(guard())
    known = Registry(shelf.url, NetHttp([("authorization", "Bearer secret")]))
    assert list(known.behind("champion")) == []
    assert "secret" not in repr(known._http)
    nobody = Registry("http://127.0.0.1:9", NetHttp())
    with pytest.raises(MlflowError, match="cannot be asked"):
        list(nobody.behind("champion"))


@pytest.mark.parametrize("url", ["mlflow", "file:///x", "https://", "http://h/?a=b"])
def test_an_address_that_is_none_is_wrong_usage(url: str) -> None:
    with pytest.raises(UsageError):
        Registry(url, NetHttp())


def test_either_an_alias_or_a_stage_has_to_be_named(guard: Any) -> None:
    for options in ({"alias": ""}, {"alias": "a", "stage": "b"}):
        with pytest.raises(UsageError):
            guard(**options)
