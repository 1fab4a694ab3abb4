"""What a stream calls, names and changes: listed with the grade that the table of globals gives it."""

from collections.abc import Callable, Sequence

from bartizan.artifacts.fact import AnyFact, Imports, Opaque, Structure, shown
from bartizan.artifacts.fact import Calls as CallsFact
from bartizan.artifacts.globals import Entry, Table
from bartizan.artifacts.pickle import pure
from bartizan.artifacts.pickle.built import DISTRIBUTION, SHARING, known_template
from bartizan.artifacts.pickle.lookups import class_of
from bartizan.artifacts.pickle.opcodes import NAMES
from bartizan.artifacts.pickle.source import Ended
from bartizan.artifacts.pickle.special import SPECIAL
from bartizan.artifacts.pickle.values import (
    BUFFER,
    DICT,
    KNOWN_USE,
    LIST,
    SET,
    UNKNOWN,
    Blob,
    Global,
    Made,
    Value,
    callable_maybe,
)
from bartizan.kernel import Meter, OutOfBudget

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

GRADES = ("inert", "container", "library", "unknown", "io", "code", "computed")
"""From the best to the worst."""


HARMLESS = frozenset({"inert", "container"})
MAX_GLOBALS = 2_000
"""Names of one stream; the largest sets of a library's classes have some hundreds."""
ITEMS_PER_STEP = 32


