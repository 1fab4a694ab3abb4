import os
import pickle
from pathlib import Path

import pytest

from bartizan.artifacts import default_profile
from bartizan.artifacts.cache import Cache
from bartizan.artifacts.control import CALLS_SYSTEM, PLAIN, ModelFile, scan
from bartizan.artifacts.findings import findings
from bartizan.artifacts.many import Task, find_files, scan_many
from bartizan.artifacts.scan import scan as scan_artifact
from bartizan.kernel import Budget, Context, Finding, Severity, UsageError
from bartizan.runner import exercise

TASK = Task(default_profile(), Budget())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "models"
    made.mkdir()
    (made / "a.pkl").write_bytes(CALLS_SYSTEM)
    (made / "b.pkl").write_bytes(PLAIN)
    (made / "c.bin").write_bytes(bytes(range(256)))
    return made


def verdicts(folder: Path, task: Task = TASK, on: str = "local") -> dict[str, str]:
    return {Path(one.path).name: one.verdict for one in scan_many(find_files(folder), task, on=on)}


@pytest.mark.parametrize("on", ["local", "local:2"])
def test_each_file_of_a_folder_has_its_report_wherever_it_was_scanned(folder: Path, on: str) -> None:
    assert verdicts(folder, on=on) == {"a.pkl": "block", "b.pkl": "allow", "c.bin": "unscanned"}


def test_reports_are_equal_here_and_in_workers(folder: Path) -> None:
    files = find_files(folder)
    assert list(scan_many(files, TASK)) == list(scan_many(files, TASK, on="local:2"))


def test_a_file_that_cannot_be_opened_is_not_scanned(folder: Path) -> None:
    missing = folder / "gone.pkl"
    (report,) = scan_many([missing], TASK)
    assert (report.verdict, report.facts[0].rule) == ("unscanned", "unreadable")


