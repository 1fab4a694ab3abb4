"""Paths that are written into a TensorFlow graph: what its operators read and write when it runs.

Every SavedModel has operators that save and restore, with a path that the caller gives. One whose path is a constant
of the graph itself goes where the maker of the file wants.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from bartizan.artifacts.fact import AnyFact, FetchesUrl, ReadsPath, WritesPath, shown
from bartizan.artifacts.paths import leaves_folder
from bartizan.artifacts.protobuf import BYTES, Message

MAX_STEPS = 20
NAME, OP, INPUT, ATTRIBUTES = 1, 2, 3, 5
TENSOR, STRINGS = 8, 8
WRITING: Mapping[str, int] = {"SaveV2": 0, "MergeV2Checkpoints": 1, "SaveSlices": 0}
READING: Mapping[str, int] = {
    "RestoreV2": 0, "Restore": 0, "RestoreSlice": 0, "LoadAndRemapMatrix": 0, "GenerateVocabRemapping": 0,
    "InitializeTableFromTextFile": 1, "InitializeTableFromTextFileV2": 1, "CheckpointHasKey": 0,
}  # fmt: skip
"""The input that is the path."""
HANDING_ON = frozenset({
    "Identity", "StringJoin", "StringFormat", "PlaceholderWithDefault", "ShardedFilename", "Reshape", "ExpandDims",
    "Pack", "ReduceJoin", "StringStrip",
})  # fmt: skip


@dataclass(slots=True)
class Paths:
    """The nodes of one graph or function that have to do with paths."""

    _constants: dict[str, str] = field(default_factory=dict)
    _inputs: dict[str, list[str]] = field(default_factory=dict)
    _uses: list[tuple[str, list[str]]] = field(default_factory=list)

    def note(self, node: Message) -> None:
        """Keep what matters of this node."""
        name = op = ""
        inputs: list[str] = []
        attributes: list[Message] = []
        for item in node.fields():
            if item.wire == BYTES and item.number in (NAME, OP, INPUT):
                text = item.text()
                name, op = (text if item.number == NAME else name), (text if item.number == OP else op)
                inputs += [text] if item.number == INPUT else []
            elif item.wire == BYTES and item.number == ATTRIBUTES:
                attributes.append(item.content)
        if op == "Const":
            texts = [text for attribute in attributes if (text := _text(attribute))]
            self._constants |= dict.fromkeys([name] if texts else [], "".join(texts))
        elif op in WRITING or op in READING:
            self._uses.append((op, inputs))
        elif op in HANDING_ON:
            self._inputs[name] = inputs

    def facts(self, where: str) -> Iterator[AnyFact]:
        """Paths and addresses outside of the model's folder that the graph itself holds."""
        for op, inputs in self._uses:
            place = WRITING.get(op, READING.get(op, 0))
            for path in self._come_to(inputs[place : place + 1]):
                if "://" in path:
                    yield FetchesUrl("use", shown(path), where=f"{op} in {where}")
                elif leaves_folder(path) and op in WRITING:
                    yield WritesPath("outside", shown(path), where=f"{op} in {where}")
                elif leaves_folder(path) and "/assets/" not in path and not op.startswith("InitializeTable"):
                    yield ReadsPath("outside", shown(path), where=f"{op} in {where}")

    def _come_to(self, names: list[str]) -> Iterator[str]:
        """The constants that these inputs come from."""
        waiting, seen = names[:MAX_STEPS], set[str]()
        while waiting and len(seen) < MAX_STEPS:
            name = waiting.pop(0).lstrip("^").partition(":")[0]
            if name not in seen:
                seen.add(name)
                if name in self._constants:
                    yield self._constants[name]
                waiting += self._inputs.get(name, [])[:MAX_STEPS]


def _text(attribute: Message) -> str:
    """The first string of the tensor in this attribute."""
    if attribute.size > 1 << 16:
        return ""
    for value in attribute.all(2):
        for tensor in value.all(TENSOR):
            for text in tensor.all(STRINGS):
                return text.bytes().decode("utf-8", "replace")
    return ""
