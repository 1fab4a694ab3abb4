"""Functions that only look something up: attributes by their names, and types by names that serialisers give them."""

import re
from typing import TYPE_CHECKING

from bartizan.artifacts.pickle.values import KNOWN_USE, Global, Made, Value

if TYPE_CHECKING:
    from bartizan.artifacts.pickle.calls import Calls

DILL = "dill._dill._load_type"
DILL_EVAL = "dill._dill._eval_repr"
CONSTANT = re.compile(r"Ellipsis|NotImplemented|range\(-?\d+, -?\d+(?:, -?\d+)?\)", re.ASCII)
CLOUDPICKLE = "cloudpickle.cloudpickle._builtin_type"

# dill's names that are neither in `builtins` nor in `types`.
DILL_TYPES = {
    "PartialType": ("functools", "partial"), "ItemGetterType": ("operator", "itemgetter"),
    "AttrGetterType": ("operator", "attrgetter"), "SuperType": ("builtins", "super"), "FileType": ("io", "FileIO"),
    "TextWrapperType": ("io", "TextIOWrapper"), "BufferedReaderType": ("io", "BufferedReader"),
    "BufferedWriterType": ("io", "BufferedWriter"), "BufferedRandomType": ("io", "BufferedRandom"),
}  # fmt: skip


def get_attribute(calls: "Calls", callee: Global, args: Value, at: int) -> Value:
    """getattr of a global by a literal name is its attribute; of an instance it is how methods are written."""
    if type(args) is tuple and len(args) == 2 and type(args[1]) is str and "." not in args[1]:
        owner, attribute = args
        if type(owner) is Global:
            calls.use(callee, KNOWN_USE, at)
            return Made(callee, args) if attribute == "__new__" else calls.attribute(owner, attribute, at)
        if type(owner) is Made and calls.only_gets(owner, attribute):
            calls.use(callee, KNOWN_USE, at)
            return Made(callee)
    calls.use(callee, "REDUCE", at)
    return Made(callee)


def class_of(callee: Made) -> Global | None:
    """The class, if the callee is `partial(cls.__new__, cls, ...)`: so protocols 2 and 3 write NEWOBJ_EX."""
    state = callee.state
    if callee.by is None or callee.by.name != "functools.partial" or type(state) is not tuple or len(state) != 4:
        return None
    function, args = state[:2]
    if type(function) is not Made or function.by is None or function.by.name != "builtins.getattr":
        return None
    owner = function.args[0] if function.args else None
    return owner if type(args) is tuple and args and args[0] is owner and type(owner) is Global else None


def get_constant(calls: "Calls", callee: Global, args: Value, at: int) -> Value:
    """dill evaluates the text of a constant."""
    constant = type(args) is tuple and len(args) == 1 and type(args[0]) is str and CONSTANT.fullmatch(args[0])
    calls.use(callee, KNOWN_USE if constant else "REDUCE", at)
    return Made(callee)


def get_type(calls: "Calls", callee: Global, args: Value, at: int) -> Value:
    """The type that the stream names by another name."""
    calls.use(callee, "REDUCE", at)
    if type(args) is tuple and len(args) == 1 and type(args[0]) is str and "." not in args[0]:
        return calls.find(*_home_of(callee.name, args[0]), at)
    return Made(callee)


def _home_of(function: str, name: str) -> tuple[str, str]:
    """The module and the name of the type that the function returns."""
    if function == DILL and name in DILL_TYPES:
        return DILL_TYPES[name]
    in_types = function == CLOUDPICKLE or name.endswith("Type") or name == "SimpleNamespace"
    return ("types" if in_types else "builtins"), name


LOOKUPS = {"builtins.getattr": get_attribute, DILL: get_type, CLOUDPICKLE: get_type, DILL_EVAL: get_constant}
