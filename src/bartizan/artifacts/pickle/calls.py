"""What a stream calls, names and changes: listed with the grade that the table of globals gives it."""

from collections.abc import Callable, Sequence

from bartizan.artifacts.fact import AnyFact, Imports, Opaque, Structure, shown
from bartizan.artifacts.fact import Calls as CallsFact
from bartizan.artifacts.globals import Entry, Table
from bartizan.artifacts.pickle import pure
from bartizan.artifacts.pickle.built import DISTRIBUTION, SHARING, known_template
from bartizan.artifacts.pickle.lookups import LOOKUPS, class_of
from bartizan.artifacts.pickle.opcodes import NAMES
from bartizan.artifacts.pickle.source import Ended
from bartizan.artifacts.pickle.values import (
    BUFFER,
    DICT,
    KNOWN_USE,
    LIST,
    SET,
    UNKNOWN,
    Blob,
    Global,
    Kind,
    Made,
    Value,
    callable_maybe,
)

# Attributes that the unpickler itself looks up on objects and calls, so that a stream can plant them and have them run.
PLANTABLE = frozenset({"__setstate__", "__class__", "__dict__", "append", "extend", "add"})
APPENDING, SETTING, ADDING = frozenset({"APPEND", "APPENDS"}), frozenset({"SETITEM", "SETITEMS", "DICT"}), "ADDITEMS"

# Calls whose arguments or state are looked at later.
DTYPE = "numpy.dtype"
ARRAY_WRAPPER = "joblib.numpy_pickle.NumpyArrayWrapper"
FILE_WRAPPERS = frozenset(f"joblib.numpy_pickle_compat.{name}" for name in ("NDArrayWrapper", "ZNDArrayWrapper"))
SCALAR = "numpy._core.multiarray.scalar"
PARTIAL = "functools.partial"
TEXT_MAKERS = frozenset({"collections.UserString", "numpy.str_", PARTIAL, "builtins.iter"})
WRAPPERS = frozenset({ARRAY_WRAPPER, *FILE_WRAPPERS})
KEPT = frozenset({DTYPE, SCALAR, PARTIAL, *WRAPPERS})
# Functions that call methods of their arguments, and the packages whose classes were looked at for unpickling alone.
CONSUMING = frozenset(
    f"{module}.{name}"
    for module, names in {
        "builtins": "list tuple set frozenset dict str bytes bytearray int float complex bool enumerate zip reversed",
        "collections": "OrderedDict Counter deque ChainMap UserDict UserList UserString",
    }.items()
    for name in names.split()
)
NOT_READ_FULLY = frozenset({"torch", "sklearn", "scipy", "joblib", "xgboost", "lightgbm"})
LOADS = frozenset(
    {"pickle.loads", "pickle._loads", "torch.storage._load_from_bytes", "dill.loads", "cloudpickle.loads"}
)

GRADES = ("inert", "container", "library", "unknown", "io", "code", "computed")
"""From the best to the worst."""


HARMLESS = frozenset({"inert", "container"})


