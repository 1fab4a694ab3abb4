"""Functions whose meaning the machine knows: what calling them with these arguments comes to."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from bartizan.artifacts.pickle import pure
from bartizan.artifacts.pickle.lookups import LOOKUPS
from bartizan.artifacts.pickle.values import KNOWN_USE, Blob, Global, Kind, Made, Value

if TYPE_CHECKING:
    from bartizan.artifacts.pickle.calls import Calls

LOADS = frozenset(
    {"pickle.loads", "pickle._loads", "torch.storage._load_from_bytes", "dill.loads", "cloudpickle.loads"}
)


def _reconstructor(calls: "Calls", callee: Global, args: Value, at: int) -> Value:
    """copyreg._reconstructor(cls, base, state): base.__new__(cls, state), and base.__init__ unless base is object."""
    calls.use(callee, "REDUCE", at)
    if type(args) is not tuple or len(args) != 3:
        return Made(None)
    cls, base, _ = args
    calls.new("NEWOBJ", base, (), at)
    if not (type(base) is Global and base.name == "builtins.object"):
        calls.call("REDUCE", base, (), at)
    return calls.new("NEWOBJ", cls, (), at)


def _newobj(calls: "Calls", callee: Global, args: Value, at: int) -> Value:
    """copyreg.__newobj__(cls, *args), and __newobj_ex__."""
    calls.use(callee, "REDUCE", at)
    return calls.new("NEWOBJ", args[0], args[1:], at) if type(args) is tuple and args else Made(None)


def _loads(calls: "Calls", callee: Global, args: Value, at: int) -> Value:
    """An unpickler called on bytes: those are a stream of their own."""
    literal = type(args) is tuple and len(args) == 1 and type(args[0]) in (bytes, Blob)
    calls.use(callee, KNOWN_USE if literal and callee.entry.new == "inert" else "REDUCE", at)
    if literal:
        calls.nested.append((at, args[0]))
    return Made(callee)


def _encode(calls: "Calls", callee: Global, args: Value, at: int) -> Value:
    """codecs.encode(text, "latin1") is how protocols below 3 write bytes, of any length."""
    calls.use(callee, "REDUCE", at)
    if type(args) is tuple and len(args) == 2 and args[1] == "latin1" and type(args[0]) in (str, Blob):
        try:
            text = args[0] if type(args[0]) is str else calls.text_of(args[0])
            return text.encode("latin-1")
        except UnicodeError:
            return Made(callee)
    value = pure.evaluate(callee.name, args, calls.meter) if type(args) is tuple else None
    return Made(callee) if value is None else value


def _type(calls: "Calls", callee: Global, args: Value, at: int) -> Value:
    """type(x) of one argument is how the types of None and Ellipsis are written; with three it makes a class."""
    calls.use(callee, KNOWN_USE if type(args) is tuple and len(args) == 1 else "REDUCE", at)
    return Made(callee)


def _typing(calls: "Calls", callee: Global, args: Value, at: int) -> Value:
    """getitem(List, int) and reduce(or_, (int, str)) are how hints are written."""
    first = args[0] if type(args) is tuple and len(args) == 2 else None
    hint = type(first) is Global and (
        first.entry.module in ("typing", "collections.abc") or first.name == "operator.or_"
    )
    calls.use(callee, KNOWN_USE if hint and type(args[1]) in (tuple, Global, Made, Kind) else "REDUCE", at)
    return Made(callee)


SPECIAL: dict[str, Callable[["Calls", Global, Value, int], Value]] = {
    "copyreg._reconstructor": _reconstructor,
    "copyreg.__newobj__": _newobj,
    "copyreg.__newobj_ex__": _newobj,
    "codecs.encode": _encode,
    "builtins.type": _type,
    "operator.getitem": _typing,
    "functools.reduce": _typing,
    **LOOKUPS,
    **dict.fromkeys(LOADS, _loads),
}
