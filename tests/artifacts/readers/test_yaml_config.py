"""YAML: the same values as PyYAML reads, and the keys and tags on which loaders act."""

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bartizan.artifacts import Held, Report, scan
from bartizan.artifacts.fact import Calls, Imports, ReadsPath, Spent
from bartizan.artifacts.reader import Look
from bartizan.artifacts.yaml_document import read_yaml
from bartizan.kernel import Budget, Meter
from tests.artifacts.readers.fuzzing import mutants, survives


def scanned(text: str) -> Report:
    return scan(Held("config", text.encode()))


def read(text: str) -> Any:
    return plain(read_yaml(text.encode(), Look(Meter(Budget()))).documents[0])


def plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: plain(inner) for key, inner in value.items()}
    return [plain(inner) for inner in value] if isinstance(value, list) else value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: x\nb:\n  c: y\n  d: [z, 'two', {e: f}]\n", {"a": "x", "b": {"c": "y", "d": ["z", "two", {"e": "f"}]}}),
        ("- a\n- b: x\n  c: y\n-\n  - x\n", ["a", {"b": "x", "c": "y"}, ["x"]]),
        ("list:\n- a\n- b\nc: d\n", {"list": ["a", "b"], "c": "d"}),
        ("? _target_\n: os.system\n", {"_target_": "os.system"}),
        ('"\\x5ftarget_": \'it\'\'s\'\n', {"_target_": "it's"}),
        ("base: &b {k: v}\nd:\n  <<: *b\n  z: y\n", {"base": {"k": "v"}, "d": {"k": "v", "z": "y"}}),
        ("a: &x os.system\nb: {_target_: *x}\n", {"a": "os.system", "b": {"_target_": "os.system"}}),
        ("s: |\n  one\n    two\nt: after\n", {"s": "one\n  two", "t": "after"}),
        ("a: plain text\n  goes on # not this\n", {"a": "plain text goes on"}),
        ("b: \"quoted\n  over\"\n", {"b": "quoted over"}),
        ("a: {b: c,\n  d: [e,\n  f]}\ng: h\n", {"a": {"b": "c", "d": ["e", "f"]}, "g": "h"}),
        ("x: http://a.b/c:d\ny: a#b\n", {"x": "http://a.b/c:d", "y": "a#b"}),
        ("- - a\n  - b\n- c\n", [["a", "b"], "c"]),
        ("a: null\nb: ~ # none\nc: 'null'\nd: !!str null\n", {"a": None, "b": None, "c": "null", "d": "null"}),
        ("t:\n  'one ''two'' three\n  four'\n", {"t": "one 'two' three four"}),
    ],
)  # fmt: skip
def test_values_are_those_of_a_loader(text: str, value: Any) -> None:
    assert read(text) == value


KEYS = st.text(st.characters(categories=["Ll", "Nd"]), min_size=1, max_size=6).filter(
    lambda word: word.isalpha() and word != "null"
)
VALUES = st.recursive(
    KEYS,
    lambda inner: st.lists(inner, min_size=1, max_size=3) | st.dictionaries(KEYS, inner, min_size=1, max_size=3),
    max_leaves=10,
)


def written(value: Any, indent: int = 0) -> str:
    """Block style, as dumpers write it."""
    space = "  " * indent
    if isinstance(value, dict):
        return "".join(f"{space}{key}:{_after(inner, indent)}" for key, inner in value.items())
    return "".join(f"{space}-{_after(inner, indent)}" for inner in value)


def _after(value: Any, indent: int) -> str:
    return f" {value}\n" if isinstance(value, str) else "\n" + written(value, indent + 1)


