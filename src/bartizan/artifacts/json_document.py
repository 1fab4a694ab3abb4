"""JSON of hostile origin: every pair is kept, also of a key that is there twice, and bombs are refused unopened.

What msgspec takes it reads fast; what only Python's `json` takes (NaN, lone surrogates), and objects with a key twice,
are read once more by that.
"""

import json
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple, TypeAlias

import msgspec

from bartizan.artifacts.artifact import Artifact
from bartizan.artifacts.reader import Look
from bartizan.artifacts.unpack import Bomb
from bartizan.kernel import HostileInput, OutOfBudget

MAX_BYTES = 128 << 20
MAX_DEPTH = 250
MAX_PLACE_CHARS = 200
MAX_NODES = 6_000_000
NODES_PER_STEP = 3
MAX_DOUBLED = 1_000
PROBED_BYTES = 1 << 16
MANY_CONTAINERS, CONTAINER_BYTES = 100_000, 16
"""An object or array takes 80 bytes of memory even if it is empty: beyond these many, 16 bytes of text go with each."""

Scalar: TypeAlias = str | int | float | bool | None
Value: TypeAlias = "Scalar | list[Value] | dict[str, Value]"
Object: TypeAlias = dict[str, "Value"]

STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"\s*+(:?)', re.DOTALL)
"""A string, with the colon that makes it a key."""
JSON_START = re.compile(rb"""\s*(?:\{\s*(?:"|\}|\Z)|\[\s*(?:["\[\]{\d-]|true|false|null|\Z))""")


class Doubled(dict[str, Value]):
    """An object with a key that is there more than once; as a dictionary it has what Python's `json` sees, the last."""

    __slots__ = ("all",)

    def __init__(self, pairs: list[tuple[str, Value]]) -> None:
        super().__init__(pairs)
        self.all = pairs
        """The pairs in their order, none lost."""

    def doubled(self) -> list[str]:
        """The keys that are there more than once."""
        seen: dict[str, int] = {}
        for name, _ in self.all:
            seen[name] = seen.get(name, 0) + 1
        return [name for name, count in seen.items() if count > 1]


def as_object(pairs: list[tuple[str, Value]]) -> Object:
    """The object with these pairs, none lost."""
    found = dict(pairs)
    return found if len(found) == len(pairs) else Doubled(pairs)


def pairs_of(record: Object) -> Iterable[tuple[str, Value]]:
    """The pairs of an object as they were written, those of a doubled key too."""
    return record.all if type(record) is Doubled else record.items()


def values_of(record: Object) -> Iterable[Value]:
    """The values of an object, all those of a doubled key."""
    return [value for _, value in record.all] if type(record) is Doubled else record.values()


def text_of(record: Object, key: str) -> str:
    """The text under this key; empty if there is none."""
    value = record.get(key)
    return value if isinstance(value, str) else ""


def object_of(record: Object, key: str) -> Object:
    """The object under this key; empty if there is none."""
    value = record.get(key)
    return value if isinstance(value, dict) else {}


def doubled_keys(value: Value) -> list[str]:
    """The keys that some object of the document has more than once; two loaders may take different ones of them."""
    found = (record.doubled() for _, record in objects(value) if isinstance(record, Doubled))
    return sorted({key for keys in found for key in keys})


@lru_cache(maxsize=4)  # several readers ask about one head
def looks_like_json(start: bytes) -> bool:
    """True if the first bytes can only begin an object or an array of JSON."""
    return JSON_START.match(as_utf8(start)) is not None


def as_utf8(data: bytes) -> bytes:
    """The bytes as UTF-8 without a mark, from the encoding that `json.loads` would see in them."""
    if b"\0" not in data[:4] and data[:2] not in (b"\xff\xfe", b"\xfe\xff"):
        return data.removeprefix(b"\xef\xbb\xbf")
    encoding = json.detect_encoding(data)
    try:
        return data.decode(encoding, "replace").encode("utf-8", "replace").removeprefix(b"\xef\xbb\xbf")
    except UnicodeError:
        return data


def read_json(artifact: Artifact, look: Look) -> Value:
    """The document in this artifact."""
    if artifact.size > MAX_BYTES:
        raise OutOfBudget(f"JSON of {artifact.size:,} bytes, the most is {MAX_BYTES:,}", where=artifact.name)
    look.meter.spend("bytes", artifact.size)
    return parse(artifact.read(0, artifact.size), look)


def read_documents(artifact: Artifact, look: Look) -> Iterator[Value]:
    """The document in this artifact; or, where each line is one, as in data sets, the documents in it."""
    try:
        yield read_json(artifact, look)
    except HostileInput:
        first, *rest = [line for line in artifact.read(0, artifact.size).split(b"\n") if line.strip()] or [b""]
        if not rest:
            raise
        yield parse(first, look)
        yield from (parse(line, look) for line in rest)


