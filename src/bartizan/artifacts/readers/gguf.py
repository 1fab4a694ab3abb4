"""GGUF: typed metadata, among it the chat template, then where each tensor lies."""

import math
import struct
from collections.abc import Iterator
from typing import Any

from bartizan.artifacts.artifact import Artifact, Held
from bartizan.artifacts.fact import Structure, shown
from bartizan.artifacts.reader import Found, Head, Look, Malformed, Member, Reader

MARK = b"GGUF"
MAX_KEY_BYTES = 1 << 16
MAX_DIMENSIONS = 8
MAX_NESTING = 4
STEPS_PER_PAIR = 8
WINDOW_BYTES = 1 << 20
ALIGNMENT_KEY, DEFAULT_ALIGNMENT = "general.alignment", 32
STRING, ARRAY = 8, 9
LENGTH = struct.Struct("<Q").unpack_from
SCALARS = {0: "<B", 1: "<b", 2: "<H", 3: "<h", 4: "<I", 5: "<i", 6: "<f", 7: "<?", 10: "<Q", 11: "<q", 12: "<d"}
KEPT_BYTES = 4 << 20
TEMPLATE_KEYS = ("tokenizer.chat_template",)


def sniff(head: Head) -> bool:
    return head.start.startswith(MARK)


def read(artifact: Artifact, look: Look) -> Iterator[Found]:
    """The chat templates as members, and what is odd in the metadata and the places of the tensors."""
    cursor = _Cursor(artifact, look)
    cursor.skip(len(MARK))
    version = cursor.scalar("<I")
    if version not in {2, 3}:
        yield Structure("unsupported", f"GGUF version {version}")
        return
    tensors, pairs = cursor.scalar("<Q"), cursor.scalar("<Q")
    alignment, keys = DEFAULT_ALIGNMENT, set()
    for _ in range(pairs):
        look.meter.spend("steps", STEPS_PER_PAIR)
        at, key = cursor.at, cursor.text(MAX_KEY_BYTES)
        value = cursor.value(cursor.scalar("<I"), keep=True)
        if key in keys:
            yield Structure("ambiguous", shown(f"the key {key} is there twice"), at=at)
        keys.add(key)
        if key.startswith(TEMPLATE_KEYS) and isinstance(value, bytes):
            yield Member(Held(shown(key), value), reader="chat_template")
        if key == ALIGNMENT_KEY:
            alignment = value if isinstance(value, int) else 0
    if alignment <= 0 or alignment & (alignment - 1):
        raise Malformed(f"the alignment {alignment} is no power of two")
    yield from _tensors(cursor, tensors, alignment)


def _tensors(cursor: "_Cursor", count: int, alignment: int) -> Iterator[Found]:
    """What is odd about where the tensors lie; their bytes are not looked at."""
    names, last = set(), 0
    for _ in range(count):
        cursor.look.meter.spend("steps", STEPS_PER_PAIR)
        name, dimensions = cursor.text(MAX_KEY_BYTES), cursor.scalar("<I")
        if dimensions > MAX_DIMENSIONS:
            raise Malformed(shown(f"tensor {name} has {dimensions} dimensions"))
        shape = [cursor.scalar("<Q") for _ in range(dimensions)]
        cursor.skip(4)
        offset = cursor.scalar("<Q")
        if name in names:
            yield Structure("ambiguous", shown(f"tensor {name} is there twice"))
        names.add(name)
        if math.prod(shape) >= 2**63:
            yield Structure("malformed", shown(f"tensor {name} has a shape whose product wraps"))
        if offset % alignment:
            yield Structure("malformed", shown(f"tensor {name} does not lie at a multiple of {alignment}"))
        last = max(last, offset)
    data = -(-cursor.at // alignment) * alignment
    if count and data + last >= cursor.artifact.size:
        yield Structure("malformed", "a tensor begins behind the end of the file")


class _Cursor:
    """Reads on through the file, a window at a time, and never past its end."""

    def __init__(self, artifact: Artifact, look: Look) -> None:
        self.artifact, self.look = artifact, look
        self.at = 0
        self._window, self._start = b"", 0

    def take(self, length: int) -> bytes:
        offset = self.at - self._start
        if offset + length > len(self._window):
            if self.at + length > self.artifact.size:
                raise Malformed(
                    f"the file ends at {self.artifact.size:,}, a value needs {length:,} bytes from {self.at:,}"
                )
            self._window, self._start, offset = self.artifact.read(self.at, max(length, WINDOW_BYTES)), self.at, 0
        self.at += length
        return self._window[offset : offset + length]

    def skip(self, length: int) -> None:
        if self.at + length > self.artifact.size:
            raise Malformed(f"the file ends within {length:,} bytes at {self.at:,}")
        self.at += length
        if not self._start <= self.at <= self._start + len(self._window):
            self._window, self._start = b"", self.at

    def scalar(self, form: str) -> Any:
        return struct.unpack(form, self.take(struct.calcsize(form)))[0]

    def text(self, limit: int) -> str:
        length = self.scalar("<Q")
        if length > limit:
            raise Malformed(f"a name of {length:,} bytes at {self.at:,}")
        return self.take(length).decode("utf-8", "replace")

    def value(self, kind: int, *, keep: bool, depth: int = 0) -> Any:
        """The value; of strings the bytes if they are short enough to keep, of arrays nothing."""
        if form := SCALARS.get(kind):
            return self.scalar(form)
        if kind == STRING:
            length = self.scalar("<Q")
            if keep and length <= KEPT_BYTES:
                return self.take(length)
            return self.skip(length)
        if kind != ARRAY or depth >= MAX_NESTING:
            raise Malformed(f"a value of the unknown type {kind} at {self.at:,}")
        inner, count = self.scalar("<I"), self.scalar("<Q")
        if inner in SCALARS:
            return self.skip(struct.calcsize(SCALARS[inner]) * count)
        if inner == STRING:
            return self._skip_strings(count)
        for _ in range(count):
            self.look.meter.spend("steps", 2)
            self.value(inner, keep=False, depth=depth + 1)
        return None

    def _skip_strings(self, count: int) -> None:
        """Step over texts, a quarter of a million of them in the vocabulary of a model."""
        self.look.meter.spend("steps", min(count, self.artifact.size) // 2)
        left = count
        while left:
            window = self.artifact.read(self.at, WINDOW_BYTES)
            at, last = 0, len(window) - 8
            while left and at <= last:
                at += 8 + LENGTH(window, at)[0]
                left -= 1
            if not at:
                raise Malformed(f"the file ends within a list of texts at {self.at:,}")
            self.skip(at)
            self.look.meter.check_time()


READER = Reader("gguf", sniff, read)
