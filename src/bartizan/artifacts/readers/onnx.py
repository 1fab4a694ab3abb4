"""ONNX: the graph's operators and the files that its tensors are in.

After onnx.proto3. A runtime reads each external file from the model's folder, runs only operators that it has, and asks
for a library where a domain is not its own.
"""

from collections.abc import Iterator

from bartizan.artifacts.artifact import Artifact
from bartizan.artifacts.fact import AnyFact, Calls, FetchesUrl, ReadsPath, Spent, Structure, shown
from bartizan.artifacts.paths import leaves_folder
from bartizan.artifacts.protobuf import BYTES, VARINT, Message, Shape, shape
from bartizan.artifacts.reader import Found, Head, Look, Reader

MAX_DEPTH = 40
MAX_TOLD = 100
MAX_ELEMENTS = 1 << 48
MAX_RANK = 64

KNOWN_DOMAINS = frozenset({
    "", "ai.onnx", "ai.onnx.ml", "ai.onnx.training", "ai.onnx.preview", "ai.onnx.preview.training", "com.microsoft",
    "com.microsoft.nchwc", "com.microsoft.dml", "com.ms.internal.nhwc", "com.microsoft.experimental",
    "org.pytorch.aten", "org.pytorch._caffe2", "org.pytorch.prim", "pkg.onnxscript.torch_lib",
    "pkg.onnxscript.torch_lib.common", "pkg.torch", "this", "trt.plugins",
})  # fmt: skip
RUNS_PYTHON = frozenset({"PyOp", "PythonOp", "PythonOpGrad", "PyCustomOp", "ATen"})
PATH_ATTRIBUTES = frozenset(
    {"ep_cache_context", "onnx_model_filename", "model_file", "engine_path", "vocab_file", "location"}
)
EXTERNAL = 1
MODEL_FIELDS = ((1, VARINT), (5, VARINT), *((number, BYTES) for number in (2, 3, 4, 6, 7, 8, 14, 20, 25, 26)))


GRAPH_FIELDS = frozenset({1, 2, 5, 10, 11, 12, 13, 14, 15, 16})


class M:
    """Field numbers of the messages."""

    IR_VERSION, GRAPH, OPSET, FUNCTIONS, TRAINING = 1, 7, 8, 25, 20
    NODES, INITIALIZERS, SPARSE, INPUTS, OUTPUTS, VALUES = 1, 5, 15, 11, 12, 13
    OP_TYPE, ATTRIBUTES, DOMAIN = 4, 5, 7
    NAME, TEXT, TENSOR, SUBGRAPH, SPARSE_TENSOR, TENSORS, SUBGRAPHS, TEXTS = 1, 4, 5, 6, 22, 10, 11, 9
    DIMS, TENSOR_NAME, RAW, EXTERNAL_DATA, LOCATION = 1, 8, 9, 13, 14
    FUNCTION_NAME, FUNCTION_NODES, FUNCTION_DOMAIN, FUNCTION_ATTRIBUTES = 1, 7, 10, 11


def sniff(head: Head) -> bool:
    """True for a message with the fields of a ModelProto, among them a graph or the operator sets."""
    found = shape(head.start, head.size)
    if found is None:
        return False
    if not found.only(*MODEL_FIELDS) or not any(number == M.IR_VERSION for number, _, _ in found.fields):
        return _has_graph(found)  # protobuf skips fields that it does not know, and onnx needs no version
    numbers = {number for number, _, _ in found.fields}
    return (bool(numbers & {M.GRAPH, M.OPSET}) and M.IR_VERSION in numbers) or (M.GRAPH in numbers and not found.whole)


def _has_graph(found: Shape) -> bool:
    """True if the field of the graph holds nodes with operators, or tensors with shapes and data."""
    known = dict(MODEL_FIELDS)
    graph = found.first(M.GRAPH) if all(known.get(n, wire) == wire for n, wire, _ in found.fields) else None
    inner = shape(graph, len(graph)) if graph else None
    if inner is None or not all(number in GRAPH_FIELDS and wire == BYTES for number, wire, _ in inner.fields):
        return False
    for number, _, content in inner.fields:
        part = shape(content, len(content)) if number in (M.NODES, M.INITIALIZERS) else None
        if part is not None and part.first(M.OP_TYPE if number == M.NODES else M.TENSOR_NAME):
            return True
    return False


def read(artifact: Artifact, look: Look) -> Iterator[Found]:
    """What the model names outside of itself, and what no runtime has."""
    yield from _Model(Message.of(artifact, look)).facts()


