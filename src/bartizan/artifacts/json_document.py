"""JSON under a budget: every pair is kept, also of a key that is there twice, and bombs are refused unopened."""

import json
import re
from array import array
from collections.abc import Iterator
from itertools import accumulate
from typing import NamedTuple, TypeAlias

from bartizan.artifacts.artifact import Artifact
from bartizan.artifacts.reader import Look
from bartizan.artifacts.unpack import Bomb
from bartizan.kernel import HostileInput, OutOfBudget

MAX_BYTES = 128 << 20
MAX_DEPTH = 250
MAX_PLACE_CHARS = 200
MAX_NODES = 6_000_000

Scalar: TypeAlias = str | int | float | bool | None
Value: TypeAlias = "Scalar | list[Value] | Pairs"

ESCAPE = re.compile(rb"\\.", re.DOTALL)
STEPS = bytes.maketrans(b"[]{}", bytes([1, 255, 1, 255]))
"""As signed bytes: one down for an opening bracket, one up for a closing one."""
NO_BRACKETS = bytes(set(range(256)) - set(b'[]{}"'))


class Pairs:
    """An object as it is written: its pairs in their order, none lost."""

    __slots__ = ("all",)

    def __init__(self, pairs: "list[tuple[str, Value]] | None" = None) -> None:
        self.all = pairs or []

    def __iter__(self) -> Iterator[tuple[str, Value]]:
        return iter(self.all)

    def __len__(self) -> int:
        return len(self.all)

    def __contains__(self, key: str) -> bool:
        return any(name == key for name, _ in self.all)

    def get(self, key: str) -> Value:
        """The value that Python's `json` would see: the last one; None if there is none."""
        return next((value for name, value in reversed(self.all) if name == key), None)

    def text(self, key: str) -> str:
        value = self.get(key)
        return value if isinstance(value, str) else ""

    def pairs(self, key: str) -> "Pairs":
        value = self.get(key)
        return value if isinstance(value, Pairs) else Pairs()

    def doubled(self) -> list[str]:
        """The keys that are there more than once."""
        if len({name for name, _ in self.all}) == len(self.all):
            return []
        seen: dict[str, int] = {}
        for name, _ in self.all:
            seen[name] = seen.get(name, 0) + 1
        return [name for name, count in seen.items() if count > 1]


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


JSON_START = re.compile(rb"""\s*(?:\{\s*(?:"|\}|\Z)|\[\s*(?:["\[\]{\d-]|true|false|null|\Z))""")


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
    """The document in these bytes."""
    data = as_utf8(data)
    nodes = data.count(b",") + data.count(b"[") + data.count(b"{")
    if nodes > MAX_NODES:
        raise OutOfBudget(f"JSON of more than {MAX_NODES:,} values")
    look.meter.spend("steps", nodes)
    if _deeper(data, MAX_DEPTH):
        raise Bomb(f"JSON nested deeper than {MAX_DEPTH}")
    try:
        document: Value = json.loads(data.decode("utf-8"), object_pairs_hook=Pairs)
    except RecursionError:
        raise Bomb("JSON nested deeper than any document is") from None
    except ValueError as error:
        raise HostileInput(f"this is no JSON: {error}") from None
    return document


def _deeper(data: bytes, depth: int) -> bool:
    """True if brackets outside of strings nest deeper than this."""
    if data.count(b"[") + data.count(b"{") <= depth:
        return False
    unescaped = ESCAPE.sub(b"", data) if b"\\" in data else data
    brackets = b"".join(unescaped.translate(None, NO_BRACKETS).split(b'"')[::2])
    return max(accumulate(array("b", brackets.translate(STEPS))), default=0) > depth


HOLDING = (Pairs, list, str)
"""What may hold something to act on."""


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


def leaves(value: Value, where: str = "$") -> Iterator[tuple[Path, str, Scalar]]:
    """Every value that holds no others: where it is, the key of the nearest object, and itself; of lists, only text."""
    waiting: list[tuple[Value, Path, str]] = [(value, Path(None, where), "")]
    while waiting:
        found, path, key = waiting.pop()
        if isinstance(found, Pairs):
            waiting += [(inner, Path(path, name), name) for name, inner in reversed(found.all)]
        elif isinstance(found, list):
            waiting += [
                (found[index], Path(path, index), key)
                for index in range(len(found) - 1, -1, -1)
                if found[index] and type(found[index]) in HOLDING
            ]
        else:
            yield path, key, found


def objects(value: Value, where: str = "$") -> Iterator[tuple[str, Pairs]]:
    """Every object in the document, the outer ones first."""
    waiting: list[tuple[Value, Path]] = [(value, Path(None, where))]
    while waiting:
        found, path = waiting.pop()
        if isinstance(found, Pairs):
            yield str(path), found
            waiting += [
                (inner, Path(path, name)) for name, inner in reversed(found.all) if isinstance(inner, Pairs | list)
            ]
        elif isinstance(found, list):
            waiting += [
                (found[index], Path(path, index))
                for index in range(len(found) - 1, -1, -1)
                if found[index] and type(found[index]) in HOLDING[:2]
            ]