class Calls:
    """The calls of one stream."""

    def __init__(self, table: Table) -> None:
        self.build_array: Callable[[Made, int], int] | None = None
        """Reads a raw array that joblib puts after this opcode, and returns where it ends."""
        self.text_of: Callable[[Blob], str] = lambda blob: ""
        """Reads a text that was too long to hold."""
        self.persistent: Callable[[Value], Value] = lambda pid: Made(None)
        """The object that the loader's `persistent_load` finds."""
        self.protocol = 0
        self.frame_end = 0
        """Where the current frame ends: an unpickler in Python has read that far."""
        self.dicts_kept = False
        """True once a class is found whose state matters: the extent of an array, or text that is compiled."""
        self.nested: list[tuple[int, bytes | Blob]] = []
        """Bytes that the stream hands to an unpickler, with the offset of the call."""
        self._table = table
        self._globals: dict[tuple[str, str, bool], Global] = {}
        self._facts: dict[tuple[str, str, str], AnyFact] = {}
        self._planted = False

    def facts(self) -> list[AnyFact]:
        """Everything listed, in the order of its first appearance in the stream."""
        named = [_fact_of(found) for found in self._globals.values()]
        return sorted([*named, *self._facts.values()], key=lambda fact: fact.at or 0)

    def globals(self) -> list[Global]:
        """Every global that the stream found, with the ways in which it used each."""
        return list(self._globals.values())

    # Names

    def find(self, module: str, name: str, at: int) -> Global:
        """The object of this name."""
        if self.protocol < 4 and "." in name:
            self.note("broken", f"{shown(module)} has no attribute {shown(name)} in protocols below 4", at)
        key = module, name, self.protocol < 3
        found = self._globals.get(key)
        if found is None:
            found = Global(self._table.look(module, name, legacy=self.protocol < 3), at)
            self._globals[key] = found
            self.dicts_kept = self.dicts_kept or found.name in WRAPPERS or found.name.startswith(DISTRIBUTION)
        return found

    def attribute(self, owner: Global, name: str, at: int) -> Global:
        """The attribute of a global, which is a global too."""
        module, path = owner.entry.module, f"{owner.entry.path}.{name}"
        found = self._globals.get((module, path, False))
        if found is None:
            found = self._globals[module, path, False] = Global(self._table.look(module, path), at)
        return found

    def only_gets(self, owner: Made, name: str) -> bool:
        """True if getting this attribute of an instance calls nothing that the stream chose.

        Properties of known classes may call what was planted in the instance. Where the stream has found nothing yet
        that is worth calling, they can call only what is harmless.
        """
        if owner.by is None or self._planted or not {owner.by.entry.new, owner.by.entry.named} <= HARMLESS:
            return False
        found = self._table.look(owner.by.entry.module, f"{owner.by.entry.path}.{name}")
        return found.named in ("inert", "library") and all(
            one.entry.named in HARMLESS and _worst(one) in HARMLESS for one in self._globals.values()
        )

    def find_computed(self, module: Value, name: Value, at: int) -> Value:
        """The object of a name from the stack, which may be the result of a call."""
        if type(module) is str and type(name) is str:
            return self.find(module, name, at)
        if any(type(part) not in (str, Made, Blob) for part in (module, name)):
            raise Ended("STACK_GLOBAL of what is no text")
        parts = [part if type(part) is str else "?" for part in (module, name)]
        self.opaque("name", f"the name of a global: {shown('.'.join(parts))}", at)
        return UNKNOWN

    # Calls

    def call(self, how: str, callee: Value, args: Value, at: int) -> Value:
        """What comes out of `callee(*args)`."""
        if type(callee) is not Global:
            return self._call_computed(how, callee, at)
        name = callee.name
        if name in SPECIAL:
            return SPECIAL[name](self, callee, args, at)
        if how not in callee.used:
            callee.used[how] = at
        if name == PARTIAL:
            _given_to_partial(self, args, at)
        if callee.entry.calls:
            self._call_arguments(how, callee, args, at)
        if name in CONSUMING and type(args) is tuple:
            self._consumed(how, args, at)
        if name in pure.FUNCTIONS and type(args) is tuple:
            value = pure.evaluate(name, args)
            if value is not None:
                return value
        return Made(callee, args if name in KEPT else ())

    def new(self, how: str, cls: Value, args: Value, at: int) -> Value:
        """What comes out of `cls.__new__(cls, *args)`."""
        if type(cls) is not Global:
            return self._call_computed(how, cls, at)
        if how not in cls.used:
            cls.used[how] = at
        if cls.name == PARTIAL:
            _given_to_partial(self, args, at)
        return Made(cls, args if cls.name in KEPT else ())

    def build(self, target: Value, state: Value, at: int) -> tuple[int, Value]:
        """The offset after BUILD, and what it leaves in place of its target."""
        if type(target) is Global:
            self.add(CallsFact("code", f"BUILD changes {target.entry.what}, which is shared", at - 1, "BUILD"))
            self._planted = True
        elif type(target) is Made:
            self._on_made("BUILD", target, at - 1)
            if type(state) is Made and any(
                found.entry.named in ("library", "unknown") for found in self._globals.values()
            ):
                self._planted = True
            if target.by is not None and target.by.name.startswith(DISTRIBUTION) and not known_template(state):
                self.add(
                    CallsFact("code", "text in the state of a scipy.stats distribution, which compiles it", at - 1)
                )
            if target.by is not None and target.by.name in SHARING:
                self.add(CallsFact("code", f"BUILD changes what {target.by.entry.what} stands for", at - 1, "BUILD"))
            if target.by is not None and target.by.name == PARTIAL:
                _given_to_partial(self, state, at - 1)
            if target.by is not None and target.by.name in KEPT:
                target.state = {**target.state, **state} if type(state) is type(target.state) is dict else state
                if target.by.name in WRAPPERS and self.build_array is not None:
                    return self.build_array(target, at), Made(None)
        return at, target

    def put_items(self, op: int, target: Value, items: Sequence[Value], at: int) -> None:
        """Items go into a container, or are handed to the method that stands for it."""
        how = NAMES[op]
        if how in SETTING:
            if len(items) % 2:
                raise Ended("a key without a value")
            kinds = set(map(type, items))
            if Global in kinds or Made in kinds:
                self._watch_for_planting(items)
        if target is DICT and how in SETTING:
            return
        if type(target) is Made:
            self._on_made(how, target, at)
        elif type(target) is Global:
            self.add(CallsFact("code", f"{how} changes {target.entry.what}, which is shared", at, how))
        elif type(target) is dict and how in SETTING:
            target.update((key, value) for key, value in zip(items[::2], items[1::2], strict=True) if type(key) is str)
        elif type(target) not in (bytes, dict, Blob) and target is not BUFFER and target not in FITTING[how]:
            raise Ended(f"{how} on what takes no items")

    # What else there is to say

    def note(self, rule: str, what: str, at: int) -> None:
        self.add(Structure(rule, what, at))

    def opaque(self, rule: str, what: str, at: int) -> None:
        self.add(Opaque(rule, what, at))

    def use(self, found: Global, how: str, at: int) -> None:
        """List that `found` is called, by a call that the machine knows to do so."""
        found.used.setdefault(how, at)

    def add(self, fact: AnyFact) -> None:
        self._facts.setdefault((type(fact).__name__, fact.rule, fact.what), fact)

    def _consumed(self, how: str, args: tuple[Value, ...], at: int) -> None:
        """Plain functions call `__iter__`, `__str__` and the like of what they are given: whose, nobody has read."""
        for value in args:
            if (
                type(value) is Made
                and value.by is not None
                and value.by.entry.module.partition(".")[0] in NOT_READ_FULLY
            ):
                self.add(CallsFact("computed", f"methods of {value.by.entry.what}", at, how))

    def _call_arguments(self, how: str, callee: Global, args: Value, at: int) -> None:
        """The function calls some of its arguments: those that might be callable are called."""
        for position in callee.entry.calls:
            if type(args) is tuple and position < len(args) and callable_maybe(args[position]):
                self.call(f"{how} by {callee.name}", args[position], (), at)

    def _call_computed(self, how: str, callee: Value, at: int) -> Value:
        if type(callee) is not Made:
            raise Ended(f"{how} of what cannot be called")
        if cls := class_of(callee):
            return self.new("NEWOBJ_EX", cls, (), at)
        origin = f"what {callee.by.entry.what} returned" if callee.by else "a computed object"
        self.add(CallsFact("computed", origin, at, how))
        return Made(None)

    def _on_made(self, how: str, target: Made, at: int) -> None:
        """A method of the target's class is called: `__setstate__`, `extend`, `__setitem__`, `add`."""
        if target.by is None:
            self.add(CallsFact("computed", f"a method of a computed object, for {how}", at, how))
        else:
            target.by.used.setdefault(how, at)
        if self._planted:
            self.add(CallsFact("computed", f"what the stream planted as an attribute, by {how}", at, how))

    def _watch_for_planting(self, items: Sequence[Value]) -> None:
        for key, value in zip(items[::2], items[1::2], strict=True):
            if callable_maybe(value) and (key in PLANTABLE if type(key) is str else _text_maybe(key)):
                self._planted = True


