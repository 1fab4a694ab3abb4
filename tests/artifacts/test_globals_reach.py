"""Functions of libraries that reach code or files, found through calls, modules and methods."""

import types
from pathlib import Path

import pytest

from bartizan.artifacts.globals import table
from tools.globals_reach import reaching

SOURCES = {
    "lib": "from lib.inner import starts\nfrom lib import inner as other\n",
    "lib.inner": """
import os, re, subprocess as sp
from pickle import load as unpickle

def starts(command): return sp.Popen(command)
def through(command): return starts(command)
def reads(path):
    with open(path) as file: return unpickle(file)
def writes(path): return open(path, "w")
def fixed(): return open("/proc/meminfo")
def computes(x): return re.compile(x).match("a")
class Maker:
    def make(self, command): return self._run(command)
    def _run(self, command): return os.system(command)
    def shape(self): return (1, 2)
""",
    "lib.outer": "import lib\ndef handed(command): return lib.starts(command)\ndef plain(x): return x + 1\n",
}


def modules(folder: Path) -> list[types.ModuleType]:
    made = []
    for name, source in SOURCES.items():
        path = folder / f"{name}.py"
        path.write_text(source)
        module = types.ModuleType(name)
        module.__file__ = str(path)
        made.append(module)
    return made


def test_what_a_function_reaches_counts_through_calls_methods_and_modules(tmp_path: Path) -> None:
    assert {name: dict(graded) for name, graded in reaching(modules(tmp_path)).items()} == {
        "lib.inner": {
            "starts": "code",
            "through": "code",
            "reads": "code",
            "writes": "io",
            "Maker.make": "code",
            "Maker._run": "code",
        },
        "lib.outer": {"handed": "code"},
    }


@pytest.mark.parametrize(
    ("module", "name", "named"),
    [
        ("torch.utils.collect_env", "run", "code"),
        ("joblib.numpy_pickle", "load", "io"),
        ("sklearn.metrics", "accuracy_score", "library"),
        ("torch.nn.functional", "relu", "library"),
        ("torch.testing._internal.common_utils", "shell", "unknown"),
        ("torch.future_module", "run_command", "unknown"),
        ("torch.future_module", "gelu_exact", "library"),
    ],
)
def test_a_function_that_does_more_than_compute_is_not_harmless_to_name(module: str, name: str, named: str) -> None:
    assert table().look(module, name).named == named


@pytest.mark.parametrize("module", ["_testcapi", "gdbm", "_xxsubinterpreters", "_pyrepl.pager", "asyncore"])
def test_the_standard_library_of_other_versions_is_known(module: str) -> None:
    assert table().look(module, "run_string").call in ("code", "io")
