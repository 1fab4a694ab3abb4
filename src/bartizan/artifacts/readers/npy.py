"""npy files: a header that is a Python literal, then the bytes of an array, or a pickle if the array holds objects."""

import math
import re
from collections.abc import Iterator
from typing import Any

from bartizan.artifacts.artifact import Artifact, Part
from bartizan.artifacts.fact import Structure, shown
from bartizan.artifacts.reader import Found, Head, Look, Member, Reader
from bartizan.kernel import HostileInput

MARK = b"\x93NUMPY"
MAX_HEADER_BYTES = 1 << 20
MAX_DEPTH = 32
STEPS_PER_ARRAY = 80
PLAIN = re.compile(r"[<>|=]?([?bBhHiIlLqQuefdgFDGSaUVOmMc])(\d*)(?:\[[^\]]*\])?")
OBJECT_NAMES = frozenset({"object", "object_", "object0", "Object"})
CHAR_BYTES = {"U": 4}
DEFAULT_BYTES = {"?": 1, "b": 1, "B": 1, "h": 2, "H": 2, "c": 1, "e": 2}


def sniff(head: Head) -> bool:
    return head.start.startswith(MARK)


def read(artifact: Artifact, look: Look) -> Iterator[Found]:
    """Nothing for an array of numbers; the pickle for an array of objects; one array after another in a stream."""
    at = 0
    while at < artifact.size:
        look.meter.spend("steps", STEPS_PER_ARRAY)
        if not artifact.read(at, len(MARK)).startswith(MARK):
            yield Structure("trailing", f"{artifact.size - at:,} bytes follow the array", at=at)
            yield Member(Part(f"at {at:,}", artifact, at, artifact.size - at))
            return
        header, start = read_header(artifact, at)
        try:
            item_bytes, has_objects = read_type(header.get("descr"))
        except HostileInput:
            # NumPy has more names for types than are known here, and objects under any of them are a pickle.
            yield Member(Part("objects", artifact, start, artifact.size - start), reader="pickle")
            raise
        if has_objects:
            yield Member(Part("objects", artifact, start, artifact.size - start), reader="pickle")
            return
        at = start + _count(header.get("shape")) * item_bytes
        if at > artifact.size:
            yield Structure("broken", f"the array needs {at - start:,} bytes, the file has {artifact.size - start:,}")


def read_header(artifact: Artifact, at: int) -> tuple[dict[str, Any], int]:
    """The header's dictionary, and where the array begins (numpy.lib.format, versions 1 to 3)."""
    major = artifact.read(at + 6, 1)
    if major not in {b"\x01", b"\x02", b"\x03"}:
        raise HostileInput(f"npy version {major!r} is unknown")
    width = 2 if major == b"\x01" else 4
    length = int.from_bytes(artifact.read(at + 8, width), "little")
    start = at + 8 + width
    if length > MAX_HEADER_BYTES or start + length > artifact.size:
        raise HostileInput(f"the npy header has {length:,} bytes")
    text = artifact.read(start, length).decode("utf-8" if major == b"\x03" else "latin-1")
    import ast

    try:
        header = ast.literal_eval(text.strip())
    except (ValueError, SyntaxError, TypeError) as error:
        raise HostileInput(f"the npy header is no literal: {error}") from None
    if not isinstance(header, dict):
        raise HostileInput(shown(f"the npy header is no dictionary but {header!r}"))
    return header, start + length


def read_type(descr: Any, depth: int = 0) -> tuple[int, bool]:
    """The bytes of one item, and whether it holds objects."""
    if depth > MAX_DEPTH:
        raise HostileInput("the npy type is nested too deep")
    if isinstance(descr, str):
        if descr in OBJECT_NAMES:
            return 8, True
        plain = PLAIN.fullmatch(descr)
        if not plain:
            raise HostileInput(shown(f"the npy type {descr!r} is unknown"))
        kind, digits = plain.groups()
        if kind == "O":
            return 8, True
        return (int(digits[:18]) if digits else DEFAULT_BYTES.get(kind, 8)) * CHAR_BYTES.get(kind, 1), False
    if isinstance(descr, tuple) and len(descr) == 2:
        inner, objects = read_type(descr[0], depth + 1)
        return inner * _count(descr[1]), objects
    if isinstance(descr, list):
        fields = [_field(field, depth + 1) for field in descr]
        return sum(size for size, _ in fields), any(objects for _, objects in fields)
    raise HostileInput(shown(f"the npy type {descr!r} is unknown"))


def _field(field: Any, depth: int) -> tuple[int, bool]:
    """One field of a structured type: a name, a type, and maybe a shape."""
    if not isinstance(field, tuple) or len(field) not in {2, 3}:
        raise HostileInput(shown(f"the npy field {field!r} is malformed"))
    size, objects = read_type(field[1], depth)
    return size * (_count(field[2]) if len(field) == 3 else 1), objects


def _count(shape: Any) -> int:
    sides = (shape,) if isinstance(shape, int) else shape
    if not isinstance(sides, tuple) or any(type(side) is not int or not 0 <= side < 2**63 for side in sides):
        raise HostileInput(shown(f"the npy shape {shape!r} is malformed"))
    return math.prod(sides)


READER = Reader("npy", sniff, read)
