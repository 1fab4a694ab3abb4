"""ONNX models: the files that tensors are in, and operators that no runtime has."""

import pytest
from hypothesis import given

from bartizan.artifacts import Held, Report, scan
from bartizan.artifacts.fact import AnyFact, Calls, ReadsPath, Spent, Structure
from tests.artifacts.readers.fuzzing import mutants, survives
from tests.artifacts.readers.protobufs import data, number


def tensor(*, dims: tuple[int, ...] = (2,), raw: bytes | None = None, location: str = "") -> bytes:
    made = b"".join(number(1, dim) for dim in dims) + number(2, 1) + data(8, "w")
    if raw is not None:
        made += data(9, raw)
    if location:
        made += data(13, data(1, "location") + data(2, location)) + data(13, data(1, "length") + data(2, "8"))
        made += number(14, 1)
    return made


def node(kind: str, domain: str = "", attributes: bytes = b"") -> bytes:
    return data(1, "x") + data(2, "y") + data(4, kind) + attributes + (data(7, domain) if domain else b"")


def graph(*nodes: bytes, tensors: tuple[bytes, ...] = ()) -> bytes:
    return b"".join(data(1, each) for each in nodes) + data(2, "g") + b"".join(data(5, each) for each in tensors)


def model(content: bytes, *, functions: bytes = b"") -> bytes:
    return number(1, 8) + data(2, "maker") + data(7, content) + functions + data(8, data(1, "") + number(2, 17))


def scanned(content: bytes) -> Report:
    return scan(Held("model", content))


@pytest.mark.parametrize(
    "content",
    [
        data(7, graph(tensors=(tensor(location="/etc/passwd"),))),
        model(graph(tensors=(tensor(location="/etc/passwd"),))) + data(99, "of a later version"),
        data(7, graph(node("Relu"), tensors=(tensor(location="/etc/passwd"),))) + number(1, 8),
    ],
)
def test_a_model_without_a_version_or_with_fields_of_its_own_is_read(content: bytes) -> None:
    assert (scanned(content).format, scanned(content).verdict) == ("onnx", "block")


SOUND = model(graph(node("MatMul"), node("Relu"), tensors=(tensor(raw=bytes(8)),)))


def test_a_graph_of_known_operators_is_allowed() -> None:
    report = scanned(SOUND)
    assert (report.format, report.verdict, report.facts) == ("onnx", "allow", ())


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_the_order_of_the_fields_does_not_hide_the_format(order: tuple[int, int]) -> None:
    parts = (number(1, 8), data(7, graph(node("Relu", "evil.domain"))))
    assert scanned(b"".join(parts[at] for at in order)).format == "onnx"


@pytest.mark.parametrize(
    ("location", "fact", "verdict"),
    [
        ("weights.bin", ReadsPath("inside", "weights.bin", where="external data"), "allow"),
        ("../../etc/passwd", ReadsPath("outside", "../../etc/passwd", where="w"), "block"),
        ("/etc/passwd", ReadsPath("outside", "/etc/passwd", where="w"), "block"),
        ("..\\secret", ReadsPath("outside", "..\\secret", where="w"), "block"),
    ],
)
def test_external_data_is_a_file_that_is_read(location: str, fact: AnyFact, verdict: str) -> None:
    report = scanned(model(graph(node("Relu"), tensors=(tensor(location=location),))))
    assert (report.facts, report.verdict) == ((fact,), verdict)


def test_external_data_of_a_constant_in_a_branch_is_found() -> None:
    constant = node("Constant", attributes=data(5, data(1, "value") + data(5, tensor(location="/etc/shadow"))))
    branch = node("If", attributes=data(5, data(1, "then_branch") + data(6, graph(constant))))
    assert scanned(model(graph(branch))).verdict == "block"


def test_an_operator_of_no_known_library_is_told_unless_the_model_defines_it() -> None:
    unknown = scanned(model(graph(node("Steal", "evil"))))
    assert unknown.facts == (
        Structure("custom-op", "the operator evil::Steal needs a library of its own", where="node"),
    )
    function = data(25, data(1, "Steal") + data(7, node("Relu")) + data(10, "evil"))
    assert scanned(model(graph(node("Steal", "evil")), functions=function)).verdict == "allow"


def test_operators_that_call_python_are_blocked() -> None:
    report = scanned(model(graph(node("PyOp", "ai.onnx.contrib"))))
    assert isinstance(report.facts[0], Calls)
    assert report.verdict == "block"


def test_a_shape_that_no_memory_holds_is_a_bomb() -> None:
    report = scanned(model(graph(node("Relu"), tensors=(tensor(dims=(1 << 40, 1 << 40), raw=b""),))))
    assert (type(report.facts[0]), report.verdict) == (Spent, "block")


def test_graphs_in_graphs_without_end_are_a_bomb() -> None:
    inner = graph(node("Relu"))
    for _ in range(60):
        inner = graph(node("If", attributes=data(5, data(1, "then_branch") + data(6, inner))))
    assert scanned(model(inner)).verdict == "block"


@given(data=mutants(SOUND + data(20, data(1, graph(node("Relu"))))))
def test_no_mutant_breaks_the_scan(data: bytes) -> None:
    survives(data)
