"""Pins: a tool's definition as it was when somebody looked at it, so that no server changes it in silence.

The digest is over the whole definition and the server that gave it. A changed one is told apart by what changed: the
text that the model reads, the arguments, what the server promises, what comes back.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Literal, NamedTuple, TypeAlias

import msgspec

from bartizan.guard.flow_leaves import leaves
from bartizan.kernel import HostileInput, OutOfBudget

MAX_BYTES = 1 << 20
MAX_SHOWN_CHARS = 120

What: TypeAlias = Literal["server", "text", "arguments", "promises", "result", "other"]
PARTS: dict[str, What] = {
    "name": "text",
    "title": "text",
    "description": "text",
    "inputSchema": "arguments",
    "input_schema": "arguments",
    "parameters": "arguments",
    "outputSchema": "result",
    "output_schema": "result",
    "annotations": "promises",
}
READ_BY_MODELS = {"description", "title", "examples", "default", "enum", "const", "pattern"}
"""Parts of a schema that are text to a model, whatever they are to a validator."""


class Pin(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One definition that was accepted."""

    server: str
    """Whatever identifies who gave it: an address and the digest of a certificate, a command and its digest."""
    name: str
    digest: str
    definition: str
    """The definition in canonical JSON, to say later what changed."""


class Change(NamedTuple):
    """One place in which a definition is another than the pinned one."""

    what: What
    path: str
    before: str
    after: str


class Hidden(NamedTuple):
    """A text in a definition that the guard would not let pass."""

    path: str
    reason: str


def pin(definition: Mapping[str, Any], server: str) -> Pin:
    """The pin of a tool's definition as this server gives it."""
    text = canonical(definition)
    name = definition.get("name")
    if not isinstance(name, str) or not name:
        raise HostileInput("a tool's definition has no name", where=server)
    return Pin(server, name, _digest(server, text), text)


def changes(pinned: Pin, definition: Mapping[str, Any], server: str) -> list[Change]:
    """What is not as it was pinned; nothing if all is."""
    text = canonical(definition)
    if _digest(server, text) == pinned.digest:
        return []
    found = [Change("server", "", pinned.server, server)] if server != pinned.server else []
    before = msgspec.json.decode(pinned.definition)
    found += _differences(before, msgspec.json.decode(text), ())
    return sorted(found, key=lambda change: (ORDER.index(change.what), change.path))


def same_name(pins: Iterable[Pin], definition: Mapping[str, Any], server: str) -> list[Pin]:
    """The pins of other servers' tools that a model could take this one for."""
    name = _plain_name(str(definition.get("name", "")))
    return [known for known in pins if known.server != server and _plain_name(known.name) == name]


def hidden_orders(definition: Mapping[str, Any], check: Callable[[str], str]) -> list[Hidden]:
    """Texts of a definition about which `check` says something: it is given each, and returns why not, or nothing.

    Names of arguments and values of enumerations are texts too, for a model reads them all.
    """
    try:
        found = leaves(definition)
    except OutOfBudget as reason:
        return [Hidden("", f"not looked at: {reason.what}")]
    return [
        Hidden(".".join(leaf.path), why) for leaf in found if isinstance(leaf.value, str) and (why := check(leaf.value))
    ]


def canonical(definition: Mapping[str, Any]) -> str:
    """JSON with sorted keys and no spaces, whole numbers as such; HostileInput if it is none, or too much."""
    try:
        leaves(definition)
        text = msgspec.json.encode(_whole(definition), order="sorted")
    except (OutOfBudget, msgspec.MsgspecError, TypeError, ValueError, RecursionError) as wrong:
        raise HostileInput(f"a tool's definition cannot be pinned: {wrong}") from None
    if len(text) > MAX_BYTES:
        raise HostileInput(f"a tool's definition has {len(text):,} bytes, more than {MAX_BYTES:,}")
    return text.decode()


ORDER: tuple[What, ...] = ("server", "promises", "text", "arguments", "result", "other")


def _whole(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _whole(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_whole(item) for item in value]
    if isinstance(value, float):
        if value != value or value in {float("inf"), float("-inf")}:
            raise ValueError(f"{value} is no number of JSON")
        return int(value) if value.is_integer() else value
    return value


def _digest(server: str, text: str) -> str:
    whole = msgspec.json.encode([server, text])
    return "sha256:" + hashlib.sha256(whole).hexdigest()


def _differences(before: Any, after: Any, path: tuple[str, ...]) -> Iterator[Change]:
    if type(before) is type(after) and isinstance(before, dict):
        for key in sorted(before.keys() | after.keys()):
            yield from _differences(before.get(key, ABSENT), after.get(key, ABSENT), (*path, key))
    elif before != after and not (_is_set(path) and _sorted(before) == _sorted(after)):
        yield Change(_what(path), ".".join(path), _shown(before), _shown(after))


ABSENT = "(absent)"


def _is_set(path: tuple[str, ...]) -> bool:
    """Whether the order of a list there says nothing."""
    return bool(path) and path[-1] in {"required", "enum", "type"}


def _sorted(value: Any) -> Any:
    return sorted(map(repr, value)) if isinstance(value, list) else value


def _what(path: tuple[str, ...]) -> What:
    part = PARTS.get(path[0], "other") if path else "other"
    return "text" if part in {"arguments", "result"} and path[-1] in READ_BY_MODELS else part


def _shown(value: Any) -> str:
    text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    line = " ".join(text.split())
    shown = "".join(char if char.isprintable() else f"\\u{{{ord(char):x}}}" for char in line[:MAX_SHOWN_CHARS])
    return shown + ("..." if len(line) > MAX_SHOWN_CHARS else "")


def _plain_name(name: str) -> str:
    return "".join(char for char in name.casefold() if char.isalnum())
