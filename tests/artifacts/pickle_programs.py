"""A grammar of pickle programs: mostly what an unpickler takes, with every opcode, and now and then what it refuses."""

import random
from collections.abc import Callable, Iterator

from bartizan.artifacts.pickle.opcodes import CODES
from tests.artifacts.pickle_writer import Writer

FUNCTIONS = (("probe", "f"), ("probe", "g"))
CLASSES = (
    ("probe", "Plain"), ("probe", "Full"), ("probe", "Appending"), ("probe", "Old"), ("probe", "Outer"),
    ("collections", "OrderedDict"), ("collections", "deque"), ("builtins", "dict"), ("builtins", "object"),
)  # fmt: skip
OTHERS = (
    ("builtins", "getattr"), ("builtins", "iter"), ("copyreg", "_reconstructor"), ("copyreg", "__newobj__"),
    ("copyreg", "__newobj_ex__"), ("functools", "partial"), ("collections", "defaultdict"), ("operator", "attrgetter"),
    ("__builtin__", "unichr"), ("copy_reg", "_reconstructor"), ("operator", "itemgetter"), ("__builtin__", "dict"),
)  # fmt: skip
NEW = {"unichr": "chr"}
PURE = (
    ("builtins", "chr"), ("builtins", "str.join"), ("builtins", "str.lower"), ("codecs", "decode"),
    ("codecs", "encode"),
    ("operator", "add"), ("operator", "concat"), ("builtins", "str"),
)  # fmt: skip
# What an instance of each class takes: everything, appended items, attributes, or what the built-in type takes.
INSTANCES = {
    "Full": "full", "Appending": "appending", "Plain": "plain", "Old": "plain", "Outer": "plain",
    "Outer.Inner": "plain",
    "OrderedDict": "dict", "dict": "dict", "deque": "list",
}  # fmt: skip
FILLED_BY_BUILD = ("full", "plain", "appending")
MAX_STEPS = 40


def program(seed: int) -> bytes:
    """One program; the same for the same seed."""
    return _Program(random.Random(seed)).write()


def opcodes_of(data: bytes) -> Iterator[str]:
    """The names of the opcodes in a program, as far as the standard library can tell."""
    import pickletools
    import warnings

    with warnings.catch_warnings():  # it complains of escapes that no literal has
        warnings.simplefilter("ignore")
        try:
            for opcode, _, _ in pickletools.genops(data):
                yield opcode.name
        except (ValueError, UnicodeDecodeError):
            return


