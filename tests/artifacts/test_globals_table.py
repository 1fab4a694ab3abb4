"""The table of globals: what is known, what is decided by default, and that the shipped file holds the rules."""

import tomllib
from pathlib import Path

import pytest

from bartizan.artifacts import globals as known
from bartizan.artifacts.globals import table

FOLDER = Path(known.__file__).parent


def grades(module: str, name: str) -> tuple[str, str, str]:
    entry = table().look(module, name)
    return entry.call, entry.new, entry.named


@pytest.mark.parametrize(
    ("module", "name", "expected"),
    [
        ("collections", "OrderedDict", ("inert", "inert", "inert")),
        ("sklearn.svm._classes", "SVC", ("inert", "inert", "inert")),
        ("torch.nn.modules.linear", "Linear", ("inert", "inert", "inert")),
        ("posix", "system", ("code", "code", "code")),
        ("os", "anything", ("code", "code", "code")),
        ("shutil", "rmtree", ("io", "io", "io")),
        ("statistics", "unlisted", ("code", "code", "unknown")),
        ("torch.nn.functional", "gelu", ("code", "code", "library")),
        ("transformers.models", "helper", ("code", "code", "unknown")),
        ("mypackage", "Model", ("unknown", "unknown", "unknown")),
        ("mypackage", "system", ("code", "code", "code")),
        ("mypackage", "os.system", ("code", "code", "code")),
        ("collections", "OrderedDict.__init__.__globals__", ("code", "code", "code")),
        ("sklearn.ensemble.forest", "RandomForestClassifier", ("inert", "inert", "inert")),
        ("torch", "os", ("code", "code", "unknown")),
    ],
)
def test_grades(module: str, name: str, expected: tuple[str, str, str]) -> None:
    assert grades(module, name) == expected


def test_an_attribute_that_is_a_class_from_elsewhere_is_that_class() -> None:
    assert table().look("asyncio.base_subprocess", "subprocess.Popen").name == "subprocess.Popen"


def test_the_shipped_table_holds_every_rule_and_well_over_1500_globals() -> None:
    rules = tomllib.loads((FOLDER / "rules.toml").read_text())
    lines = [line.split("\t") for line in (FOLDER / "table.tsv").read_text().splitlines()]
    shipped = {
        (module, name): grade for module, grade, names in lines if grade not in (">", "-") for name in names.split()
    }
    decided = {
        (module, name)
        for grade, modules in rules.items()
        if grade not in ("aliases", "packages", "trusted", "calls", "danger")
        for module, names in modules.items()
        for name in names.split()
    }
    assert decided <= set(shipped)
    assert len(shipped) > 5_000


def test_no_line_lies_about_what_runs_code() -> None:
    for module, name in [
        ("builtins", "eval"),
        ("subprocess", "Popen"),
        ("pickle", "loads"),
        ("torch", "load"),
        ("io", "open"),
    ]:
        assert grades(module, name)[0] in ("code", "io")