@given(value=st.dictionaries(KEYS, VALUES, min_size=1, max_size=4))
def test_what_a_dumper_writes_is_read_back(value: Any) -> None:
    assert read(written(value)) == value


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("model:\n  _target_: nemo.collections.asr.models.EncDecCTCModel\n  optim:\n    name: adamw\n", "allow"),
        ("model:\n  _target_: os.system\n  command: id\n", "block"),
        ("model: {'_target_': \"subprocess.Popen\", _args_: [[id]]}\n", "block"),
        ("defaults:\n- a\nmodel: &m\n  _target_: &t builtins.exec\nother:\n  _target_: *t\n", "block"),
        ("!!python/object/apply:os.system ['id']\n", "block"),
        ("a: !<tag:yaml.org,2002:python/object/new:os.system> [id]\n", "block"),
        ("%TAG !p! tag:yaml.org,2002:python/\n---\na: !p!object/apply:os.system [id]\n", "block"),
        ("a: !!python/tuple [1, 2]\n", "allow"),
        ("opt: !name:torch.optim.Adam\nnet: !new:speechbrain.lobes.models.CRDNN.CRDNN\n  n: 1\n", "allow"),
        ("x: !apply:os.system [id]\n", "block"),
        ("chat_template: \"{{ cycler.__init__.__globals__ }}\"\n", "block"),
        ("lr: 0.1\nname: &n adam\ndeep:\n  again: *n\n", "allow"),
    ],
)  # fmt: skip
def test_keys_and_tags_on_which_loaders_act(text: str, verdict: str) -> None:
    report = scanned(text)
    assert (report.format, report.verdict) == ("yaml", verdict)


def test_a_tag_that_calls_is_a_call() -> None:
    (fact,) = scanned("a: !!python/object/apply:os.system [id]\n").facts
    assert fact == Calls("code", "os.system", where="line 1")


def mlflow(**flavour: str) -> str:
    lines = "".join(f"    {key}: {value}\n" for key, value in flavour.items())
    return f"artifact_path: model\nflavors:\n  python_function:\n{lines}run_id: abc\n"


@pytest.mark.parametrize(
    ("flavour", "kinds", "verdict"),
    [
        ({"loader_module": "mlflow.sklearn", "model_path": "model.pkl"}, set(), "allow"),
        ({"loader_module": "mlflow.pyfunc.model", "python_model": "python_model.pkl"}, set(), "allow"),
        ({"loader_module": "evil_loader", "data": "data"}, {Imports}, "warn"),
        ({"loader_module": "mlflow.pyfunc.model", "code": "code"}, {Imports}, "warn"),
        ({"loader_module": "mlflow.pyfunc.model", "code": "null"}, set(), "allow"),
        ({"loader_module": "mlflow.pyfunc.model", "code": "'null'"}, {Imports}, "warn"),
        ({"loader_module": "mlflow.pyfunc.model", "code": "!!str null"}, {Imports}, "warn"),
        ({"loader_module": "mlflow.pyfunc.model", "model_code_path": "/home/me/model.py"}, {Imports}, "warn"),
        ({"loader_module": "mlflow.sklearn", "model_path": "../../../tmp/x.pkl"}, {ReadsPath}, "block"),
    ],
)
def test_mlflow_models_go_by_their_loader_and_paths(flavour: dict[str, str], kinds: set[type], verdict: str) -> None:
    report = scanned(mlflow(**flavour))
    assert (report.verdict, {type(fact) for fact in report.facts}) == (verdict, kinds)


def test_aliases_of_aliases_are_a_bomb_and_decided_at_once() -> None:
    lines = ["a: &a [x, x, x, x, x, x, x, x, x]"]
    lines += [
        f"{name}: &{name} [{', '.join(['*' + before] * 9)}]"
        for before, name in zip("abcdefgh", "bcdefghi", strict=True)
    ]
    begun = time.perf_counter()
    report = scanned("\n".join(lines))
    assert time.perf_counter() - begun < 1
    assert isinstance(report.facts[0], Spent)
    assert report.verdict == "block"


@pytest.mark.parametrize("text", ["a:\n" + "- " * 60_000, "a: [" + "[" * 60_000, "a: {a: " * 9_000, "? " * 9_000])
def test_depth_is_a_bomb(text: str) -> None:
    assert any(isinstance(fact, Spent) for fact in scanned(text).facts)


def test_prose_with_front_matter_is_no_configuration() -> None:
    assert scanned("---\nlicense: mit\n---\n# A model\n\nWords about it.\n").format == "data"


@given(
    data=mutants(
        ("a: &x !!python/tuple [1, {b: 'c'}]\nd:\n  <<: *x\n  e: |\n    text\n  ? f\n  : \"g\\n\"\n" * 2).encode()
    )
)
def test_no_mutant_breaks_the_scan(data: bytes) -> None:
    survives(data)
