"""Makes the table of globals from `rules.toml` and the installed libraries: `python tools/globals_table.py [--check]`.

Run it with a Python that has the libraries of `covered` in rules.toml; it imports their modules and looks at the
classes that they define. A class is `inert` to make if everything that an unpickler calls on an instance (`__new__`,
`__setstate__`, `__setitem__`, `append`, `__hash__`, `__del__`...) is the interpreter's own, or Python code that only
moves values about; it is `inert` to call if its `__init__` is too. Everything else is `code`. People's rules come
first. Functions are listed by people alone.
"""

import ast
import contextlib
import enum
import importlib
import inspect
import io
import pkgutil
import sys
import textwrap
import tomllib
import types
import warnings
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

HERE = Path(__file__).parent.parent / "src" / "bartizan" / "artifacts" / "globals"
RULES, TABLE = HERE / "rules.toml", HERE / "table.tsv"
GRADES = ("inert", "container", "code/code/inert", "code/inert", "io/inert", "io/io/inert", "io", "code")
# Classes that do more than move values about, as far as the tool can see: nobody has read them.
UNREAD = "code/code/unknown"

# Importing these shows a window, opens a browser, starts a server, or ends the process.
NOT_IMPORTED = frozenset({
    "antigravity", "this", "idlelib", "turtledemo", "test", "tests", "__main__", "conftest", "_testing", "testing",
    "setup",
    "lib2to3", "tkinter", "turtle", "pydoc_data", "distutils", "msilib", "winreg", "_tkinter", "benchmarks",
    "_examples",
})  # fmt: skip

# What an unpickler, or a plain function on a value, calls of a class without being told to.
IMPLICIT = (
    "__new__", "__setstate__", "__getattr__", "__getattribute__", "__setattr__", "__setitem__", "__del__", "__hash__",
    "__eq__", "__iter__", "__next__", "__len__", "__getitem__", "__missing__", "__str__", "__repr__", "__index__",
    "__array__", "__array_finalize__", "__fspath__", "__bool__", "__contains__", "append", "extend", "add", "keys",
)  # fmt: skip
# Those that the unpickler itself calls; the others run when a plain function, such as list() or str(), is called on it.
BY_UNPICKLER = frozenset({
    "__new__", "__setstate__", "__getattr__", "__getattribute__", "__setattr__", "__setitem__", "__del__", "append",
    "extend",
    "add", "__init__",
})  # fmt: skip

QUIET_NAMES = frozenset(
    [
        "len", "isinstance", "issubclass", "type", "dict", "list", "tuple", "set", "frozenset", "super", "hasattr",
        "getattr", "setattr", "int", "float", "str", "bool", "hash", "id", "repr", "range", "min", "max", "sum", "abs",
        "any", "all", "zip", "enumerate", "sorted", "reversed", "object", "bytes", "OrderedDict", "iter", "next",
        "format", "delattr", "vars", "property", "complex", "slice", "divmod", "round", "ord", "chr", "deque",
        "defaultdict", "Counter", "ValueError", "TypeError", "map", "filter"
    ]
)  # fmt: skip
QUIET_METHODS = frozenset(
    [
        "update", "items", "keys", "values", "get", "pop", "append", "extend", "copy", "setdefault", "insert", "remove",
        "add", "discard", "clear", "count", "index", "startswith", "endswith", "format", "join", "split", "rsplit",
        "strip", "replace", "lower", "upper", "__setstate__", "__new__", "__init__", "__getstate__", "__reduce__",
        "warn", "view", "reshape", "astype", "any", "all", "sum", "min", "max", "tolist", "item", "asarray", "array",
        "zeros", "empty", "ones", "__init_subclass__", "__setattr__", "__getattribute__", "__hash__", "__eq__",
        "__getitem__", "__setitem__", "__delitem__", "issubset", "union", "intersection", "is_integer", "partition",
        "__array_finalize__", "__dir__", "__len__", "__iter__", "__contains__", "debug", "info", "_replace", "_make",
        "fromkeys", "__class__", "ravel"
    ]
)  # fmt: skip


def main(arguments: list[str]) -> int:
    """Write the table, or with --check say whether it is what this would write."""
    text = make()
    if "--check" in arguments:
        same = TABLE.read_text("utf-8") == text
        print("the table is up to date" if same else "the table differs: run tools/globals_table.py")
        return 0 if same else 1
    TABLE.write_text(text, "utf-8")
    print(f"{TABLE.name}: {len(text):,} bytes, {sum(len(line.split()) - 2 for line in text.splitlines()):,} names")
    return 0


