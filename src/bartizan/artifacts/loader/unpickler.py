"""The unpickler: CPython's own, except that it resolves only what the table grades as harmless."""

import io
import pickle
from collections.abc import Collection
from typing import Any, BinaryIO

from bartizan.artifacts.fact import shown
from bartizan.artifacts.globals import Entry, table
from bartizan.artifacts.loader.refusal import Refused

HARMLESS = frozenset({"inert", "container", "library"})


class Trust:
    """What may be named: the table's harmless globals, and those that the caller trusts."""

    def __init__(self, names: Collection[str] = ()) -> None:
        self._names = frozenset(names)

    def check(self, module: str, name: str) -> None:
        """Raise unless `module` and `name` lead to something that may be named."""
        # The unpickler maps the names of Python 2 only in old protocols; a modern stream has no use for them.
        entry = table().look(module, name, legacy=True)
        if not (harmless(entry) or entry.name in self._names or f"{module}.{name}" in self._names):
            raise Refused(f"{shown(module)}.{shown(name)} may not be named", todo="bartizan scan says why")

    def covers(self, name: str) -> bool:
        return name in self._names


def harmless(entry: Entry) -> bool:
    """True if the object may be named. That the stream does not call what must not be called was seen by the scan."""
    return entry.named in HARMLESS


def unpickler(trust: Trust) -> type[pickle.Unpickler]:
    """An unpickler class that names only what `trust` lets it."""

    class Guarded(pickle.Unpickler):
        def find_class(self, module: str, name: str) -> Any:
            trust.check(module, name)
            return super().find_class(module, name)

    return Guarded


class GuardedPickle:
    """The functions of the module `pickle` that torch asks of a `pickle_module`."""

    __name__ = "bartizan.artifacts.loader.unpickler"

    def __init__(self, trust: Trust) -> None:
        self.Unpickler = unpickler(trust)
        self.UnpicklingError = pickle.UnpicklingError

    def load(self, file: BinaryIO, **options: Any) -> Any:
        return self.Unpickler(file, **options).load()

    def loads(self, data: bytes, **options: Any) -> Any:
        return self.load(io.BytesIO(data), **options)