class Calls:
    """The calls of one stream."""

    def __init__(self, table: Table, meter: Meter) -> None:
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
        self.meter = meter
        self._globals: dict[tuple[str, str, bool], Global] = {}
        self._facts: dict[tuple[str, str, str], AnyFact] = {}
        self._planted = False
        self._news = 0
        """How many globals and ways of using them the stream has found."""
        self._harmless = (0, True)
        """At which of these news it was looked at last, and whether all were harmless."""
        self._named_other = False
        """True once a function of a library, or what nobody knows, was found."""

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
        return self._found(module, name, self.protocol < 3, at)

    def attribute(self, owner: Global, name: str, at: int) -> Global:
        """The attribute of a global, which is a global too."""
        return self._found(owner.entry.module, f"{owner.entry.path}.{name}", False, at)

    def _found(self, module: str, name: str, legacy: bool, at: int) -> Global:
        found = self._globals.get((module, name, legacy))
        if found is None:
            if len(self._globals) >= MAX_GLOBALS:
                raise OutOfBudget(f"a stream that names more than {MAX_GLOBALS:,} globals")
            found = Global(self._table.look(module, name, legacy=legacy), at)
            self._globals[module, name, legacy] = found
            self._news += 1
            self._named_other = self._named_other or found.entry.named in ("library", "unknown")
            self.dicts_kept = self.dicts_kept or found.name in WRAPPERS or found.name.startswith(DISTRIBUTION)
        return found

    def only_gets(self, owner: Made, name: str) -> bool:
        """True if getting this attribute of an instance calls nothing that the stream chose.

        Properties of known classes may call what was planted in the instance. Where the stream has found nothing yet
        that is worth calling, they can call only what is harmless.
        """
        if owner.by is None or self._planted or not {owner.by.entry.new, owner.by.entry.named} <= HARMLESS:
            return False
        if not self._all_harmless():
            return False
        found = self._table.look(owner.by.entry.module, f"{owner.by.entry.path}.{name}")
        return found.named in ("inert", "library")

    def _all_harmless(self) -> bool:
        """True as long as nothing was found, nor used in a way, that is worth calling."""
        seen, harmless = self._harmless
        if harmless and seen != self._news:
            harmless = all(one.entry.named in HARMLESS and _worst(one) in HARMLESS for one in self._globals.values())
            self._harmless = self._news, harmless
        return harmless

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
        self.use(callee, how, at)
        if name == PARTIAL:
            self._given_to_partial(args, at)
        if callee.entry.calls:
            self._call_arguments(how, callee, args, at)
        consuming = name in CONSUMING
        if consuming and type(args) is tuple and args:
            self._consumed(how, args, at)
        if name in pure.FUNCTIONS and type(args) is tuple:
            value = pure.evaluate(name, args, self.meter)
            return Made(callee) if value is None else value
        if name in KEPT:
            return Made(callee, args)
        made = Made(callee)
        if how == "REDUCE" and not callee.entry.calls:
            callee.called = made
            callee.consuming = consuming
        return made

    def new(self, how: str, cls: Value, args: Value, at: int) -> Value:
        """What comes out of `cls.__new__(cls, *args)`."""
        if type(cls) is not Global:
            return self._call_computed(how, cls, at)
        self.use(cls, how, at)
        if cls.name == PARTIAL:
            self._given_to_partial(args, at)
        if cls.name in KEPT:
            return Made(cls, args)
        made = Made(cls)
        if how == "NEWOBJ":
            cls.newed = made
        return made

    def build(self, target: Value, state: Value, at: int) -> tuple[int, Value]:
        """The offset after BUILD, and what it leaves in place of its target."""
        if type(target) is Global:
            self.add(CallsFact("code", f"BUILD changes {target.entry.what}, which is shared", at - 1, "BUILD"))
            self._plant()
        elif type(target) is Made:
            self._on_made("BUILD", target, at - 1)
            if type(state) is Made and self._named_other:
                self._plant()
            if target.by is not None:
                return self._fill(target, target.by, state, at)
        return at, target

    def _fill(self, target: Made, by: Global, state: Value, at: int) -> tuple[int, Value]:
        """The same for an instance of a known class."""
        if by.name.startswith(DISTRIBUTION):
            if not known_template(state):
                what = "text in the state of a scipy.stats distribution, which compiles it"
                self.add(CallsFact("code", what, at - 1))
        elif by.name in SHARING:
            self.add(CallsFact("code", f"BUILD changes what {by.entry.what} stands for", at - 1, "BUILD"))
        elif by.name in KEPT:
            if by.name == PARTIAL:
                self._given_to_partial(state, at - 1)
            target.state = self._merged(target.state, state)
            if by.name in WRAPPERS and self.build_array is not None:
                return self.build_array(target, at), Made(None)
        else:
            by.filled = not self._planted
        return at, target

    def _merged(self, before: Value, state: Value) -> Value:
        """The state of an instance that may have had one before; its own, as the stream may change what it gave."""
        if type(state) is not dict:
            return state
        self.meter.spend("steps", len(state) // ITEMS_PER_STEP)
        if type(before) is not dict:
            return dict(state)
        before.update(state)
        return before

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
            if target.by is not None and not self._planted:
                target.by.takes.add(op)
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
        """List that `found` is used in this way."""
        if how not in found.used:
            found.used[how] = at
            self._news += 1

    def add(self, fact: AnyFact) -> None:
        self._facts.setdefault((type(fact).__name__, fact.rule, fact.what), fact)

    def _consumed(self, how: str, args: tuple[Value, ...], at: int) -> None:
        """Plain functions call `__iter__`, `__str__` and the like of what they are given: whose, nobody has read."""
        if len(args) > ITEMS_PER_STEP:
            self.meter.spend("steps", len(args) // ITEMS_PER_STEP)
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
            self.use(target.by, how, at)
        if self._planted:
            self.add(CallsFact("computed", f"what the stream planted as an attribute, by {how}", at, how))

    def _watch_for_planting(self, items: Sequence[Value]) -> None:
        for key, value in zip(items[::2], items[1::2], strict=True):
            if callable_maybe(value) and (key in PLANTABLE if type(key) is str else _text_maybe(key)):
                self._plant()

    def _plant(self) -> None:
        """From now on, filling an instance may call what the stream put there."""
        self._planted = True
        for found in self._globals.values():
            found.filled = False
            found.takes.clear()

    def _given_to_partial(self, given: Value, at: int) -> None:
        """Who gives arguments to what touches files means it to be called."""
        if type(given) is tuple and given and type(given[0]) is Global and given[0].entry.named == "io":
            self.use(given[0], "REDUCE by functools.partial", at)


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
