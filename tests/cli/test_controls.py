"""The verb `bartizan controls` where a package's controls cannot be had."""

from importlib.metadata import EntryPoint
from pathlib import Path

import msgspec
import pytest

from bartizan.kernel import registry
from tests.cli.shell import Shell


@pytest.fixture
def shell(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    return Shell(monkeypatch, capsys)


@pytest.fixture
def broken_package(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Beside the installed controls, an entry whose module breaks with a hostile message."""
    (tmp_path / "breaking_controls.py").write_text("raise RuntimeError('no \\x1b[2J luck')")
    monkeypatch.syspath_prepend(str(tmp_path))
    installed = list(registry._installed())
    entry = EntryPoint("breaking", "breaking_controls", registry.GROUP)
    monkeypatch.setattr(registry, "_installed", lambda: [*installed, entry])


@pytest.mark.usefixtures("broken_package")
def test_controls_that_cannot_be_loaded_are_named_beside_the_others(shell: Shell) -> None:
    code, out, err = shell("controls", "list")
    assert code == 3
    assert "artifacts.scan" in out
    assert "breaking" not in out
    [line] = err.splitlines()
    assert line.startswith("not loadable: breaking: ")
    assert "\x1b" not in line


@pytest.mark.usefixtures("broken_package")
def test_json_holds_both(shell: Shell) -> None:
    code, out, err = shell("controls", "list", "--format", "json")
    listed = msgspec.json.decode(out)
    assert (code, err) == (3, "")
    assert "artifacts.scan" in [one["id"] for one in listed["controls"]]
    assert [one["entry"] for one in listed["unloadable"]] == ["breaking"]


def test_where_all_can_be_loaded_nothing_is_missing(shell: Shell) -> None:
    assert shell("controls", "list")[0] == 0
