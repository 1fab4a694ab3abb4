"""Progress shows on a terminal, and nowhere else."""

import io
import sys

import pytest

from bartizan.cli.progress import progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_nothing_is_written_where_nobody_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    quiet = io.StringIO()
    monkeypatch.setattr(sys, "stderr", quiet)
    with progress() as tell:
        tell("scanning", 1, 2)
    assert quiet.getvalue() == ""


def test_a_terminal_sees_what_is_done_with_hostile_names_escaped(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")
    with progress() as tell:
        tell("[red]x\x1b[2J", 1, 4)
        tell("[red]x\x1b[2J", 3, 4)
    shown = terminal.getvalue()
    assert "3/4" in shown
    assert "[red]x\\x1b[2J" in shown
    assert "\x1b[2J" not in shown