FITTING = {
    "APPEND": (LIST,), "APPENDS": (LIST,), "ADDITEMS": (SET,), "SETITEM": (LIST, DICT), "SETITEMS": (LIST, DICT),
    "DICT": (DICT,),
}  # fmt: skip


def _text_maybe(key: Value) -> bool:
    """True if a key that some call made could equal the name of an attribute."""
    if type(key) is not Made:
        return type(key) is Global
    if key.by is None or key.by.name in pure.FUNCTIONS or key.by.name in TEXT_MAKERS:
        return True
    if key.by.name == SCALAR:
        dtype = key.args[0] if type(key.args) is tuple and key.args else None
        code = dtype.args[0] if type(dtype) is Made and type(dtype.args) is tuple and dtype.args else None
        return type(code) is not str or code.lstrip("<>=|")[:1] in ("U", "O")
    return key.by.entry.call in ("io", "code")


def _fact_of(found: Global) -> AnyFact:
    """How the stream uses a global: called in one of several ways, or only named."""
    entry = found.entry
    if not found.used:
        return Imports(entry.named, entry.what, found.at)
    return CallsFact(_worst(found), entry.what, min(found.used.values()), ", ".join(found.used))


def _worst(found: Global) -> str:
    """The worst grade of the ways in which the stream has called a global so far."""
    return max((_grade(found.entry, how) for how in found.used), key=GRADES.index, default="inert")


