"""TensorFlow: SavedModel, frozen graphs, and the Keras metadata beside them; the operators of all their functions.

After TensorFlow's saved_model.proto, meta_graph.proto, graph.proto, function.proto and saved_object_graph.proto, and
Keras' saved_metadata.proto.
"""

from collections.abc import Iterator
from typing import TypeAlias

from bartizan.artifacts.artifact import Artifact
from bartizan.artifacts.fact import AnyFact, Calls, FetchesUrl, ReadsPath, Structure, shown
from bartizan.artifacts.json_document import looks_like_json, parse
from bartizan.artifacts.keras_config import keras_facts
from bartizan.artifacts.paths import leaves_folder
from bartizan.artifacts.protobuf import BYTES, VARINT, Message, Shape, shape
from bartizan.artifacts.reader import Found, Head, Look, Reader
from bartizan.artifacts.tensorflow_ops import op_grade
from bartizan.artifacts.tensorflow_paths import Paths
from bartizan.kernel import HostileInput

MAX_TOLD = 100
TEXT_ATTRIBUTES = frozenset({"output_stream", "descriptor_source", "memory_region_name", "debug_urls"})
STANDARD_STREAMS = ("stdout", "stderr", "log(info)", "log(warning)", "log(error)", "local://", "bytes://", "")

META_GRAPHS = 2
GRAPH, COLLECTIONS, ASSETS, OBJECTS = 2, 4, 6, 7
NODES, LIBRARY = 1, 2
FUNCTIONS, FUNCTION_NODES = 1, 3
OP, ATTRIBUTES = 2, 5
SAVED_MODEL_FIELDS = ((1, VARINT), (2, BYTES))
META_GRAPH_FIELDS = tuple((number, BYTES) for number in range(1, 8))
GRAPH_FIELDS = ((1, BYTES), (2, BYTES), (3, VARINT), (4, BYTES), (5, BYTES))
NODE_FIELDS = tuple((number, BYTES) for number in range(1, 9))
KERAS_NODE_FIELDS = ((2, VARINT), *((number, BYTES) for number in (3, 4, 5, 6)))
Facts: TypeAlias = Iterator[AnyFact]


def _inner(found: Shape | None, number: int) -> Shape | None:
    """The shape of the first field of this number."""
    content = found.first(number) if found is not None else None
    return shape(content, len(content)) if content and found and found.whole else shape(content or b"", 1 << 62)


def _is_saved_model(head: Head) -> bool:
    found = shape(head.start, head.size)
    if found is None or not found.only(*SAVED_MODEL_FIELDS):
        return False
    inner = _inner(found, META_GRAPHS)
    return inner is not None and inner.only(*META_GRAPH_FIELDS)


def _is_graph(head: Head) -> bool:
    found = shape(head.start, head.size)
    if found is None or not found.only(*GRAPH_FIELDS):
        return False
    node = _inner(found, NODES)
    name = node.first(OP) if node is not None and node.only(*NODE_FIELDS) else None
    return bool(name) and name is not None and name.replace(b"_", b"").replace(b">", b"").isalnum()


def _is_keras_metadata(head: Head) -> bool:
    found = shape(head.start, head.size)
    if found is None or not found.only((1, BYTES)):
        return False
    node = _inner(found, 1)
    return node is not None and node.only(*KERAS_NODE_FIELDS) and (node.first(4) or b"").startswith(b"_tf_keras")


def read_saved_model(artifact: Artifact, look: Look) -> Iterator[Found]:
    """The operators of every graph and function in it, its assets, and the Keras objects."""
    yield from _once(_saved_model(Message.of(artifact, look), look))


def read_graph(artifact: Artifact, look: Look) -> Iterator[Found]:
    """The operators of the graph and its functions."""
    yield from _once(_graph(Message.of(artifact, look)))


def read_keras_metadata(artifact: Artifact, look: Look) -> Iterator[Found]:
    """The configurations of the Keras objects."""
    for node in Message.of(artifact, look).all(1):
        yield from _keras(node.text(5), look, shown(node.text(3)))


def _saved_model(model: Message, look: Look) -> Facts:
    for meta in model.all(META_GRAPHS):
        for field in meta.fields():
            if field.wire != BYTES:
                continue
            if field.number == GRAPH:
                yield from _graph(field.content)
            elif field.number == ASSETS:
                path = field.content.text(2)
                if "://" in path:
                    yield FetchesUrl("load", shown(path), where="asset")
                elif leaves_folder(path):
                    yield ReadsPath("outside", shown(path), where="asset")
            elif field.number == OBJECTS:
                for node in field.content.all(1):
                    for user_object in node.all(4):
                        yield from _keras(user_object.text(3), look, "object graph")


def _graph(graph: Message) -> Facts:
    paths = Paths()
    for field in graph.fields():
        if field.number == NODES and field.wire == BYTES:
            paths.note(field.content)
            yield from _node(field.content, "graph")
        elif field.number == LIBRARY and field.wire == BYTES:
            for function in field.content.all(FUNCTIONS):
                inner = Paths()
                for node in function.all(FUNCTION_NODES):
                    inner.note(node)
                    yield from _node(node, "function")
                yield from inner.facts("a function")
    yield from paths.facts("the graph")


def _node(node: Message, where: str) -> Facts:
    op, attributes = "", []
    for field in node.fields():
        if field.wire == BYTES and field.number == OP:
            op = field.text()
        elif field.wire == BYTES and field.number == ATTRIBUTES:
            attributes.append(field.content)
    grade = op_grade(op)
    if grade != "inert":
        yield Calls(grade, f"the operator {shown(op)}", where=where)
    for attribute in attributes:
        name = attribute.text(1) if attribute.size < 4096 else ""
        if name in TEXT_ATTRIBUTES:
            for value in attribute.all(2):
                text = value.text(2)
                if text.startswith("file://") or text not in STANDARD_STREAMS:
                    yield Calls("io", shown(f"the operator {op} with {name}={text}"), where=where)


def _keras(metadata: str, look: Look, where: str) -> Facts:
    if looks_like_json(metadata[:4096].encode()):
        try:
            document = parse(metadata.encode(), look)
        except HostileInput as error:
            yield Structure("broken", shown(error.what), where=where)
            return
        yield from keras_facts(document, where)


def _once(facts: Facts) -> Facts:
    told: set[AnyFact] = set()
    for fact in facts:
        if fact not in told and len(told) < MAX_TOLD:
            told.add(fact)
            yield fact


READERS = (
    Reader("savedmodel", _is_saved_model, read_saved_model),
    Reader("keras-metadata", _is_keras_metadata, read_keras_metadata),
    Reader("graphdef", _is_graph, read_graph),
)
