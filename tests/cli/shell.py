"""The command line as a person uses it."""

import sys

import pytest

from bartizan.cli.lazy import program


class Shell:
    """Runs the verb as a person does: exit code, stdout, stderr."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self._monkeypatch = monkeypatch
        self._capsys = capsys

    def __call__(self, *arguments: object) -> tuple[int, str, str]:
        self._monkeypatch.setattr(sys, "argv", ["bartizan", *map(str, arguments)])
        code = program()
        shown = self._capsys.readouterr()
        return code, shown.out, shown.err