def _grade(entry: Entry, how: str) -> str:
    if how == KNOWN_USE:
        return entry.named
    return entry.call if how.startswith(("REDUCE", "OBJ", "INST")) else entry.new


# Functions whose meaning the machine knows.


def _reconstructor(calls: Calls, callee: Global, args: Value, at: int) -> Value:
    """copyreg._reconstructor(cls, base, state): base.__new__(cls, state), and base.__init__ unless base is object."""
    calls.use(callee, "REDUCE", at)
    if type(args) is not tuple or len(args) != 3:
        return Made(None)
    cls, base, _ = args
    calls.new("NEWOBJ", base, (), at)
    if not (type(base) is Global and base.name == "builtins.object"):
        calls.call("REDUCE", base, (), at)
    return calls.new("NEWOBJ", cls, (), at)


def _newobj(calls: Calls, callee: Global, args: Value, at: int) -> Value:
    """copyreg.__newobj__(cls, *args), and __newobj_ex__."""
    calls.use(callee, "REDUCE", at)
    return calls.new("NEWOBJ", args[0], args[1:], at) if type(args) is tuple and args else Made(None)


def _given_to_partial(calls: Calls, given: Value, at: int) -> None:
    """Who gives arguments to what touches files means it to be called."""
    if type(given) is tuple and given and type(given[0]) is Global and given[0].entry.named == "io":
        calls.use(given[0], "REDUCE by functools.partial", at)


def _loads(calls: Calls, callee: Global, args: Value, at: int) -> Value:
    """An unpickler called on bytes: those are a stream of their own."""
    literal = type(args) is tuple and len(args) == 1 and type(args[0]) in (bytes, Blob)
    calls.use(callee, KNOWN_USE if literal and callee.entry.new == "inert" else "REDUCE", at)
    if literal:
        calls.nested.append((at, args[0]))
    return Made(callee)


def _encode(calls: Calls, callee: Global, args: Value, at: int) -> Value:
    """codecs.encode(text, "latin1") is how protocols below 3 write bytes, of any length."""
    calls.use(callee, "REDUCE", at)
    if type(args) is tuple and len(args) == 2 and args[1] == "latin1" and type(args[0]) in (str, Blob):
        try:
            text = args[0] if type(args[0]) is str else calls.text_of(args[0])
            return text.encode("latin-1")
        except UnicodeError:
            return Made(callee)
    value = pure.evaluate(callee.name, args) if type(args) is tuple else None
    return Made(callee) if value is None else value


def _type(calls: Calls, callee: Global, args: Value, at: int) -> Value:
    """type(x) of one argument is how the types of None and Ellipsis are written; with three it makes a class."""
    calls.use(callee, KNOWN_USE if type(args) is tuple and len(args) == 1 else "REDUCE", at)
    return Made(callee)


def _typing(calls: Calls, callee: Global, args: Value, at: int) -> Value:
    """getitem(List, int) and reduce(or_, (int, str)) are how hints are written."""
    first = args[0] if type(args) is tuple and len(args) == 2 else None
    hint = type(first) is Global and (
        first.entry.module in ("typing", "collections.abc") or first.name == "operator.or_"
    )
    calls.use(callee, KNOWN_USE if hint and type(args[1]) in (tuple, Global, Made, Kind) else "REDUCE", at)
    return Made(callee)


SPECIAL: dict[str, Callable[[Calls, Global, Value, int], Value]] = {
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
