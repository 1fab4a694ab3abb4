import importlib
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bartizan.kernel.control import code_digest


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    folder = tmp_path / "outside_package"
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    (folder / "look.py").write_text("SEEN = 1\n")
    for name in ("rules.toml", "table.tsv", "rules.cedar", "names.json", "notes.txt"):
        (folder / name).write_text("one")
    monkeypatch.syspath_prepend(str(tmp_path))
    importlib.import_module("outside_package.look")
    yield folder
    code_digest.cache_clear()
    for name in ("outside_package.look", "outside_package"):
        del sys.modules[name]


def digest() -> str:
    code_digest.cache_clear()
    return code_digest("outside_package.look")


@pytest.mark.parametrize("name", ["look.py", "__init__.py", "rules.toml", "table.tsv", "rules.cedar", "names.json"])
def test_the_digest_of_a_control_changes_with_its_code_and_with_its_data(package: Path, name: str) -> None:
    before = digest()
    (package / name).write_text("another")
    assert digest() != before


def test_the_digest_of_a_control_does_not_change_with_notes_beside_it(package: Path) -> None:
    before = digest()
    (package / "notes.txt").write_text("another")
    assert digest() == before
