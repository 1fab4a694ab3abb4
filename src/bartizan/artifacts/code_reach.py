"""Which parts of a Python module run when it is imported, and which only when somebody calls them."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field

HOOKS = frozenset({
    "__reduce__", "__reduce_ex__", "__setstate__", "__getnewargs_ex__", "__init_subclass__", "__set_name__",
    "_load_pyfunc", "load_context", "pytest_configure", "pytest_sessionstart", "pytest_collection_modifyitems",
    "pytest_load_initial_conftests", "pytest_addoption", "pytest_runtest_setup", "pytest_plugin_registered",
    "model_fn", "initialize", "load_ipython_extension", "setup_module", "load_tests",
})  # fmt: skip
"""Functions that a loader calls by their name."""
BUILDERS = frozenset({"forward", "from_pretrained", "_from_config", "predict", "load_pyfunc"})
"""Methods that run when a model of the class is built and used."""
INSTALLER_METHODS = frozenset({"run", "initialize_options", "finalize_options", "__init__", "build_extension"})
MAX_BASES = 8
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
SETUPS = frozenset({"setup", "setuptools.setup", "distutils.core.setup", "skbuild.setup"})


@dataclass(slots=True)
class Reach:
    """The statements of a module, split by when they run."""

    now: list[ast.AST] = field(default_factory=list)
    """On import, or as soon as a loader has the module."""
    made: list[ast.AST] = field(default_factory=list)
    """When somebody makes and uses an object of a class, as a loader does with the model's."""
    later: list[ast.AST] = field(default_factory=list)


def reach(tree: ast.Module) -> Reach:
    """When each part of the module runs."""
    return _Split(tree).split()


class _Split:
    def __init__(self, tree: ast.Module) -> None:
        self._tree = tree
        self._functions: dict[str, list[ast.FunctionDef | ast.AsyncFunctionDef]] = {}
        self._classes: dict[str, ast.ClassDef] = {}
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef):
                self._classes[node.name] = node
            elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                self._functions.setdefault(node.name, []).append(node)
        self._installs = any(isinstance(node, ast.Call) and _name(node.func) in SETUPS for node in ast.walk(tree))
        self._entered: set[int] = set()
        self._made: dict[str, None] = {}
        """The classes of which the code that runs now makes objects."""

    def split(self) -> Reach:
        waiting: list[ast.AST] = [self._tree]
        for name, functions in self._functions.items():
            if name in HOOKS or name.startswith("pytest_"):
                waiting += functions
        now: list[ast.AST] = []
        while waiting:
            part = waiting.pop(0)
            if id(part) not in self._entered:
                self._entered.add(id(part))
                for node in _run_by(part, main=self._installs):
                    now.append(node)
                    waiting += self._started(node)
        rest = [node for node in ast.walk(self._tree) if isinstance(node, FUNCTIONS) and id(node) not in self._entered]
        builders = {id(part) for made in self._classes.values() for part in made.body if _builds(part)}
        made = [node for part in rest if id(part) in builders for node in _run_by(part, main=True)]
        rest = [part for part in rest if id(part) not in builders]
        guards = (
            [] if self._installs else [node for node in self._tree.body if isinstance(node, ast.If) and _is_main(node)]
        )
        return Reach(now, made, [node for part in (*rest, *guards) for node in _run_by(part, main=True)])

    def _started(self, node: ast.AST) -> Iterator[ast.AST]:
        """The functions of this module that this expression or statement runs."""
        match node:
            case ast.Call(func=func, args=args, keywords=keywords):
                name = _name(func)
                yield from self._of_name(name.rpartition(".")[2] if name.startswith(("self.", "cls.")) else name)
                if isinstance(func, ast.Attribute) and not name.startswith(("self.", "cls.")):
                    yield from self._methods(func.attr)
                for argument in (*args, *(keyword.value for keyword in keywords)):
                    if isinstance(argument, ast.Name) and argument.id in self._functions:
                        yield from self._functions[argument.id]
                if name in SETUPS:
                    yield from self._installers(node)
            case ast.ClassDef(decorator_list=decorators) | ast.FunctionDef(decorator_list=decorators):
                for decorator in decorators:
                    yield from self._of_name(_name(decorator))
                    if _autouse(decorator):
                        yield node
                if isinstance(node, ast.ClassDef):
                    for keyword in node.keywords:
                        yield from self._of_name(_name(keyword.value))
            case _:
                pass

    def _of_name(self, name: str, depth: int = 0) -> Iterator[ast.AST]:
        """The function of this name; of a class, what runs when an object of it is made and looked at."""
        yield from self._functions.get(name, ())
        made = self._classes.get(name)
        if made is None or depth > MAX_BASES:
            return
        self._made[name] = None
        for part in made.body:
            if isinstance(part, FUNCTIONS):
                special = part.name.startswith("__") or part.name in BUILDERS
                if special or any(_name(decorator).endswith("property") for decorator in part.decorator_list):
                    yield part
        for base in made.bases:
            yield from self._of_name(_name(base), depth + 1)

    def _methods(self, name: str) -> Iterator[ast.AST]:
        """Methods of this name, of the classes of which objects were made."""
        for made in (self._classes[each] for each in self._made):
            yield from (part for part in made.body if isinstance(part, ast.FunctionDef) and part.name == name)

    def _installers(self, call: ast.AST) -> Iterator[ast.AST]:
        """Methods of classes that are handed to `setup()`, which runs them while it builds and installs."""
        for node in ast.walk(call):
            if isinstance(node, ast.Name) and node.id in self._classes:
                for part in self._classes[node.id].body:
                    if isinstance(part, ast.FunctionDef) and part.name in INSTALLER_METHODS:
                        yield part


def _run_by(part: ast.AST, *, main: bool) -> Iterator[ast.AST]:
    """Every node that running this part runs; of a function that it only defines, the decorators and defaults."""
    waiting = list(ast.iter_child_nodes(part))[::-1]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.If) and not main and _is_main(node):
            waiting += node.orelse[::-1]
            continue
        yield node
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            waiting += [*node.decorator_list, *node.args.defaults, *filter(None, node.args.kw_defaults)]
        else:
            waiting += list(ast.iter_child_nodes(node))[::-1]


def _builds(part: ast.stmt) -> bool:
    return isinstance(part, FUNCTIONS) and (
        part.name in BUILDERS or part.name in ("__init__", "__new__", "__post_init__")
    )


def _is_main(node: ast.If) -> bool:
    test = node.test
    if not isinstance(test, ast.Compare):
        return False
    texts = [part.value for part in (test.left, *test.comparators) if isinstance(part, ast.Constant)]
    names = [part.id for part in (test.left, *test.comparators) if isinstance(part, ast.Name)]
    return texts == ["__main__"] and names == ["__name__"]


def _autouse(decorator: ast.expr) -> bool:
    return isinstance(decorator, ast.Call) and any(keyword.arg == "autouse" for keyword in decorator.keywords)


def _name(node: ast.expr) -> str:
    """The dotted name as it is written."""
    if isinstance(node, ast.Call):
        return _name(node.func)
    if isinstance(node, ast.Attribute):
        return f"{_name(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""
