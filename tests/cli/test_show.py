"""Whatever is printed, no terminal obeys it and no reader overlooks it; as JSON it still means the same."""

import json
from pathlib import Path

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bartizan.cli.show import counted, in_json, table
from bartizan.kernel.unseen import unseen
from bartizan.runner.keep import Keep
from bartizan.runner.settings import Settings
from tests.cli.run import bartizan

HOSTILE = "\x1b]0;owned\x07\x9b31m\x7f\u202e\u3164\U000e0041"
TEXTS = st.text(st.characters(exclude_categories=["Cs"]))


@given(TEXTS, TEXTS)
@example(HOSTILE, HOSTILE)
def test_json_hides_nothing_and_means_the_same(name: str, value: str) -> None:
    said = {name: [value, 1.5, None]}
    for printed in (in_json(msgspec.json.encode(said)), in_json(msgspec.json.format(msgspec.json.encode(said)))):
        assert json.loads(printed) == said
        assert not any(map(unseen, printed.replace("\n", "")))


def test_neither_cells_nor_the_names_of_columns_steer_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    table([HOSTILE, "[bold]b[/]"], [[HOSTILE, "[link=x]y"]])
    printed = capsys.readouterr().out
    assert not any(map(unseen, printed.replace("\n", "")))
    assert printed.count("\\x1b]0;owned\\x07\\x9b31m\\x7f\\u{202e}") == 2
    assert "[bold]b[/]" in printed


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["assets", "show", f"model:{HOSTILE}"], 2),
        (["assets", "show", HOSTILE], 2),
        (["findings", "show", HOSTILE], 2),
        (["cases", "show", HOSTILE], 2),
        (["--config", HOSTILE, "findings"], 2),
        (["findings", f"--{HOSTILE}"], 2),
        (["findings", "list", "--data", f"/dev/null/{HOSTILE}"], 2),
        (["keys", "add", "k", "--data", f"/dev/null/{HOSTILE}"], 3),
        ([HOSTILE], 2),
    ],
)
def test_no_complaint_repeats_what_steers_a_terminal(arguments: list[str], code: int, tmp_path: Path) -> None:
    Keep.open(Settings(data=tmp_path / ".bartizan")).close()
    done = bartizan(*arguments, cwd=tmp_path)
    assert done.returncode == code
    assert done.stdout == ""
    assert not any(map(unseen, done.stderr.replace("\n", "")))


def test_a_row_in_a_pipe_is_one_whole_line(capsys: pytest.CaptureFixture[str]) -> None:
    long = "word " * 100
    table(["name", "text"], [["a", long], ["中文", "short"]])
    assert capsys.readouterr().out.splitlines() == ["name  text", f"a     {long.rstrip()}", "中文  short"]


def test_one_huge_cell_does_not_pad_every_row_to_its_width(capsys: pytest.CaptureFixture[str]) -> None:
    table(["text", "name"], [["z" * 100_000, "a"], *[["y", "b"]] * 100])
    printed = capsys.readouterr().out
    assert printed.count("z") == 100_000
    assert len(printed) < 1_000_000


def test_things_are_counted_in_words() -> None:
    assert [counted(number, "file") for number in (0, 1, 1_000)] == ["0 files", "1 file", "1,000 files"]