class _Model:
    """One model: its own functions, and what was told already."""

    def __init__(self, model: Message) -> None:
        self._model = model
        self._functions: set[tuple[str, str]] = set()
        self._told: set[AnyFact] = set()

    def facts(self) -> Iterator[AnyFact]:
        """Every fact once."""
        for fact in self._all():
            if fact not in self._told and len(self._told) < MAX_TOLD:
                self._told.add(fact)
                yield fact

    def _all(self) -> Iterator[AnyFact]:
        self._functions = {(f.text(M.FUNCTION_DOMAIN), f.text(M.FUNCTION_NAME)) for f in self._model.all(M.FUNCTIONS)}
        if sum(1 for _ in self._model.all(M.GRAPH)) > 1:
            yield Structure("ambiguous", "two graphs, which one loader merges and another tells apart")
        for field in self._model.fields():
            if field.wire != BYTES:
                continue
            if field.number == M.GRAPH:
                yield from self._graph(field.content, 0)
            elif field.number == M.FUNCTIONS:
                for node in field.content.all(M.FUNCTION_NODES):
                    yield from self._node(node, 0)
            elif field.number == M.TRAINING:
                for graph in (*field.content.all(1), *field.content.all(2)):
                    yield from self._graph(graph, 0)

    def _graph(self, graph: Message, depth: int) -> Iterator[AnyFact]:
        if depth > MAX_DEPTH:
            yield Spent("bomb", "graphs nested too deep")
            return
        for field in graph.fields():
            if field.wire != BYTES:
                continue
            if field.number == M.NODES:
                yield from self._node(field.content, depth)
            elif field.number == M.INITIALIZERS:
                yield from self._tensor(field.content)
            elif field.number == M.SPARSE:
                for tensor in (*field.content.all(1), *field.content.all(2)):
                    yield from self._tensor(tensor)

    def _node(self, node: Message, depth: int) -> Iterator[AnyFact]:
        kind = domain = ""
        attributes = []
        for field in node.fields():
            if field.wire != BYTES:
                continue
            if field.number == M.OP_TYPE:
                kind = field.text()
            elif field.number == M.DOMAIN:
                domain = field.text()
            elif field.number == M.ATTRIBUTES:
                attributes.append(field.content)
        label = f"{domain}::{kind}" if domain else kind
        if kind in RUNS_PYTHON and domain not in ("", "ai.onnx"):
            yield Calls("code", f"the operator {shown(label)}, which calls Python", where="node")
        elif domain not in KNOWN_DOMAINS and (domain, kind) not in self._functions:
            yield Structure("custom-op", f"the operator {shown(label)} needs a library of its own", where="node")
        for attribute in attributes:
            yield from self._attribute(attribute, label, depth)

    def _attribute(self, attribute: Message, label: str, depth: int) -> Iterator[AnyFact]:
        name = text = ""
        for field in attribute.fields():
            if field.wire != BYTES:
                continue
            if field.number == M.NAME:
                name = field.text()
            elif field.number == M.TEXT and field.content.size < 4096:
                text = field.text()
            elif field.number in (M.TENSOR, M.TENSORS):
                yield from self._tensor(field.content)
            elif field.number == M.SPARSE_TENSOR:
                for tensor in (*field.content.all(1), *field.content.all(2)):
                    yield from self._tensor(tensor)
            elif field.number in (M.SUBGRAPH, M.SUBGRAPHS):
                yield from self._graph(field.content, depth + 1)
        if name in PATH_ATTRIBUTES and text.isprintable() and text:
            rule = "outside" if leaves_folder(text) else "inside"
            yield ReadsPath(rule, shown(text), where=shown(f"{label}.{name}"))

    def _tensor(self, tensor: Message) -> Iterator[AnyFact]:
        """Where the bytes are, and whether the shape is one that somebody could hold."""
        elements, rank, name, location = 1, 0, "", 0
        raw: int | None = None
        entries = []
        for field in tensor.fields():
            if field.number == M.DIMS:
                for dim in _dims(field.content, field.value, field.wire):
                    rank += 1
                    elements *= dim if dim < 1 << 63 else MAX_ELEMENTS + 1
                    if rank > MAX_RANK or elements > MAX_ELEMENTS:
                        yield Spent("bomb", "a tensor of a shape that no memory holds", where="dims")
                        return
            elif field.wire == BYTES and field.number == M.TENSOR_NAME:
                name = shown(field.text())
            elif field.wire == BYTES and field.number == M.RAW:
                raw = field.content.size
            elif field.wire == BYTES and field.number == M.EXTERNAL_DATA:
                entries.append((field.content.text(1), field.content.text(2)))
            elif field.number == M.LOCATION:
                location = field.value
        if raw is not None and elements > 8 * max(1, raw) and location != EXTERNAL:
            yield Structure("broken", f"a tensor of {elements:,} elements in {raw:,} bytes", where=name)
        for key, value in entries:
            if key == "location":
                yield from _external(value, name)


def _dims(content: Message, value: int, wire: int) -> Iterator[int]:
    """One dimension, or several that are packed."""
    if wire != BYTES:
        yield value
        return
    at = content.start
    while at < content.end:
        dim, at = content.window.varint(at)
        yield dim


def _external(path: str, name: str) -> Iterator[AnyFact]:
    if "://" in path:
        yield FetchesUrl("load", shown(path), where=name)
    elif leaves_folder(path):
        yield ReadsPath("outside", shown(path), where=name)
    else:
        yield ReadsPath("inside", shown(path), where="external data")


READER = Reader("onnx", sniff, read)
