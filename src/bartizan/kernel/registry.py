"""The registry: every installed control, found by entry point and imported only when it is asked for."""

from collections.abc import Iterable, Iterator
from importlib import import_module
from types import ModuleType
from typing import Any, Protocol

import msgspec

from bartizan.kernel.control import Control
from bartizan.kernel.errors import BartizanError, UsageError

GROUP = "bartizan.controls"


class Entry(Protocol):
    """What `importlib.metadata.EntryPoint` offers of itself."""

    @property
    def name(self) -> str: ...
    @property
    def value(self) -> str: ...


class Unloadable(msgspec.Struct, frozen=True):
    """An entry point whose controls cannot be had, and why."""

    entry: str
    reason: str


class Registry:
    """Controls by id. Entry `NAME` names a module that holds the controls `NAME.*`."""

    def __init__(self, entries: Iterable[Entry] | None = None) -> None:
        self._entries: dict[str, list[Entry]] = {}
        self._loaded: dict[str, dict[str, Control[Any]]] = {}
        self._unloadable: dict[str, Unloadable] = {}
        for entry in _installed() if entries is None else entries:
            self._entries.setdefault(entry.name, []).append(entry)

    def get(self, id: str) -> Control[Any]:
        """The control with this id; imports the one module that holds it."""
        name = id.partition(".")[0]
        found = self._load(name).get(id)
        if found is None and name in self._unloadable:
            raise BartizanError(f"control {id} cannot be loaded: {self._unloadable[name].reason}")
        if found is None:
            raise UsageError(f"there is no control {id}", todo="bartizan controls list shows them all")
        return found

    def __iter__(self) -> Iterator[Control[Any]]:
        for name in sorted(self._entries):
            yield from (found for _, found in sorted(self._load(name).items()))

    def on(self, subject_type: type) -> list[Control[Any]]:
        """The controls that look at this type of subject."""
        return [found for found in self if issubclass(subject_type, found.on)]

    @property
    def unloadable(self) -> list[Unloadable]:
        """The entry points that failed among those asked for so far."""
        return list(self._unloadable.values())

    def _load(self, name: str) -> dict[str, Control[Any]]:
        if name not in self._loaded:
            try:
                self._loaded[name] = _controls_of(name, self._entries.get(name, []))
            except Exception as error:  # an outside package may fail in any way, and must not take others along
                self._loaded[name] = {}
                self._unloadable[name] = Unloadable(name, " ".join(f"{type(error).__name__}: {error}".split()))
        return self._loaded[name]


def _installed() -> Iterable[Entry]:
    from importlib.metadata import entry_points

    return entry_points(group=GROUP)


def _controls_of(name: str, entries: list[Entry]) -> dict[str, Control[Any]]:
    """The controls of one entry point; a name that two packages claim belongs to neither."""
    if len(entries) > 1:
        raise BartizanError(f"{len(entries)} packages claim the name {name}")
    found: dict[str, Control[Any]] = {}
    for value in (value for entry in entries for value in _public(import_module(entry.value))):
        if not value.id.startswith(f"{name}."):
            raise BartizanError(f"entry point {name} holds a control named {value.id}")
        if found.setdefault(value.id, value) is not value:
            raise BartizanError(f"two controls are named {value.id}")
    return found


def _public(module: ModuleType) -> Iterator[Control[Any]]:
    return (value for key, value in vars(module).items() if isinstance(value, Control) and not key.startswith("_"))