def test_a_missing_path_is_wrong_usage(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such file"):
        find_files(tmp_path / "nothing")


def test_of_a_hub_cache_only_the_snapshots_are_listed(tmp_path: Path) -> None:
    repo = tmp_path / "models--org--name"
    (repo / "blobs").mkdir(parents=True)
    (repo / "snapshots/abc").mkdir(parents=True)
    (repo / "blobs/ff00").write_bytes(CALLS_SYSTEM)
    (repo / "snapshots/abc/model.pkl").symlink_to("../../blobs/ff00")
    assert [path.name for path in find_files(tmp_path)] == ["model.pkl"]
    assert verdicts(tmp_path) == {"model.pkl": "block"}


def cached(tmp_path: Path) -> Task:
    return Task(default_profile(), Budget(), Cache(tmp_path / "cache", default_profile()))


def test_a_known_file_is_answered_from_the_cache_under_its_own_name(folder: Path, tmp_path: Path) -> None:
    task = cached(tmp_path)
    first = {Path(one.path).name: one for one in scan_many(find_files(folder), task)}
    (folder / "copy.pkl").write_bytes(CALLS_SYSTEM)
    again = {Path(one.path).name: one for one in scan_many(find_files(folder), task)}
    assert again["copy.pkl"].verdict == "block"
    assert {name: again[name] for name in first} == first
    assert first == {Path(one.path).name: one for one in scan_many(find_files(folder), TASK) if "copy" not in one.path}


def test_the_cache_answers_without_scanning(folder: Path, tmp_path: Path) -> None:
    task = cached(tmp_path)
    list(scan_many([folder / "b.pkl"], task))
    (kept,) = (tmp_path / "cache").rglob("*.json")
    kept.write_bytes(kept.read_bytes().replace(b'"allow"', b'"warn"'))
    assert verdicts(folder, task)["b.pkl"] == "warn"


@pytest.mark.parametrize("content", [b"", b"{}", b"not json", b"\xff" * 50])
def test_a_damaged_entry_of_the_cache_is_scanned_anew(folder: Path, tmp_path: Path, content: bytes) -> None:
    task = cached(tmp_path)
    list(scan_many([folder / "a.pkl"], task))
    (kept,) = (tmp_path / "cache").rglob("*.json")
    kept.write_bytes(content)
    assert verdicts(folder, task)["a.pkl"] == "block"


def test_an_entry_moved_to_another_digest_is_not_believed(folder: Path, tmp_path: Path) -> None:
    task = cached(tmp_path)
    list(scan_many([folder / "a.pkl", folder / "b.pkl"], task))
    by_verdict = {path.read_bytes().count(b'"block"') > 0: path for path in (tmp_path / "cache").rglob("*.json")}
    by_verdict[True].write_bytes(by_verdict[False].read_bytes())
    assert verdicts(folder, task)["a.pkl"] == "block"


def test_a_cache_that_others_can_write_to_is_not_believed(folder: Path, tmp_path: Path) -> None:
    task = cached(tmp_path)
    list(scan_many([folder / "b.pkl"], task))
    (kept,) = (tmp_path / "cache").rglob("*.json")
    kept.write_bytes(kept.read_bytes().replace(b'"allow"', b'"warn"'))
    kept.parent.chmod(0o777)
    assert verdicts(folder, task)["b.pkl"] == "allow"


def test_a_cache_that_cannot_be_written_is_no_error(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file where a folder belongs")
    assert verdicts(folder, cached(tmp_path))["a.pkl"] == "block"


def test_a_file_that_hangs_a_worker_is_not_scanned(folder: Path) -> None:
    os.mkfifo(folder / "d.pipe")
    assert "d.pipe" not in verdicts(folder)


def test_findings_name_the_file_the_member_and_what_to_do(tmp_path: Path) -> None:
    import numpy as np

    np.savez(tmp_path / "w.npz", a=np.array([Evil()], dtype=object))
    report = scan_artifact(tmp_path / "w.npz")
    (finding,) = [one for one in findings(report, default_profile()) if one.rule == "artifacts.calls-code"]
    assert finding.severity is Severity.CRITICAL
    assert (Path(finding.place.path).name, finding.place.member) == ("w.npz", "a.npy!objects")
    assert "os.system" in finding.message or "posix.system" in finding.message
    assert "unsafe-deserialization" in finding.threats
    assert "bartizan load" in finding.fix


class Evil:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, ("true",)


def test_what_is_allowed_is_no_finding() -> None:
    from bartizan.artifacts import Held

    assert list(findings(scan_artifact(Held("x", pickle.dumps({"a": [1, 2]}))), default_profile())) == []


def test_the_control_is_sound_and_takes_reports_too(folder: Path) -> None:
    assert exercise(scan).sound
    subject = ModelFile("a.pkl", scan_artifact(folder / "a.pkl"))
    assert str(subject.asset).startswith("model-file:a.pkl@sha256:")
    assert [type(body) for body in scan(subject, Context())] == [Finding]


def hide(folder: Path, name: str, levels: int) -> None:
    """Puts a hostile file so many folders deep, step by step: the whole path may be longer than the system opens."""
    deep = os.open(folder, os.O_RDONLY)
    for _ in range(levels):
        os.mkdir(name, dir_fd=deep)
        deeper = os.open(name, os.O_RDONLY, dir_fd=deep)
        os.close(deep)
        deep = deeper
    with os.fdopen(os.open("evil.pkl", os.O_WRONLY | os.O_CREAT, dir_fd=deep), "wb") as hidden:
        hidden.write(CALLS_SYSTEM)
    os.close(deep)


def test_a_folder_too_deep_to_be_listed_is_not_scanned_and_hides_nothing_else(folder: Path) -> None:
    hide(folder, "d" * 250, 20)

    reports = list(scan_many(find_files(folder), TASK))

    assert [report.verdict for report in reports] == ["block", "allow", "unscanned", "unscanned"]
    assert "File name too long" in reports[-1].reasons[0]


def test_folders_deeper_than_pythons_stack_are_walked(folder: Path) -> None:
    hide(folder, "d", 1_500)
    evil = Path(folder, *["d"] * 1_500, "evil.pkl")

    assert find_files(folder)[-1] == evil

    evil.unlink()
    os.removedirs(evil.parent)  # what clears up after tests would go too deep


def test_a_link_to_a_folder_elsewhere_is_not_passed_over_in_silence(folder: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (folder / "inner").mkdir()
    (folder / "latest").symlink_to(folder / "inner")
    (folder / "out").symlink_to(elsewhere)
    reports = list(scan_many(find_files(folder), TASK))
    assert [(Path(one.path).name, one.verdict) for one in reports][3:] == [("out", "unscanned")]
    assert reports[-1].reasons == ("unscanned: unreadable: a link to a folder elsewhere, not followed",)
