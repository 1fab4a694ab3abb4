"""Texts that come in pieces, a piece in each event: every one of them is guarded while it streams.

An event keeps its shape. What it carries is replaced by what may be sent by now, and what is still held when a text
ends goes out in a copy of the last event that carried a piece of it.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple, TypeAlias

from bartizan.guard.integrations.checkpoint import Checkpoint
from bartizan.guard.integrations.errors import Refused
from bartizan.guard.stream import Stream
from bartizan.guard.verdict import Stage

PIECES = frozenset(
    (
        "content",
        "text",
        "arguments",
        "partial_json",
        "thinking",
        "reasoning",
        "reasoning_content",
        "refusal",
        "response",
    )
)
"""Names of what grows, below `delta` and in the like places."""
ORDERS = frozenset({"arguments", "partial_json"})
"""Names of what grows into the call of a tool."""
GROWS_BELOW = frozenset({"delta", "candidates", "choices"})
LINE_PATHS = frozenset({("message", "content"), ("message", "thinking"), ("response",)})
"""What grows in a line of an Ollama answer."""
INDEXES = ("index", "output_index", "content_index", "item_id", "summary_index")
ENDS = ("_stop", ".done", ".completed", ".incomplete", ".failed")
MAX_TEXTS = 256
MAX_DEPTH = 16

Path: TypeAlias = tuple[str | int, ...]
Key: TypeAlias = tuple[object, ...]


class Event(NamedTuple):
    """One event of a stream, or one line of it."""

    name: str
    value: Any


class Deltas:
    """All texts of one answer."""

    def __init__(self, checkpoint: Checkpoint) -> None:
        self._checkpoint = checkpoint
        self._texts: dict[Key, tuple[Stream, Event, Path]] = {}
        self._ready: dict[Path, str] = {}

    def take(self, event: Event) -> tuple[list[Event], Any]:
        """The events that have to go before this one, and its value without the pieces."""
        self._ready = {}
        value = event.value
        found = {_key(value, path): (path, piece) for path, piece in _pieces(value)}
        ended = {key for key in (*self._texts, *found) if _ends(value, key)}
        before = [last for key in ended - set(found) for last in self._closed(key)]
        bare = value
        for path, _ in found.values():
            bare = _with(bare, path, "")
        for key, (path, piece) in found.items():
            stream = self._stream(key, path)
            ready = stream.feed(piece)
            if key in ended:
                ready += stream.close()
                self._texts.pop(key, None)
            else:
                self._texts[key] = stream, Event(event.name, bare), path
            _go_on(stream)
            self._ready[path] = ready
        return before, bare

    def filled(self, value: Any) -> Any:
        """The value with what may be sent now in the place of its pieces."""
        for path, ready in self._ready.items():
            value = _with(value, path, ready)
        return value

    def close(self) -> list[Event]:
        """The events that carry the rest of all texts."""
        return [last for key in list(self._texts) for last in self._closed(key)]

    def _closed(self, key: Key) -> list[Event]:
        if key not in self._texts:
            return []
        stream, event, path = self._texts.pop(key)
        rest = stream.close()
        _go_on(stream)
        return [Event(event.name, _with(event.value, path, rest))] if rest else []

    def _stream(self, key: Key, path: Path) -> Stream:
        if key in self._texts:
            return self._texts[key][0]
        if len(self._texts) >= MAX_TEXTS:
            raise Refused("unscanned", "output", f"more than {MAX_TEXTS} texts in one stream")
        stage: Stage = "tool_call" if path[-1] in ORDERS or "function_call" in str(key) else "output"
        return Stream(self._checkpoint.guard, stage, system=self._checkpoint.system)


def _go_on(stream: Stream) -> None:
    if stream.blocked:
        raise Refused("block", "output", stream.verdict.reason)


def _pieces(value: Any, path: Path = (), grows: bool = False) -> Iterator[tuple[Path, str]]:
    """The strings of an event that are pieces of something longer, and where they stand."""
    if len(path) > MAX_DEPTH:
        return
    if isinstance(value, dict):
        for key, item in value.items():
            if isinstance(item, str):
                if key == "delta" or (grows and key in PIECES) or (*path, key) in LINE_PATHS:
                    yield (*path, key), item
            else:
                yield from _pieces(item, (*path, key), grows or key in GROWS_BELOW)
    elif isinstance(value, list):
        for at, item in enumerate(value):
            yield from _pieces(item, (*path, at), grows)


def _key(value: Any, path: Path) -> Key:
    """Which text a piece belongs to: its path, with an item that numbers itself under that number."""
    key: list[object] = [value.get("type"), *(value.get(name) for name in INDEXES)] if isinstance(value, dict) else []
    for step in path:
        value = value[step]
        numbered = isinstance(step, int) and isinstance(value, dict) and isinstance(value.get("index"), int)
        key.append(value["index"] if numbered else step)
    return tuple(key)


def _ends(value: Any, key: Key) -> bool:
    """Whether this event ends that text."""
    if not isinstance(value, dict):
        return False
    if value.get("done") is True:
        return True
    kind = value.get("type")
    if isinstance(kind, str) and kind.endswith(ENDS):
        numbers = [value.get(name) for name in INDEXES]
        return all(number in (None, own) for number, own in zip(numbers, key[1:], strict=False))
    for name in ("choices", "candidates"):
        choices = value.get(name)
        for at, choice in enumerate(choices if isinstance(choices, list) else ()):
            if isinstance(choice, dict) and (choice.get("finish_reason") or choice.get("finishReason")):
                index = choice.get("index", at)
                if key[1 + len(INDEXES) :][:2] == (name, index):
                    return True
    return False


def _with(value: Any, path: Path, text: str) -> Any:
    """A copy of the value with this text at this place."""
    if not path:
        return text
    step, rest = path[0], path[1:]
    copy: Any = list(value) if isinstance(value, list) else dict(value)
    copy[step] = _with(value[step], rest, text)
    return copy
