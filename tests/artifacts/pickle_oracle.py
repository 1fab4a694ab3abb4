"""What CPython's C unpickler does with pickle programs: run in a child process, where every effect is recorded.

The child reads programs from its standard input, each after its length, and writes one JSON line for each: how far it
read, whether it reached STOP, and what was found and called. Objects found are instrumented: functions and classes of
`probe` record each call; those of the standard library are wrapped or subclassed. An audit hook sees the rest.
"""

import json
import struct
import subprocess
import sys
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

LENGTH = struct.Struct("<I")
BATCH_BYTES = 32_000
"""Less than a pipe holds, so that neither side waits for the other while both write."""
WATCHED = ("import", "open", "exec", "compile", "os.", "subprocess.", "socket.", "shutil.", "ctypes.", "code.")


class Seen(NamedTuple):
    """The effects of one program."""

    stopped: bool
    """True if it reached STOP."""
    consumed: int
    """How many bytes were read, if it did."""
    found: list[str]
    """The globals that were looked up."""
    events: list[list[str]]
    """Pairs of a name and how it was used: call, new, build or item."""
    audit: list[str]
    """What the audit hook saw."""


def observe(programs: Iterable[bytes]) -> Iterator[Seen]:
    """What each program does, in a child process of its own."""
    command = [sys.executable, "-I", "-W", "ignore", __file__]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        batch: list[bytes] = []
        size = 0
        for program in programs:
            batch.append(program)
            size += len(program) + LENGTH.size
            if size > BATCH_BYTES:
                yield from _exchange(child.stdin, child.stdout, batch)
                batch, size = [], 0
        yield from _exchange(child.stdin, child.stdout, batch)
        child.stdin.close()


def _exchange(send: Any, receive: Any, batch: list[bytes]) -> Iterator[Seen]:
    for program in batch:
        send.write(LENGTH.pack(len(program)) + program)
    send.flush()
    for program in batch:
        line = receive.readline()
        assert line, f"the unpickler died on {program!r}"
        yield Seen(*json.loads(line))


# ---- From here on: the child. ----

