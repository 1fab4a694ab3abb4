"""Which parts of a Python module run when it is imported, and which only when somebody calls them."""

import ast
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from bartizan.artifacts.code_tree import Tree

HOOKS = frozenset({
    "__reduce__", "__reduce_ex__", "__setstate__", "__getnewargs_ex__", "__init_subclass__", "__set_name__",
    "_load_pyfunc", "load_context", "pytest_configure", "pytest_sessionstart", "pytest_collection_modifyitems",
    "pytest_load_initial_conftests", "pytest_addoption", "pytest_runtest_setup", "pytest_plugin_registered",
    "model_fn", "initialize", "load_ipython_extension", "setup_module", "load_tests",
})  # fmt: skip
"""Functions that a loader calls by their name."""
MODULE_HOOKS = frozenset({"__getattr__", "__dir__"})
"""The same for functions of the module itself, which `from module import name` calls."""
BUILDERS = frozenset({"forward", "from_pretrained", "_from_config", "predict", "load_pyfunc"})
"""Methods that run when a model of the class is built and used."""
IMPORTERS = frozenset({"find_spec", "find_module", "exec_module", "create_module", "load_module"})
"""Methods that every import calls once an object with them is among the importers."""
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


def reach(tree: Tree) -> Reach:
    """When each part of the module runs."""
    return _Split(tree).split()


class _Split:
    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._functions: dict[str, list[ast.FunctionDef | ast.AsyncFunctionDef]] = {}
        self._classes: dict[str, ast.ClassDef] = {}
        self._values: dict[str, ast.expr] = {}
        """What names are set to, for functions under other names or in lists."""
        self._installs = False
        for node in tree.nodes:
            if isinstance(node, ast.ClassDef):
                self._classes[node.name] = node
            elif isinstance(node, FUNCTIONS):
                self._functions.setdefault(node.name, []).append(node)
            elif isinstance(node, ast.Assign):
                self._values |= {target.id: node.value for target in node.targets if isinstance(target, ast.Name)}
            elif isinstance(node, ast.Call) and not self._installs:
                self._installs = _name(node.func) in SETUPS
        self._entered: set[int] = set()
        self._named: dict[str, int] = {}
        """The names that were followed, and over how many others at least."""
        self._searched: set[int] = set()
        """What was searched for functions that are handed out."""
        self._made: dict[str, None] = {}
        """The classes of which the code that runs now makes objects."""
        self._asked: set[str] = set()
        """The methods that it calls, of whatever objects."""

    def split(self) -> Reach:
        waiting: deque[ast.AST] = deque([self._tree.module])
        for name, functions in self._functions.items():
            if name in HOOKS or name.startswith("pytest_"):
                waiting += functions
            elif name in MODULE_HOOKS:
                waiting += [function for function in functions if function in self._tree.module.body]
        now: list[ast.AST] = []
        seen = (0, 0)
        while waiting:
            part = waiting.popleft()
            if id(part) not in self._entered:
                self._entered.add(id(part))
                for node in self._run_by(part, main=self._installs):
                    now.append(node)
                    waiting += self._started(node)
            if not waiting and seen != (len(self._made), len(self._asked)):
                seen = len(self._made), len(self._asked)
                # An object may have been made after its method was seen to be called.
                waiting += [part for part in self._methods() if id(part) not in self._entered]
        rest = [node for node in self._tree.nodes if isinstance(node, FUNCTIONS) and id(node) not in self._entered]
        builders = {id(part) for made in self._classes.values() for part in made.body if _builds(part)}
        made = [node for part in rest if id(part) in builders for node in self._run_by(part, main=True)]
        rest = [part for part in rest if id(part) not in builders]
        body = self._tree.module.body
        guards = [] if self._installs else [node for node in body if isinstance(node, ast.If) and _is_main(node)]
        return Reach(now, made, [node for part in (*rest, *guards) for node in self._run_by(part, main=True)])

    def _started(self, node: ast.AST) -> Iterator[ast.AST]:
        """The functions of this module that this expression or statement runs."""
        match node:
            case ast.Call(func=func, args=args, keywords=keywords):
                name = _name(func)
                yield from self._of_name(name.rpartition(".")[2] if name.startswith(("self.", "cls.")) else name)
                if isinstance(func, ast.Attribute):
                    self._asked.add(func.attr)
                    self._made |= dict.fromkeys({_name(func.value)} & set(self._classes))
                elif isinstance(func, ast.Call):
                    for maker in (*self._functions.get(name, ()), *self._of_name(name)):
                        yield from (part for part in self._once_below(maker) if isinstance(part, FUNCTIONS))
                elif isinstance(func, ast.Subscript):
                    yield from self._held(func.value)
                for argument in (*args, *(keyword.value for keyword in keywords)):
                    if isinstance(argument, ast.Name) and argument.id in self._functions:
                        yield from self._of_name(argument.id)
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
        if self._named.get(name, MAX_BASES + 2) <= depth:
            return  # what it starts was started
        self._named[name] = depth
        yield from self._functions.get(name, ())
        other = self._values.get(name)
        if isinstance(other, ast.Name | ast.Attribute) and _name(other) != name and depth <= MAX_BASES:
            yield from self._of_name(_name(other), depth + 1)
        made = self._classes.get(name)
        if made is None or depth > MAX_BASES:
            return
        self._made[name] = None
        for part in made.body:
            if isinstance(part, FUNCTIONS):
                special = part.name.startswith("__") or part.name in BUILDERS | IMPORTERS
                if special or any(_name(decorator).endswith("property") for decorator in part.decorator_list):
                    yield part
        for base in made.bases:
            yield from self._of_name(_name(base), depth + 1)

    def _held(self, node: ast.expr) -> Iterator[ast.AST]:
        """The functions of this module in a list or dictionary, out of which one is picked and called."""
        held = self._values.get(node.id, node) if isinstance(node, ast.Name) else node
        for part in self._once_below(held):
            if isinstance(part, ast.Name):
                yield from self._of_name(part.id)

    def _methods(self) -> Iterator[ast.AST]:
        """Methods that are called somewhere, of the classes of which objects were made."""
        for made in (self._classes[each] for each in self._made):
            yield from (part for part in made.body if isinstance(part, FUNCTIONS) and part.name in self._asked)

    def _installers(self, call: ast.AST) -> Iterator[ast.AST]:
        """Methods of classes that are handed to `setup()`, which runs them while it builds and installs."""
        for node in self._once_below(call):
            if isinstance(node, ast.Name) and node.id in self._classes:
                for part in self._classes[node.id].body:
                    if isinstance(part, ast.FunctionDef) and part.name in INSTALLER_METHODS:
                        yield part

    def _once_below(self, node: ast.AST) -> Iterator[ast.AST]:
        """The node and all below it, if that was not asked for before."""
        if id(node) not in self._searched:
            self._searched.add(id(node))
            yield from self._tree.below(node)

    def _run_by(self, part: ast.AST, *, main: bool) -> Iterator[ast.AST]:
        """Every node that running this part runs; of a function that it only defines, the decorators and defaults."""
        held = self._tree.held
        waiting = held.get(id(part), [])[::-1]
        while waiting:
            node = waiting.pop()
            if isinstance(node, ast.If) and not main and _is_main(node):
                waiting += node.orelse[::-1]
                continue
            yield node
            if isinstance(node, FUNCTIONS):
                arguments = (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)
                hints = (argument.annotation for argument in arguments)
                waiting += [*node.decorator_list, *node.args.defaults, *filter(None, node.args.kw_defaults)]
                waiting += filter(None, (*hints, node.returns))
            else:
                waiting += held.get(id(node), [])[::-1]


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
