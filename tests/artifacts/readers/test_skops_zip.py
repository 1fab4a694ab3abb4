"""skops files: every type that the schema names goes by the table of globals."""

import io
import json
import zipfile
from typing import Any

import pytest
from hypothesis import given

from bartizan.artifacts import Held, Report, scan
from bartizan.artifacts.fact import Calls, Imports
from tests.artifacts.readers.fuzzing import mutants, survives


def node(loader: str, module: str, name: str, content: Any = None, **more: Any) -> dict[str, Any]:
    return {"__loader__": loader, "__module__": module, "__class__": name, "content": content, "__id__": 1, **more}


def text(value: str) -> dict[str, Any]:
    return node("JsonNode", "builtins", "str", json.dumps(value), is_json=True)


def skops(schema: dict[str, Any], **members: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("schema.json", json.dumps(schema))
        for name, data in members.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def scanned(schema: dict[str, Any]) -> Report:
    return scan(Held("model.skops", skops(schema)))


def estimator(**attributes: Any) -> dict[str, Any]:
    return node("ObjectNode", "sklearn.linear_model._logistic", "LogisticRegression",
                node("DictNode", "builtins", "dict", attributes))  # fmt: skip


def test_an_estimator_is_allowed() -> None:
    report = scanned(estimator(C=text("1"), classes_=node("NdArrayNode", "numpy", "ndarray", file="a.npy")))
    assert (report.format, report.verdict) == ("skops", "allow")


@pytest.mark.parametrize(
    ("hidden", "kind", "verdict"),
    [
        (node("ObjectNode", "os", "system"), Calls, "block"),
        (node("ListNode", "os", "system", [text("id")]), Calls, "block"),
        (node("ConstructorFromReduceNode", "subprocess", "Popen", [text("id")]), Calls, "block"),
        (node("FunctionNode", "builtins", "eval"), Imports, "block"),
        (node("TypeNode", "os", "system"), Imports, "block"),
        (node("OperatorFuncNode", "operator", "call", attrs=[]), Calls, "block"),
        (node("OperatorFuncNode", "sklearn.linear_model", "methodcaller", attrs=[]), Calls, "block"),
        (node("OperatorFuncNode", "operator", "methodcaller", attrs=[]), Calls, "warn"),
        (node("ObjectNode", "__main__", "Mine"), Calls, "warn"),
    ],
)  # fmt: skip
def test_other_types_go_by_the_table(hidden: dict[str, Any], kind: type, verdict: str) -> None:
    report = scanned(estimator(C=hidden))
    assert report.verdict == verdict
    assert kind in {type(fact) for fact in report.facts}


def test_a_method_of_an_object_is_an_attribute_that_is_taken() -> None:
    method = node("MethodNode", "sklearn.svm", "SVC", {"func": "__reduce__", "obj": text("x")})
    assert scanned(estimator(C=method)).verdict == "block"


def test_a_schema_alone_is_known_by_its_content() -> None:
    assert scan(Held("schema.json", json.dumps(node("ObjectNode", "os", "system")).encode())).verdict == "block"


@given(data=mutants(skops(estimator(C=text("1")), **{"a.npy": b"\x93NUMPY"})))
def test_no_mutant_breaks_the_scan(data: bytes) -> None:
    survives(data)
