"""TensorFlow: operators that reach beyond tensors, wherever a graph or a function holds them."""

import json
import struct

import pytest
from hypothesis import given

from bartizan.artifacts import Held, Report, scan
from tests.artifacts.readers.fuzzing import mutants, survives
from tests.artifacts.readers.protobufs import data, number


def node(op: str, **attributes: str) -> bytes:
    values = (data(5, data(1, name) + data(2, data(2, value))) for name, value in attributes.items())
    return data(1, "n") + data(2, op) + b"".join(values)


def graph(*nodes: bytes, functions: tuple[bytes, ...] = ()) -> bytes:
    library = b"".join(data(1, data(1, data(1, "f")) + data(3, inner)) for inner in functions)
    return b"".join(data(1, each) for each in nodes) + (data(2, library) if library else b"") + data(4, number(1, 1))


def saved(content: bytes, rest: bytes = b"") -> bytes:
    return number(1, 1) + data(2, data(1, data(4, "serve")) + data(2, content) + rest)


def scanned(content: bytes) -> Report:
    return scan(Held("model", content))


COMPUTING = saved(graph(node("Placeholder"), node("MatMul"), node("SaveV2"), node("RestoreV2"), node("Const")))


def test_a_model_that_computes_saves_and_restores_is_allowed() -> None:
    report = scanned(COMPUTING)
    assert (report.format, report.verdict, report.facts) == ("savedmodel", "allow", ())


def constant(name: str, text: str) -> bytes:
    return data(1, name) + data(2, "Const") + data(5, data(1, "value") + data(2, data(8, number(1, 7) + data(8, text))))


def taking(name: str, op: str, *inputs: str) -> bytes:
    return data(1, name) + data(2, op) + b"".join(data(3, each) for each in inputs)


@pytest.mark.parametrize("path", ["/etc/x", "../../x", "~/.bashrc"])
def test_a_graph_that_saves_where_it_says_itself_is_blocked(path: str) -> None:
    direct = graph(constant("p", path), taking("s", "SaveV2", "p", "q"))
    through = graph(constant("p", path), taking("i", "Identity", "p:0"), taking("s", "SaveV2", "i", "q"))
    within = graph(node("Add"), functions=(constant("p", path), taking("s", "MergeV2Checkpoints", "x", "p:0")))
    for content in (direct, through):
        assert scanned(saved(content)).verdict == "block"
    assert scanned(saved(within)).format == "savedmodel"


def test_a_graph_that_saves_where_it_is_told_is_allowed() -> None:
    told = graph(constant("c", "model"), taking("p", "PlaceholderWithDefault", "c"), taking("s", "SaveV2", "p", "q"))
    assert scanned(saved(told)).verdict == "allow"


@pytest.mark.parametrize("op", ["PyFunc", "EagerPyFunc", "ReadFile", "WriteFile", "MatchingFiles", "TFRecordDatasetV2"])
def test_an_operator_that_does_more_is_blocked_in_a_graph_and_in_a_function(op: str) -> None:
    assert scanned(saved(graph(node("Const"), node(op)))).verdict == "block"
    assert scanned(saved(graph(node("Const"), functions=(node(op),)))).verdict == "block"
    assert (scanned(graph(node("Const"), node(op))).format, scanned(graph(node(op))).verdict) == ("graphdef", "block")


def test_printing_to_a_file_is_writing() -> None:
    assert scanned(saved(graph(node("PrintV2", output_stream="stderr")))).verdict == "allow"
    assert scanned(saved(graph(node("PrintV2", output_stream="file:///etc/cron.d/x")))).verdict == "block"


def test_an_asset_outside_of_the_folder_is_blocked() -> None:
    assert scanned(saved(graph(node("Const")), data(6, data(2, "words.txt")))).verdict == "allow"
    assert scanned(saved(graph(node("Const")), data(6, data(2, "../../etc/passwd")))).verdict == "block"


def test_a_lambda_in_the_metadata_of_keras_is_found() -> None:
    config = {"class_name": "Lambda", "config": {"function": ["bm8=", None, None], "function_type": "lambda"}}
    metadata = data(1, number(2, 3) + data(3, "root") + data(4, "_tf_keras_layer") + data(5, json.dumps(config)))
    report = scanned(metadata)
    assert (report.format, report.verdict) == ("keras-metadata", "block")
    objects = data(7, data(1, data(4, data(1, "_tf_keras_layer") + data(3, json.dumps(config)))))
    assert scanned(saved(graph(node("Const")), objects)).verdict == "block"


@pytest.mark.parametrize("op", ["ReadFile", "Read\\x46ile", "Py\\106unc"])
def test_a_graph_as_text_is_read_too(op: str) -> None:
    text = 'saved_model_schema_version: 1\nmeta_graphs {\n  graph_def {\n    node { name: "x" op: "%s" }\n  }\n}\n'
    quiet, loud = scanned((text % "MatMul").encode()), scanned((text % op).encode())
    assert (quiet.format, quiet.verdict, loud.verdict) == ("tensorflow-text", "allow", "block")


def lite(custom: str) -> bytes:
    """A TFLite model with one operator."""
    name = custom.encode()
    code_vtable = struct.pack("<4H", 8, 8, 0, 4)
    code_table = struct.pack("<iI", len(code_vtable), 4) + struct.pack("<I", len(name)) + name + b"\0"
    vector = struct.pack("<II", 1, 4 + len(code_vtable)) + code_vtable + code_table
    model_vtable = struct.pack("<4H", 8, 8, 0, 4)
    model_table = struct.pack("<iI", len(model_vtable), 4)
    root = 8 + len(model_vtable)
    return struct.pack("<I", root) + b"TFL3" + model_vtable + model_table + vector


@pytest.mark.parametrize(
    ("custom", "verdict"),
    [("TFLite_Detection_PostProcess", "allow"), ("FlexReadFile", "block"), ("FlexErf", "allow"), ("MyOwn", "warn")],
)
def test_custom_operators_of_tflite_go_by_what_they_are(custom: str, verdict: str) -> None:
    report = scanned(lite(custom))
    assert (report.format, report.verdict) == ("tflite", verdict)


def test_the_index_of_a_checkpoint_and_zeros_are_data() -> None:
    index = bytes(100) + bytes(40) + bytes.fromhex("57fb808b247547db")
    assert (scanned(index).format, scanned(index).verdict) == ("tf-checkpoint-index", "allow")
    assert (scanned(bytes(100_000)).format, scanned(bytes(100_000)).verdict) == ("zeros", "allow")
    assert scanned(bytes(70_000) + b"code" + bytes(70_000)).verdict == "unscanned"


@given(data=mutants(saved(graph(node("Const"), functions=(node("ReadFile"),)), data(6, data(2, "a.txt")))))
def test_no_mutant_breaks_the_scan(data: bytes) -> None:
    survives(data)


@given(data=mutants(lite("MyOwn")))
def test_no_mutant_of_tflite_breaks_the_scan(data: bytes) -> None:
    survives(data)