class _Program(Writer):
    """The steps of a program; each leaves the stack so that the next one usually fits."""

    def write(self) -> bytes:
        if self._protocol >= 2 or self._dice.random() < 0.1:
            self._op("PROTO", bytes([self._protocol]))
        steps = self._dice.randrange(3, MAX_STEPS)
        for _ in range(steps):
            self._step()
        self._close()
        self._op("STOP")
        if self._dice.random() < 0.1:
            self._out += self._dice.randbytes(self._dice.randrange(4))
        if self._wild and self._dice.random() < 0.3:
            self._out[self._dice.randrange(len(self._out))] = self._dice.randrange(256)
        return bytes(self._out)

    def _step(self) -> None:
        if self._wild and self._dice.random() < 0.08:
            name = self._dice.choice(list(CODES))
            if name != "STOP":
                self._op(name, self._operand(name))
            return
        self._dice.choices(self._CHOICES, self._WEIGHTS)[0](self)

    def _close(self) -> None:
        """Leave one value above all marks."""
        while self._marks and self._dice.random() < 0.9:
            self._gather()
        if not self._stack or (self._marks and len(self._stack) == self._marks[-1]):
            self._push("int", "NONE")

    def _gather(self) -> None:
        """Close the latest mark, by what fits the values above it."""
        if not self._marks:
            return
        mark = self._marks.pop()
        items, below = (
            self._stack[mark:],
            self._stack[mark - 1] if mark > (self._marks[-1] if self._marks else 0) else "",
        )
        del self._stack[mark:]
        even = len(items) % 2 == 0
        fits = ["TUPLE", "LIST", "POP_MARK"]
        fits += ["DICT"] * even + ["FROZENSET"] * all(item in ("int", "text") for item in items)
        text_keys = even and all(item in ("text", "int") for item in items[::2])
        fits = [fit for fit in fits if fit != "DICT" or text_keys]
        fits += ["APPENDS"] * 4 * (below in ("list", "full", "appending"))
        fits += ["SETITEMS"] * 4 * (text_keys and below in ("dict", "full"))
        hashable = all(item in ("int", "text") for item in items)
        fits += ["ADDITEMS"] * 4 * (hashable and below in ("set", "full"))
        if items and (items[0].startswith("class ") or items[0] == "function") and self._dice.random() < 0.8:
            fits = ["OBJ"]
        name = self._dice.choice(fits)
        made = {"TUPLE": "tuple", "LIST": "list", "DICT": "dict", "FROZENSET": "other"}
        if name == "OBJ":
            made[name] = items[0][6:] if items[0].startswith("class ") else "full"
        self._op(name)
        if name in made:
            self._stack.append(made[name])

    # Globals and calls

    def _global(self, among: tuple[tuple[str, str], ...] | None = None) -> None:
        among = among or self._dice.choice((FUNCTIONS, CLASSES, CLASSES, OTHERS, PURE))
        module, name = self._dice.choice(among)
        if self._dice.random() < 0.95:  # Python 2's names are known below protocol 3, dotted ones from protocol 4 on
            if self._protocol >= 3:
                module, name = (
                    {"__builtin__": "builtins", "copy_reg": "copyreg"}.get(module, module),
                    NEW.get(name, name),
                )
            if self._protocol < 4 and "." in name:
                name = "str"
        if module == "probe" and name == "Outer" and self._protocol >= 4 and self._dice.random() < 0.5:
            name = "Outer.Inner"
        kind = f"class {INSTANCES.get(name, 'other')}" if (module, name.partition(".")[0]) in CLASSES else "function"
        if self._dice.random() < 0.5:
            self._push(kind, "GLOBAL", f"{module}\n{name}\n".encode())
        else:
            self._text(module)
            self._maybe_memoize()
            self._text(name)
            self._call_op("STACK_GLOBAL", 2, kind)

    def _computed_global(self) -> None:
        """A name that comes out of functions on text."""
        self._text("probe")
        joined = self._protocol >= 4
        self._global((("builtins", "str.join") if joined else ("operator", "concat"),))
        self._text("")
        self._text(self._dice.choice(("f", "g")))
        if joined:
            self._call_op("TUPLE1", 1, "tuple")
        self._call_op("TUPLE2", 2, "tuple")
        self._call_op("REDUCE", 2, "text")
        self._call_op("STACK_GLOBAL", 2, "function")

    def _reduce(self) -> None:
        """A call: of what takes anything with anything, of the rest with what it takes, mostly."""
        choice = self._dice.randrange(10)
        if choice < 5:
            self._global(FUNCTIONS + CLASSES[:5])
            self._arguments()
        elif choice < 7:
            self._global(CLASSES[5:])
            self._push("tuple", "EMPTY_TUPLE")
        elif choice < 9:
            self._pure()
        else:
            self._global(OTHERS)
            self._arguments()
        self._call_op("REDUCE", 2, "object")

    def _pure(self) -> None:
        """A function on text, with arguments that it takes."""
        dotted = ("str.lower", "str.join") if self._protocol >= 4 else ()
        name = self._dice.choice(("chr", "add", "concat", "decode", "str", "itemgetter", *dotted))
        home = {"add": "operator", "concat": "operator", "decode": "codecs", "itemgetter": "operator"}.get(
            name, "builtins"
        )
        self._global(((home, name),))
        if name == "chr":
            self._push("int", "BININT1", b"f")
        elif name in ("str.join", "add", "concat"):
            self._text()
            self._text()
        elif name == "decode":
            self._text()
            self._text("rot13")
        else:
            self._text()
        count = 2 if name in ("str.join", "add", "concat", "decode") else 1
        self._call_op(f"TUPLE{count}", count, "tuple")

    def _reconstruct(self) -> None:
        name = self._dice.choice(("_reconstructor", "_reconstructor", "__newobj__"))
        self._global((("copyreg", name),))
        self._global(CLASSES[:5])
        if name == "_reconstructor":
            self._global((("builtins", "object"),) * 7 + (("builtins", "dict"), ("probe", "Plain")))
            self._push("none", "NONE")
            self._call_op("TUPLE3", 3, "tuple")
        else:
            self._call_op("TUPLE1", 1, "tuple")
        self._call_op("REDUCE", 2, "plain")

    def _getattr(self) -> None:
        self._global((("builtins", "getattr"),))
        self._global(CLASSES if self._dice.random() < 0.7 else FUNCTIONS)
        self._text(self._dice.choice(("__init__", "__init__", "Inner", "extend")))
        self._call_op("TUPLE2", 2, "tuple")
        self._call_op("REDUCE", 2, "other")

    def _new(self, among: tuple[tuple[str, str], ...] = ()) -> None:
        probes = bool(among) or self._dice.random() < 0.6
        self._global(CLASSES[:5] if probes else CLASSES[5:])
        self._arguments() if probes else self._push("tuple", "EMPTY_TUPLE")
        if self._dice.random() < 0.3:
            self._push("dict", "EMPTY_DICT")
            self._call_op("NEWOBJ_EX", 3, "object")
        else:
            self._call_op("NEWOBJ", 2, "object")

    def _inst(self) -> None:
        self._mark()
        if self._dice.random() < 0.5:
            self._atom()
        module, name = self._dice.choice(CLASSES[:5])
        del self._stack[self._marks.pop() :]
        self._push(INSTANCES[name], "INST", f"{module}\n{name}\n".encode())

    def _obj(self) -> None:
        self._mark()
        self._global(CLASSES[:5])
        if self._dice.random() < 0.5:
            self._atom()
        self._gather()

    def _build(self) -> None:
        if not self._stack or self._stack[-1] not in FILLED_BY_BUILD or self._dice.random() < 0.2:
            self._new(CLASSES[:5])
        if self._dice.random() < 0.5:
            self._state()
        else:
            self._push("none", "NONE")
        self._call_op("BUILD", 2, "object")

    def _state(self) -> None:
        """A dict of one attribute, which may be one that the unpickler calls; sometimes for slots."""
        slots = self._dice.random() < 0.3
        if slots:
            self._push("none", "NONE")
        self._push("dict", "EMPTY_DICT")
        self._maybe_memoize()
        self._text()
        self._global(FUNCTIONS + CLASSES[:2]) if self._dice.random() < 0.6 else self._atom()
        self._call_op("SETITEM", 3, "dict")
        if slots:
            self._call_op("TUPLE2", 2, "tuple")

    def _call_anything(self) -> None:
        """REDUCE of whatever is on the stack."""
        if self._stack[-1:] and (self._stack[-1] in ("function", "full") or self._stack[-1].startswith("class ")):
            self._arguments()
            self._call_op("REDUCE", 2, "object")

    def _item(self) -> None:
        top = self._stack[-1] if len(self._stack) > (self._marks[-1] if self._marks else 0) else ""
        if top in ("list", "full", "appending"):
            self._atom()
            self._call_op("APPEND", 2, top)
        elif top in ("dict", "full"):
            self._text()
            self._atom()
            self._call_op("SETITEM", 3, top)

    def _items(self) -> None:
        self._container() if self._dice.random() < 0.6 else self._new()
        self._mark()
        for _ in range(self._dice.choice((0, 2, 2, 4))):
            self._text()
        self._gather()

    def _persistent(self) -> None:
        if self._dice.random() < 0.5:
            self._push("full", "PERSID", b"key\n")
        else:
            self._text()
            self._call_op("BINPERSID", 1, "full")

    def _extension(self) -> None:
        name, operand = self._dice.choice((("EXT1", b"\1"), ("EXT2", b"\x2c\1"), ("EXT4", b"\1\0\0\0")))
        self._push("function", name, operand)

    def _arguments(self) -> None:
        count = self._dice.choice((0, 0, 1, 1, 2, 3, 4))
        if count == 0:
            self._push("tuple", "EMPTY_TUPLE")
        elif count == 4:
            self._mark()
            for _ in range(self._dice.randrange(4)):
                self._argument()
            del self._stack[self._marks.pop() :]
            self._push("tuple", "TUPLE")
        else:
            for _ in range(count):
                self._argument()
            self._call_op(f"TUPLE{count}", count, "tuple")

    def _argument(self) -> None:
        self._dice.choice((self._atom, self._text, self._global, self._container))()

    _CHOICES: tuple[Callable[["_Program"], None], ...] = (
        Writer._atom, Writer._text, Writer._container, Writer._mark, _gather, _global, _computed_global, _reduce,
        _reconstruct, _getattr, _new, _inst, _obj, _build, _call_anything, _item, _items, _persistent, _extension,
        Writer._put, Writer._get, Writer._dup, Writer._pop, Writer._frame,
    )  # fmt: skip
    _WEIGHTS = (8, 5, 5, 5, 6, 4, 1, 6, 2, 1, 5, 1, 1, 6, 3, 4, 4, 1, 1, 6, 5, 2, 3, 1)
