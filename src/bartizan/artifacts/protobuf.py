"""Protocol buffers read field by field, without a schema's code: what is not asked for is skipped by its length."""

from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from bartizan.artifacts.artifact import Artifact
from bartizan.artifacts.reader import Look
from bartizan.kernel import HostileInput

VARINT, FIXED64, BYTES, GROUP_START, GROUP_END, FIXED32 = 0, 1, 2, 3, 4, 5
MAX_VARINT_BYTES = 10
STEPS_PER_FIELD = 4
WINDOW_BYTES = 1 << 16
MAX_TEXT_BYTES = 16 << 20


class Message(NamedTuple):
    """A stretch of the artifact whose fields are read when they are asked for."""

    window: "Window"
    start: int
    end: int

    @property
    def size(self) -> int:
        return self.end - self.start

    @classmethod
    def of(cls, artifact: Artifact, look: Look) -> "Message":
        """The message that the whole artifact is."""
        return cls(Window(artifact, look), 0, artifact.size)

    def bytes(self) -> bytes:
        """All of it; only for text and other small things."""
        if self.size > MAX_TEXT_BYTES:
            raise HostileInput(f"a text of {self.size:,} bytes")
        return self.window.take(self.start, self.size)

    def fields(self) -> "Iterator[Field]":
        """The fields in their order. Content that is not whole is an error, as it is for every loader."""
        window, at, end = self.window, self.start, self.end
        while at < end:
            window.spend()
            tag, at = window.varint(at)
            number, wire = tag >> 3, tag & 7
            if not number:
                raise HostileInput("a field without a number")
            if wire == VARINT:
                value, at = window.varint(at)
                yield Field(number, wire, value, Message(window, at, at))
            elif wire == BYTES:
                length, at = window.varint(at)
                if length > end - at:
                    raise HostileInput(f"a field of {length:,} bytes where {max(0, end - at):,} are left")
                yield Field(number, wire, length, Message(window, at, at + length))
                at += length
            elif wire in (FIXED32, FIXED64):
                at += 4 if wire == FIXED32 else 8
                yield Field(number, wire, 0, Message(window, at, at))
            elif wire not in (GROUP_START, GROUP_END):
                raise HostileInput(f"a field of the unknown wire type {wire}")
        if at > end:
            raise HostileInput("a field that is cut off")

    def all(self, number: int) -> "Iterator[Message]":
        """The content of every field with this number."""
        return (field.content for field in self.fields() if field.number == number and field.wire == BYTES)

    def text(self, number: int) -> str:
        """The text of the last field with this number, which is the one that counts."""
        found = ""
        for field in self.fields():
            if field.number == number and field.wire == BYTES:
                found = field.text()
        return found


class Field(NamedTuple):
    """A field: its number and wire type, its value if it is a number, its content if it is text or a message."""

    number: int
    wire: int
    value: int
    content: Message

    def text(self) -> str:
        return self.content.bytes().decode("utf-8", "replace")


class Window:
    """The bytes around the place that is being read."""

    def __init__(self, artifact: Artifact, look: Look) -> None:
        self._artifact = artifact
        self._look = look
        self._start = 0
        self._data = b""

    def spend(self) -> None:
        self._look.meter.spend("steps", STEPS_PER_FIELD)

    def take(self, at: int, length: int) -> bytes:
        offset = at - self._start
        if not 0 <= offset <= len(self._data) - length:
            if length > WINDOW_BYTES:
                self._look.meter.spend("bytes", length)
                return self._artifact.read(at, length)
            self._move(at)
            offset = 0
        piece = self._data[offset : offset + length]
        if len(piece) < length:
            raise HostileInput("a field that is cut off")
        return piece

    def varint(self, at: int) -> tuple[int, int]:
        """The number that begins here, and where it ends."""
        offset = at - self._start
        if not 0 <= offset < len(self._data) - MAX_VARINT_BYTES:
            self._move(at)
            offset = 0
        byte = self._data[offset] if offset < len(self._data) else -1
        if 0 <= byte < 0x80:
            return byte, at + 1
        value = 0
        for index, byte in enumerate(self._data[offset : offset + MAX_VARINT_BYTES]):
            value |= (byte & 0x7F) << (7 * index)
            if not byte & 0x80:
                return value, at + index + 1
        raise HostileInput("a number that does not end" if byte >= 0 else "a field that is cut off")

    def _move(self, at: int) -> None:
        self._look.meter.check_time()
        self._start, self._data = at, self._artifact.read(at, WINDOW_BYTES)


class Shape(NamedTuple):
    """The first fields of what may be a message: their numbers and wire types, and the start of each one's content."""

    fields: list[tuple[int, int, "bytes"]]
    whole: bool
    """False if the message goes on beyond what was looked at."""

    def only(self, *known: tuple[int, int]) -> bool:
        """True if there are fields, and none but these."""
        return bool(self.fields) and all((number, wire) in known for number, wire, _ in self.fields)

    def first(self, number: int) -> "bytes | None":
        """The content of the first field with this number."""
        return next((content for found, _, content in self.fields if found == number), None)


@lru_cache(maxsize=4)  # several readers ask about one head
def shape(data: "bytes", size: int, most: int = 64) -> "Shape | None":
    """The shape of a message of `size` bytes that begins like this; None if no message does."""
    fields: list[tuple[int, int, bytes]] = []
    at = 0
    while at < size and len(fields) < most:
        if at >= len(data):
            return Shape(fields, False)
        tag, at = _short_varint(data, at)
        number, wire = tag >> 3, tag & 7
        if not 0 < number < 1 << 16 or wire not in (VARINT, BYTES, FIXED32, FIXED64):
            return None
        content = b""
        if wire == BYTES:
            length, at = _short_varint(data, at)
            if length < 0 or length > size - at:
                return None
            content = data[at : at + length]
            at += length
        elif wire == VARINT:
            value, at = _short_varint(data, at)
            if value < 0:
                return None
        else:
            at += 4 if wire == FIXED32 else 8
        fields.append((number, wire, content))
    return Shape(fields, at >= size)


def _short_varint(data: "bytes", at: int) -> tuple[int, int]:
    """The number that begins here, and where it ends; -1 if it does not end."""
    value = 0
    for index, byte in enumerate(data[at : at + MAX_VARINT_BYTES]):
        value |= (byte & 0x7F) << (7 * index)
        if not byte & 0x80:
            return value, at + index + 1
    return -1, len(data)
