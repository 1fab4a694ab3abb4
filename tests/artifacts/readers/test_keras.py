"""Keras files: what rebuilding the model would import, call, read and fetch, in both of Keras' formats."""

import base64
import io
import json
import marshal
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given

from bartizan.artifacts import Held, Report, scan
from bartizan.artifacts.fact import Calls, FetchesUrl, Imports, Opaque, ReadsPath
from bartizan.artifacts.marshalled import names_in_code
from tests.artifacts.readers.fuzzing import mutants, survives
from tests.artifacts.readers.hdf5_files import file


def keras_file(*layers: dict[str, Any], **members: bytes) -> bytes:
    """A `.keras` file of these layers."""
    model = {"module": "keras", "class_name": "Sequential", "config": {"name": "m", "layers": list(layers)}}
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("metadata.json", '{"keras_version": "3.8.0"}')
        archive.writestr("config.json", json.dumps(model))
        for name, data in members.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def layer(name: str, module: str | None = "keras.layers", **config: Any) -> dict[str, Any]:
    return {"module": module, "class_name": name, "config": config, "registered_name": None}


def marshalled(function: Callable[..., Any]) -> str:
    return base64.b64encode(marshal.dumps(function.__code__)).decode()


def lambda_layer(function: Callable[..., Any]) -> dict[str, Any]:
    code = {"code": marshalled(function), "defaults": None, "closure": None}
    return layer("Lambda", function={"class_name": "__lambda__", "config": code})


def scanned(data: bytes) -> Report:
    return scan(Held("model", data))


def test_layers_that_compute_are_allowed() -> None:
    report = scanned(
        keras_file(layer("Dense", units=1), layer("Adam", "keras.src.backend.torch.optimizers.torch_adam"))
    )
    assert (report.format, report.verdict, report.facts) == ("keras", "allow", ())


def test_a_lambda_is_judged_by_the_names_that_its_code_uses() -> None:
    quiet = scanned(keras_file(lambda_layer(lambda x: x * 2)))
    assert (quiet.verdict, quiet.facts[0].rule) == ("warn", "later")
    loud = scanned(keras_file(layer("TimeDistributed", layer=lambda_layer(lambda x: __import__("os").system(x)))))
    assert loud.verdict == "block"
    assert isinstance(loud.facts[0], Calls)
    assert loud.facts[0].what == "a Lambda layer that uses __import__, system"


def test_a_lambda_whose_code_cannot_be_read_is_blocked() -> None:
    code = {"class_name": "__lambda__", "config": {"code": "bm8gY29kZQ=="}}
    assert isinstance(scanned(keras_file(layer("Lambda", function=code))).facts[0], Opaque)


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("os", "system"), ("builtins", "exec"), ("keras.saving", "load_model"), ("keras.src.utils.file_utils", "os"),
        ("keras.config", "enable_unsafe_deserialization"), ("subprocess", "Popen"), ("keras.layers", "os.system"),
    ],
)  # fmt: skip
def test_what_is_no_layer_is_blocked(module: str, name: str) -> None:
    report = scanned(keras_file(layer(name, module)))
    assert report.verdict == "block"
    assert isinstance(report.facts[0], Imports)


def test_a_function_by_name_is_what_its_module_says() -> None:
    activation = {"module": "os", "class_name": "function", "config": "system", "registered_name": "system"}
    assert scanned(keras_file(layer("Dense", activation=activation))).verdict == "block"
    own = {"module": "builtins", "class_name": "function", "config": "relu", "registered_name": "function"}
    assert scanned(keras_file(layer("Dense", activation=own))).verdict == "allow"


@pytest.mark.parametrize("name", ["TFSMLayer", "TorchModuleWrapper"])
def test_layers_that_load_other_models_are_blocked(name: str) -> None:
    assert scanned(keras_file(layer(name, filepath="x"))).verdict == "block"


def test_a_layer_of_somebody_else_is_warned_about() -> None:
    assert scanned(keras_file(layer("Attention2", "my_project.layers"))).verdict == "warn"


@pytest.mark.parametrize(
    ("vocabulary", "kind", "verdict"),
    [
        ("/etc/passwd", ReadsPath, "block"), ("../../secret", ReadsPath, "block"),
        ("https://example.org/v.txt", FetchesUrl, "block"), (["a", "b"], None, "allow"), ("words.txt", None, "allow"),
    ],
)  # fmt: skip
def test_a_vocabulary_is_read_when_the_model_is_loaded(vocabulary: object, kind: type | None, verdict: str) -> None:
    report = scanned(keras_file(layer("StringLookup", vocabulary=vocabulary)))
    assert report.verdict == verdict
    assert [type(fact) for fact in report.facts] == ([kind] if kind else [])


def test_a_configuration_alone_is_known_by_its_content() -> None:
    assert scanned(json.dumps(lambda_layer(lambda x: eval(x))).encode()).verdict == "block"


def test_the_weights_are_a_member() -> None:
    report = scanned(keras_file(layer("Dense"), **{"model.weights.h5": file("outside files")}))
    assert report.verdict == "block"
    assert next(member.format for member in report.members if member.path.endswith(".h5")) == "hdf5"


@pytest.mark.parametrize("name", ["old groups", "new groups", "dense storage", "user block"])
def test_files_of_h5py_are_walked_to_the_end(name: str) -> None:
    report = scanned(file(name))
    assert (report.format, report.verdict, report.facts) == ("hdf5", "allow", ())


def test_a_configuration_in_an_attribute_is_judged() -> None:
    data = file("old groups").replace(
        b'"class_name": "Dense", "config": {"units": 1}', b'"class_name": "TFSMLayer", "config": {"u":1}'
    )
    assert data != file("old groups")
    assert scanned(data).verdict == "block"


def test_files_from_which_data_is_taken_are_told() -> None:
    told = {(fact.rule, fact.what) for fact in scanned(file("outside files")).facts}
    assert told == {("outside", "/etc/passwd (an external link)"), ("outside", "../secret.bin (external storage)")}
    virtual = [fact.what for fact in scanned(file("virtual dataset")).facts]
    assert virtual == ["/data/s0.h5 (a virtual dataset)", "/data/s1.h5 (a virtual dataset)"]


def test_names_in_code_are_those_that_python_sees() -> None:
    def outer(x: Any) -> Any:
        return [item.strip() for item in x.split(len(x))]

    assert names_in_code(marshalled(outer)) == {"strip", "split", "len"}


@given(data=mutants(file("dense storage")))
def test_no_mutant_of_dense_storage_breaks_the_walk(data: bytes) -> None:
    survives(data)


@given(data=mutants(file("old groups")))
def test_no_mutant_of_old_groups_breaks_the_walk(data: bytes) -> None:
    survives(data)


@given(data=mutants(keras_file(layer("StringLookup", vocabulary="/x"), lambda_layer(lambda x: x + 1))))
def test_no_mutant_of_a_keras_file_breaks_the_scan(data: bytes) -> None:
    survives(data)
