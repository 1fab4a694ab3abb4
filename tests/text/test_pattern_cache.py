"""The cache of compiled patterns: used when it is ours and whole, made anew when it is not, and never fatal."""

import os
from pathlib import Path

import pytest

from bartizan.text.pattern_cache import KEPT_FILES, PatternCache
from bartizan.text.patterns import Patterns
from bartizan.text.rule import Rule
from bartizan.text.view import Plain, Views

RULES = (Rule(id="r", kind="k", pattern="b+"),)


class Compiled:
    """Counts how often patterns are compiled in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.notes: list[str] = []

    def again(self) -> int:
        patterns = Patterns(RULES, cache=self.folder, note=self.notes.append)
        assert [match.read for match in patterns.find(Views("abbc", (Plain("abbc"),)))] == ["bb"]
        return len(self.notes)

    @property
    def file(self) -> Path:
        [file] = self.folder.glob("*.patterns")
        return file


@pytest.fixture
def compiled(tmp_path: Path) -> Compiled:
    return Compiled(tmp_path / "cache")


def test_patterns_are_compiled_once(compiled: Compiled) -> None:
    assert [compiled.again(), compiled.again()] == [1, 1]
    assert compiled.folder.stat().st_mode & 0o777 == 0o700
    assert compiled.file.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("cut", [0, 10, 40, 200])
def test_a_torn_file_is_made_anew(compiled: Compiled, cut: int) -> None:
    compiled.again()
    compiled.file.write_bytes(compiled.file.read_bytes()[:cut])
    assert [compiled.again(), compiled.again()] == [2, 2]


def test_a_changed_byte_is_noticed(compiled: Compiled) -> None:
    compiled.again()
    content = bytearray(compiled.file.read_bytes())
    content[-100] ^= 1
    compiled.file.write_bytes(content)
    assert compiled.again() == 2


def test_a_file_under_another_key_is_noticed(tmp_path: Path) -> None:
    cache = PatternCache(tmp_path)
    cache.put("one", b"content")
    (tmp_path / "one.patterns").rename(tmp_path / "other.patterns")
    assert cache.get("other") is None


def test_a_file_that_others_may_write_is_not_loaded(compiled: Compiled) -> None:
    compiled.again()
    compiled.file.chmod(0o602)
    assert compiled.again() == 2


def test_a_folder_that_others_may_write_to_is_not_used(compiled: Compiled) -> None:
    compiled.again()
    compiled.folder.chmod(0o777)
    assert [compiled.again(), compiled.again()] == [2, 3]


def test_a_link_is_not_followed(compiled: Compiled, tmp_path: Path) -> None:
    compiled.again()
    planted = tmp_path / "planted"
    compiled.file.rename(planted)
    (compiled.folder / planted.name).symlink_to(planted)
    cache = PatternCache(compiled.folder)
    (compiled.folder / "x.patterns").symlink_to(planted)
    assert cache.get("x") is None


def test_a_file_of_another_user_is_not_loaded(compiled: Compiled, monkeypatch: pytest.MonkeyPatch) -> None:
    compiled.again()
    owner = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: owner + 1)
    assert compiled.again() == 2


def test_a_pipe_in_its_place_does_not_hang(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "x.patterns", 0o600)
    assert PatternCache(tmp_path).get("x") is None


def test_a_cache_that_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    compiled = Compiled(tmp_path / "file" / "cache")
    assert [compiled.again(), compiled.again()] == [1, 2]


def test_the_oldest_files_go(tmp_path: Path) -> None:
    cache = PatternCache(tmp_path)
    for number in range(KEPT_FILES + 3):
        cache.put(f"key{number}", b"content")
        os.utime(tmp_path / f"key{number}.patterns", (number, number))
    assert cache.get("key0") is None
    assert cache.get(f"key{KEPT_FILES + 2}") == b"content"
    assert len(list(tmp_path.iterdir())) == KEPT_FILES