def make() -> str:
    """The table's text."""
    rules = tomllib.loads(RULES.read_text("utf-8"))
    graded: dict[str, dict[str, str]] = defaultdict(dict)
    by_hand: dict[str, dict[str, str]] = defaultdict(dict)
    for grade in GRADES:
        for module, names in rules[grade].items():
            by_hand[module] |= dict.fromkeys(names.split(), grade)
    modules = _modules(rules["packages"]["covered"])
    for module in modules:
        # Of a module that people graded as a whole, only its enums and errors are looked at.
        starred = _starred(module.__name__, by_hand)
        for name, (grade, plain) in _classes(module, rules["trusted"]).items():
            if not starred or (plain and grade == "inert"):
                graded[module.__name__][name] = grade
    _drop_default(graded, by_hand, rules["packages"]["covered"])
    for name, names in by_hand.items():
        graded[name] |= names
    leads = _leads(modules, graded, rules["aliases"])
    lines = [f"{module}\t{grade}\t{' '.join(sorted(n for n, g in names.items() if g == grade))}"
             for module, names in graded.items() for grade in sorted(set(names.values()))]  # fmt: skip
    lines += [
        f"{module}\t>\t{' '.join(f'{n}={t}' for n, t in sorted(names.items()))}" for module, names in leads.items()
    ]
    return "\n".join(sorted(lines) + _special(rules)) + "\n"


def _special(rules: dict[str, dict[str, object]]) -> list[str]:
    """The lines that hold no grades."""
    import _compat_pickle

    def pairs(items: Iterable[tuple[str, object]]) -> str:
        return " ".join(f"{name}={target}" for name, target in sorted(items))

    positions = {name: ",".join(map(str, where)) for name, where in rules["calls"].items()}  # type: ignore[call-overload]
    names = {f"{old[0]}:{old[1]}": f"{new[0]}:{new[1]}" for old, new in _compat_pickle.NAME_MAPPING.items()}
    stdlib = sorted(name for name in sys.stdlib_module_names if not name.startswith("_") or len(name) > 1)
    return [
        f"@alias\t-\t{pairs(rules['aliases'].items())}",
        f"@legacy-module\t-\t{pairs(_compat_pickle.IMPORT_MAPPING.items())}",
        f"@legacy-name\t-\t{pairs(names.items())}",
        f"@calls\t-\t{pairs(positions.items())}",
        f"@covered\t-\t{' '.join(sorted(rules['packages']['covered']))}",  # type: ignore[call-overload]
        f"@foreign\t-\t{' '.join(sorted(rules['packages']['foreign']))}",  # type: ignore[call-overload]
        f"@stdlib\t-\t{' '.join(sorted({*stdlib, 'commands', 'popen2', 'imp', 'distutils', '__builtin__'}))}",
        f"@danger\t-\t{' '.join(sorted(str(rules['danger']['names']).split()))}",
        f"@dunders\t-\t{' '.join(sorted(str(rules['danger']['dunders']).split()))}",
    ]


def _modules(covered: list[str]) -> list[types.ModuleType]:
    """Every module of the standard library and of the covered packages that can be imported."""
    names: set[str] = set()
    for top in [*sorted(sys.stdlib_module_names), *covered]:
        names |= set(_below(top))
    found = []
    for name in sorted(names):
        with contextlib.suppress(BaseException), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
                found.append(importlib.import_module(name))
    return [module for module in found if isinstance(module, types.ModuleType)]


def _below(name: str) -> Iterator[str]:
    """The module's name and those of its submodules, found without importing more than packages."""
    if not NOT_IMPORTED.isdisjoint(name.split(".")) or name.rpartition(".")[2].startswith("test_"):
        return
    yield name
    with contextlib.suppress(BaseException), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            package = importlib.import_module(name)
            for _, inner, _ in pkgutil.iter_modules(getattr(package, "__path__", ())):
                yield from _below(f"{name}.{inner}")


def _starred(module: str, by_hand: dict[str, dict[str, str]]) -> bool:
    """True if people graded the whole module, or a package around it, as code or io."""
    parts = module.split(".")
    homes = [".".join(parts[:end]) for end in range(len(parts), 0, -1)]
    return any(by_hand[home].get("*", "inert") != "inert" for home in homes if home in by_hand)


def _classes(module: types.ModuleType, trusted: dict[str, list[str]]) -> dict[str, tuple[str, bool]]:
    """The classes that a module defines, nested ones too, with their grades, and whether they are enums or errors."""
    found: dict[str, tuple[str, bool]] = {}
    for value in list(vars(module).values()):
        if isinstance(value, type) and value.__module__ == module.__name__:
            for cls in (value, *(inner for inner in vars(value).values() if isinstance(inner, type))):
                path = cls.__qualname__
                if cls.__module__ == module.__name__ and "<" not in path and path.isascii() and " " not in path:
                    found[path] = _grade(cls, trusted), issubclass(cls, enum.Enum | BaseException)
    for name, value in list(vars(module).items()):
        if name.startswith("__pyx_unpickle_") and callable(value):
            found[name] = "inert", False
    return found


def _grade(cls: type, trusted: dict[str, list[str]]) -> str:
    def quiet(*names: str) -> bool:
        return all(_quiet(cls, name, trusted) for name in names)

    if issubclass(cls, type):
        return "code/code/inert"  # a metaclass makes classes, whatever methods they are given
    if issubclass(cls, BaseException) and cls.__new__ in (BaseException.__new__, Exception.__new__, OSError.__new__):
        return "inert" if quiet("__init__", "__setstate__") else "code/inert"
    if issubclass(cls, enum.Enum):
        return "inert" if quiet("__setstate__", "__init__") else UNREAD
    if not quiet(*IMPLICIT) or not _quiet_setters(cls):
        return UNREAD
    return "inert" if quiet("__init__") and type(cls).__call__ is type.__call__ else "code/inert"