def parse(data: bytes, look: Look) -> Value:
    """The document in these bytes, whatever Unicode they are in, within the budget."""
    data = as_utf8(data)
    containers = data.count(b"[") + data.count(b"{")
    nodes = data.count(b",") + containers
    look.meter.spend("steps", 1 + nodes // NODES_PER_STEP)
    if nodes > MAX_NODES or containers > MANY_CONTAINERS + len(data) // CONTAINER_BYTES:
        _refuse_deep(data[:PROBED_BYTES])
        raise OutOfBudget(f"JSON of {nodes:,} values, {containers:,} of them objects and arrays")
    return decode(data)


def _refuse_deep(start: bytes) -> None:
    """Raise for what is a bomb already by its beginning."""
    try:
        msgspec.json.decode(start)
    except RecursionError:
        raise Bomb(f"JSON nested deeper than {MAX_DEPTH}") from None
    except ValueError:
        return


def decode(data: bytes) -> Value:
    """The document in these bytes of UTF-8."""
    try:
        document: Value = msgspec.json.decode(data)
        keys, depth = _measured(document)
        doubled = 0 if data.count(b":") == keys else STRING.findall(data).count(b":") - keys
        if doubled > MAX_DOUBLED:
            raise OutOfBudget(f"JSON in which {doubled:,} keys are there more than once")
        if doubled:
            document = json.loads(data, object_pairs_hook=as_object)
    except RecursionError:
        raise Bomb(f"JSON nested deeper than {MAX_DEPTH}") from None
    except ValueError:
        document = _lenient(data)
        _, depth = _measured(document)
    if depth > MAX_DEPTH:
        raise Bomb(f"JSON nested deeper than {MAX_DEPTH}")
    return document


def unambiguous(data: bytes, called: str) -> Value:
    """The document, if all loaders see the same in it; HostileInput, which says what it is called, if not."""
    try:
        document = decode(data)
    except OutOfBudget as error:
        raise HostileInput(f"{called} is no JSON that is read here: {error.what}") from None
    if doubled := doubled_keys(document):
        raise HostileInput(f"{called} gives {doubled[0][:80]!a} twice")
    return document


def _lenient(data: bytes) -> Value:
    """The document as Python's `json` reads it."""
    try:
        document: Value = json.loads(data.decode("utf-8"), object_pairs_hook=as_object)
    except RecursionError:
        raise Bomb(f"JSON nested deeper than {MAX_DEPTH}") from None
    except ValueError as error:
        raise HostileInput(f"this is no JSON: {error}") from None
    return document


def _measured(document: Value) -> tuple[int, int]:
    """How many keys all objects have together, and how deep the document is."""
    keys = depth = 0
    level = [document] if isinstance(document, dict | list) else []
    while level and depth <= MAX_DEPTH:
        depth += 1
        below: list[dict[str, Value] | list[Value]] = []
        for one in level:
            if isinstance(one, dict):
                keys += len(one)
            values = one if isinstance(one, list) else values_of(one)
            below += [inner for inner in values if type(inner) in CONTAINERS]  # type: ignore[misc]  # what they are
        level = below
    return keys, depth


CONTAINERS = frozenset({dict, list, Doubled})


class Path(NamedTuple):
    """Where a value is; written out only when somebody asks."""

    parent: "Path | None"
    step: str | int

    def __str__(self) -> str:
        steps: list[str] = []
        path: Path | None = self
        while path is not None:
            steps.append(
                f"[{path.step}]" if isinstance(path.step, int) else f".{path.step}" if path.parent else path.step
            )
            path = path.parent
        return "".join(reversed(steps))[:MAX_PLACE_CHARS]


Container: TypeAlias = tuple[Path, dict[str, Value] | list[Value]]
"""An object or an array, and where it is."""


def containers(value: Value, where: str = "$") -> Iterator[Container]:
    """Every object and array in the document, the outer ones first, in the order in which they are written."""
    waiting: list[tuple[Value, Path]] = [(value, Path(None, where))]
    while waiting:
        found, path = waiting.pop()
        if isinstance(found, dict):
            yield path, found
            held = [(inner, Path(path, name)) for name, inner in pairs_of(found) if type(inner) in CONTAINERS]
        elif isinstance(found, list):
            yield path, found
            held = [(inner, Path(path, index)) for index, inner in enumerate(found) if type(inner) in CONTAINERS]
        else:
            return
        waiting += held[::-1]


def objects(value: Value, where: str = "$") -> Iterator[tuple[Path, Object]]:
    """Every object in the document, the outer ones first."""
    return ((path, found) for path, found in containers(value, where) if isinstance(found, dict))


def leaves(value: Value, where: str = "$") -> Iterator[tuple[Path, str, Scalar]]:
    """Every value that holds no others: where it is, the key of the nearest object, and itself; of lists, only text."""
    waiting: list[tuple[Value, Path, str]] = [(value, Path(None, where), "")]
    while waiting:
        found, path, key = waiting.pop()
        if isinstance(found, dict):
            waiting += [(inner, Path(path, name), name) for name, inner in reversed(list(pairs_of(found)))]
        elif isinstance(found, list):
            waiting += [
                (inner, Path(path, index), key)
                for index, inner in reversed(list(enumerate(found)))
                if inner and (type(inner) is str or type(inner) in CONTAINERS)
            ]
        else:
            yield path, key, found