if __name__ == "__main__":
    import _pickle
    import builtins
    import codecs
    import collections
    import copyreg
    import encodings.hex_codec
    import encodings.rot_13
    import functools
    import io
    import operator
    import resource
    import types

    resource.setrlimit(resource.RLIMIT_AS, (2 << 30, 2 << 30))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    found: list[str] = []
    events: list[tuple[str, str]] = []
    audit: list[str] = []
    watching = inside_call = 0

    def hook(event: str, _: Any) -> None:
        if watching and event.startswith(WATCHED):
            audit.append(event)
            raise PermissionError(event)

    class Recording(type):
        """A class whose calls are recorded; making an instance by `__new__` alone is another event."""

        def __call__(cls, *args: Any, **kwargs: Any) -> Any:
            global inside_call
            events.append((cls.__dict__.get("_name", cls.__name__), "call"))
            inside_call += 1
            try:
                return super().__call__(*args, **kwargs)
            finally:
                inside_call -= 1

    class Plain(metaclass=Recording):
        _name = "probe.Plain"

        def __new__(cls, *args: Any, **kwargs: Any) -> Any:
            if not inside_call:
                events.append((cls._name, "new"))
            return object.__new__(cls)

        def __init__(self, *args: Any) -> None:
            pass

    class Full(Plain):
        _name = "probe.Full"

        def __setstate__(self, state: Any) -> None:
            events.append((self._name, "build"))

        def extend(self, items: Any) -> None:
            events.append((self._name, "item"))

        def add(self, item: Any) -> None:
            events.append((self._name, "item"))

        def __setitem__(self, key: Any, value: Any) -> None:
            events.append((self._name, "item"))

    class Appending(Plain):
        _name = "probe.Appending"

        def append(self, item: Any) -> None:
            events.append((self._name, "item"))

    class Old(Plain):
        _name = "probe.Old"
        __getinitargs__ = ()

    class Inner(Plain):
        _name = "probe.Outer.Inner"

    class Outer(Plain):
        _name = "probe.Outer"

    Outer.Inner = Inner  # type: ignore[attr-defined]

    class Result:
        """What a probe function returns: it can be called, built and filled, and records that."""

        def __init__(self, maker: str) -> None:
            self.maker = maker

        def __call__(self, *_: Any, **__: Any) -> "Result":
            events.append(("<computed>", "call"))
            return Result("<computed>")

        def __setstate__(self, _: Any) -> None:
            events.append((self.maker, "build"))

        def extend(self, _: Any) -> None:
            events.append((self.maker, "item"))

        def __setitem__(self, _: Any, __: Any) -> None:
            events.append((self.maker, "item"))

        add = extend

    class Function:
        """A function that records its calls."""

        def __init__(self, name: str, real: Any = None) -> None:
            self._name, self._real = name, real

        def __call__(self, *args: Any) -> Any:
            events.append((self._name, "call"))
            return self._real(*args) if self._real else Result(self._name)

    def subclass(name: str, base: type) -> type:
        def new(cls: type, *args: Any, **kwargs: Any) -> Any:
            if not inside_call:
                events.append((name, "new"))
            return base.__new__(cls, *args, **kwargs)

        return Recording(base.__name__, (base,), {"_name": name, "__new__": new})

    probe = types.SimpleNamespace(
        f=Function("probe.f"), g=Function("probe.g"), Plain=Plain, Full=Full, Appending=Appending, Old=Old, Outer=Outer
    )
    real = {
        (module, name): Function(f"{module}.{name}", getattr(source, name))
        for source, module, names in (
            (builtins, "builtins", ("chr", "getattr", "str", "bytes", "iter")),
            (copyreg, "copyreg", ("_reconstructor", "__newobj__", "__newobj_ex__")),
            (codecs, "codecs", ("encode", "decode")),
            (operator, "operator", ("add", "concat", "attrgetter", "itemgetter")),
        )
        for name in names
    }
    real["builtins", "str.join"] = Function("builtins.str.join", str.join)
    real["builtins", "str.lower"] = Function("builtins.str.lower", str.lower)
    real["collections", "OrderedDict"] = subclass("collections.OrderedDict", collections.OrderedDict)
    real["collections", "deque"] = subclass("collections.deque", collections.deque)
    real["collections", "defaultdict"] = subclass("collections.defaultdict", collections.defaultdict)
    real["functools", "partial"] = subclass("functools.partial", functools.partial)
    real["builtins", "object"] = object
    real["builtins", "dict"] = subclass("builtins.dict", dict)
    sys.modules["probe"] = types.ModuleType("probe")
    vars(sys.modules["probe"]).update(vars(probe))
    known = {id(value): (f"probe.{name}", value) for name, value in vars(probe).items()}
    known[id(Inner)] = "probe.Outer.Inner", Inner
    for (home, name), wrapper in real.items():
        value: Any = sys.modules[home]
        for step in name.split("."):
            value = getattr(value, step)
        known[id(value)] = f"{home}.{name}", wrapper

    class Unpickler(_pickle.Unpickler):
        """Finds what C's own lookup finds, at the protocol of the moment, and hands out the instrumented twin."""

        def find_class(self, module: str, name: str) -> Any:
            global watching
            watching = 0
            value = super().find_class(module, name)
            watching = 1
            found.append(known[id(value)][0])
            return known[id(value)][1]

        def persistent_load(self, _: Any) -> Any:
            return Result("<computed>")

    shared = [twin for _, twin in known.values() if hasattr(twin, "__dict__")]
    pristine = [dict(vars(twin)) for twin in shared]

    def restore() -> None:
        """Undo what a program did to objects that outlive it, so that the next one meets them as they were."""
        for twin, before in zip(shared, pristine, strict=True):
            now = vars(twin)
            if isinstance(now, dict):  # BUILD writes to it directly, under any name, `__class__` too
                now.clear()
                now.update(before)
                continue
            for name in [name for name in now if name not in before]:
                delattr(twin, name)
            for name, value in before.items():
                if now.get(name) is not value:
                    setattr(twin, name, value)

    def run(program: bytes) -> tuple[bool, int]:
        global watching, inside_call
        file = io.BytesIO(program)
        unpickler = Unpickler(file, buffers=[b"one", bytearray(b"two")])
        inside_call = 0
        watching = 1
        try:
            unpickler.load()
        except Exception:
            return False, 0
        finally:
            watching = 0
        return True, file.tell()

    copyreg.add_extension("probe", "f", 1)
    copyreg.add_extension("probe", "Plain", 300)
    sys.addaudithook(hook)
    sys.path.clear()
    for vocabulary in (encodings.rot_13, encodings.hex_codec):
        codecs.lookup(vocabulary.__name__.rpartition(".")[2])
    while head := sys.stdin.buffer.read(LENGTH.size):
        program = sys.stdin.buffer.read(LENGTH.unpack(head)[0])
        for record in (found, events, audit):
            record.clear()
        stopped, consumed = run(program)
        restore()
        sys.stdout.write(json.dumps([stopped, consumed, found, events, audit]) + "\n")
        sys.stdout.flush()