def _quiet(cls: type, name: str, trusted: dict[str, list[str]]) -> bool:
    """True if the method is the interpreter's own, or Python code that only moves values about."""
    owner = next((owner for owner in cls.__mro__ if name in vars(owner)), object)
    value = vars(owner).get(name)
    function: object = getattr(value, "__func__", value)
    if isinstance(function, types.FunctionType):
        function = inspect.unwrap(function)
    if isinstance(function, property):
        function = function.fget
    if value is None or _interpreters_own(owner) or _interpreters_own(function):
        return True
    full_name = f"{owner.__module__}.{owner.__qualname__}.{name}"
    if full_name.startswith(tuple(trusted["prefixes"])) and not full_name.startswith(tuple(trusted["except"])):
        return True
    stdlib = owner.__module__.partition(".")[0] in sys.stdlib_module_names
    if not isinstance(function, types.FunctionType):
        # Compiled code: that of the libraries makes arrays and trees; the standard library's opens files and sockets.
        return not stdlib or name not in BY_UNPICKLER
    if "__create_fn__" in function.__qualname__ or function.__code__.co_filename == "<string>":
        return True  # written by dataclasses and namedtuple: assignments
    return (not stdlib and name not in BY_UNPICKLER) or _quiet_source(function)


def _quiet_setters(cls: type) -> bool:
    """True if assigning an attribute, as BUILD does for slots, runs nothing but quiet code; libraries are trusted."""
    if cls.__module__.partition(".")[0] not in sys.stdlib_module_names:
        return True
    setters = [value.fset for owner in cls.__mro__ for value in vars(owner).values() if isinstance(value, property)]
    return all(_quiet_source(setter) for setter in setters if isinstance(setter, types.FunctionType))


def _interpreters_own(value: object) -> bool:
    return getattr(value, "__module__", "") in (
        "builtins",
        "enum",
        "typing",
        "abc",
        "collections.abc",
        "_collections_abc",
    )


def _quiet_source(function: types.FunctionType) -> bool:
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    except (OSError, SyntaxError, TypeError):
        return False
    body = tree.body[0]
    if isinstance(body, ast.FunctionDef):
        body.decorator_list, body.returns = [], None
    return all(_quiet_node(node) for node in ast.walk(body))


def _quiet_node(node: ast.AST) -> bool:
    if isinstance(node, ast.Import | ast.ImportFrom | ast.Await | ast.AsyncFunctionDef):
        return isinstance(node, ast.ImportFrom) and (node.module or "").startswith("collections")
    if not isinstance(node, ast.Call):
        return True
    called = node.func
    if isinstance(called, ast.Name):
        return called.id in QUIET_NAMES or called.id.endswith(("Error", "Warning", "Exception"))
    if isinstance(called, ast.Attribute):
        return called.attr in QUIET_METHODS or called.attr.endswith(("Error", "Warning"))
    return False


def _drop_default(graded: dict[str, dict[str, str]], by_hand: dict[str, dict[str, str]], covered: list[str]) -> None:
    """Leave out what the table's defaults say anyway: lower-case names of packages that are code."""
    for module, names in graded.items():
        top = module.partition(".")[0]
        if top in covered or top in sys.stdlib_module_names:
            for name in [
                n
                for n, g in names.items()
                if g in ("code", UNREAD) and not n.rpartition(".")[2].lstrip("_")[:1].isupper()
            ]:
                if name not in by_hand.get(module, {}):
                    del names[name]


def _leads(
    modules: list[types.ModuleType], graded: dict[str, dict[str, str]], aliases: dict[str, str]
) -> dict[str, dict[str, str]]:
    """Attributes that lead to a module under another name, or to a class that is not inert and defined elsewhere."""
    leads: dict[str, dict[str, str]] = defaultdict(dict)
    known = {module.__name__ for module in modules}
    for module in modules:
        here = module.__name__
        for name, value in list(vars(module).items()):
            if not name.isascii() or " " in name or "=" in name or name in graded.get(here, {}):
                continue
            if isinstance(value, types.ModuleType) and value.__name__ in known:
                target = value.__name__
                same = target in (f"{here}.{name}", name, name.strip("_"))
                if not same and aliases.get(target, target) != aliases.get(name.strip("_")):
                    leads[here][name] = target
            elif isinstance(value, type) and value.__module__ in known and value.__module__ != here:
                home, path = value.__module__, value.__qualname__
                grade = graded.get(home, {}).get(path) or graded.get(home, {}).get("*", "inert")
                if grade in ("code", "io", UNREAD) and path.isidentifier():
                    leads[here][name] = f"{home}:{path}"
    return leads


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
