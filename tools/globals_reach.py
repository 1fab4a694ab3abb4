"""Which functions of the libraries do more than compute: found by what their sources call, through the library.

A pickle may name a function without calling it, and something may call it later. So a function is harmless to name
only if nothing that it reaches runs code, starts programs, opens files or talks to the net.
"""

import ast
import re
import types
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

RUNS = re.compile(
    r"(?:builtins\.)?(?:exec|eval|compile|__import__)\Z|subprocess\.\w+\Z|pty\.\w+\Z|runpy\.\w+\Z|ctypes\.(?:CDLL|cdll|PyDLL)"
    r"|os\.(?:system|popen|exec\w+|spawn\w+|posix_spawnp?|fork|forkpty|startfile|kill|killpg|_exit)\Z"
    r"|importlib\.(?:import_module|__import__|reload|util\.\w+|machinery\.\w+)\Z|imp\.\w+\Z|marshal\.loads?\Z"
    r"|(?:pickle|dill|cloudpickle|_pickle)\.(?:loads?|Unpickler|_Unpickler)\Z|types\.(?:FunctionType|CodeType)\Z"
    r"|multiprocessing\.\w*\.?(?:Process|Pool|spawn\w*|start_processes)\Z|code\.\w+\Z|timeit\.\w+\Z|cProfile\.\w+\Z"
    r"|unittest\.main\Z|sys\.(?:exit|settrace|setprofile)\Z|pytest\.main\Z"
)
TOUCHES = re.compile(
    r"(?:builtins\.|io\.|codecs\.|os\.|gzip\.|bz2\.|lzma\.)?open\Z|shutil\.\w+\Z|tempfile\.\w+\Z|socket\.\w+\Z|urllib\.\w+\.\w+\Z"
    r"|os\.(?:remove|unlink|rename|replace|rmdir|removedirs|mkdir|makedirs|symlink|link|chmod|chown|truncate|listdir"
    r"|scandir|walk|write|mkfifo|chdir|utime)\Z|mmap\.mmap\Z|sqlite3\.\w+\Z|http\.\w+\.\w+\Z|requests\.\w+\Z"
    r"|(?:zipfile|tarfile)\.\w+\Z|glob\.\w+\Z|logging\.(?:FileHandler|basicConfig|config\.\w+)\Z|webbrowser\.\w+\Z"
    r"|numpy\.(?:load|save\w*|loadtxt|genfromtxt|fromfile|memmap)\Z|pathlib\.Path\(\)\.\w+\Z"
)
METHODS = {
    "io": frozenset({
        "to_pickle", "to_csv", "to_json", "to_parquet", "to_hdf", "to_excel", "to_sql", "to_feather", "tofile",
        "unlink", "write_text", "write_bytes", "read_text", "read_bytes", "mkdir", "savefig", "urlopen", "connect",
        "sendall",
    }),
    "code": frozenset({"Popen", "check_output", "import_module", "load_module", "exec_module", "unsafe_load"}),
}  # fmt: skip
MAX_ROUNDS = 12
Grade = str


def reaching(modules: Iterable[types.ModuleType]) -> dict[str, dict[str, Grade]]:
    """For each module its functions, methods too, that reach code or files, with `code` or `io`."""
    sources = {module.__name__: tree for module in modules if (tree := _tree(module)) is not None}
    index = _Index(sources)
    found = index.own()
    for _ in range(MAX_ROUNDS):
        more = {
            name: grade
            for name, called in index.calls.items()
            if (grade := _worst([found.get(one, "") for one in called])) and _rank(grade) > _rank(found.get(name, ""))
        }
        if not more:
            break
        found |= more
    graded: dict[str, dict[str, Grade]] = defaultdict(dict)
    for name, grade in found.items():
        module, path = index.place[name]
        graded[module][path] = grade
    return graded


class _Index:
    """All functions of the sources by their full names, and what each of them calls."""

    def __init__(self, sources: dict[str, ast.Module]) -> None:
        self.place: dict[str, tuple[str, str]] = {}
        self.calls: dict[str, set[str]] = {}
        self._own: dict[str, Grade] = {}
        self._names = {module: _imports(tree, module) for module, tree in sources.items()}
        functions = [
            (module, path, node) for module, tree in sources.items() for path, node in _functions(tree.body, "")
        ]
        for module, path, _ in functions:
            self.place[f"{module}.{path}"] = (module, path)
        for module, path, node in functions:
            self._read(module, path, node)

    def own(self) -> dict[str, Grade]:
        """What each function does by itself."""
        return dict(self._own)

    def _read(self, module: str, path: str, node: ast.AST) -> None:
        name, owner = f"{module}.{path}", path.rpartition(".")[0]
        here = self._names[module] | _imports(node, module)
        grades, called = [], set()
        for part in ast.walk(node):
            if isinstance(part, ast.Call):
                target = _dotted(part.func)
                if target.startswith(("self.", "cls.")) and target.count(".") == 1 and owner:
                    called.add(f"{module}.{owner}.{target.partition('.')[2]}")
                    continue
                full = self._full(target, here, module)
                if not (part.args and _constant(part.args[0])):
                    grades.append(_own_grade(full, target))
                called.add(full)
        if grade := _worst(grades):
            self._own[name] = grade
        self.calls[name] = {one for one in called if one in self.place and one != name}

    def _full(self, target: str, here: dict[str, str], module: str) -> str:
        """The dotted name as seen from everywhere, followed through modules that only hand it on."""
        first, _, rest = target.partition(".")
        if first not in here:
            return f"{module}.{target}" if f"{module}.{target}" in self.place else target
        full = f"{here[first]}.{rest}" if rest else here[first]
        for _ in range(8):
            if full in self.place:
                return full
            home, _, last = full.rpartition(".")
            following = self._names.get(home, {}).get(last)
            if following is None or following == full:
                return full
            full = following
        return full


def _tree(module: types.ModuleType) -> ast.Module | None:
    path = getattr(module, "__file__", None)
    if not path or not path.endswith(".py"):
        return None
    try:
        return ast.parse(Path(path).read_bytes())
    except (OSError, SyntaxError, ValueError):
        return None


def _functions(body: list[ast.stmt], inside: str) -> Iterator[tuple[str, ast.AST]]:
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield f"{inside}{node.name}", node
        elif isinstance(node, ast.ClassDef):
            yield from _functions(node.body, f"{inside}{node.name}.")
        elif isinstance(node, ast.If | ast.Try):
            yield from _functions([*node.body, *node.orelse], inside)


def _imports(tree: ast.AST, module: str) -> dict[str, str]:
    found = {}
    package = module.split(".")
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                found[alias.asname or alias.name.partition(".")[0]] = (
                    alias.name if alias.asname else alias.name.partition(".")[0]
                )
        elif isinstance(node, ast.ImportFrom):
            home = ".".join([*package[: len(package) - node.level], *([node.module] if node.module else [])])
            home = home if node.level else node.module or ""
            for alias in node.names:
                found[alias.asname or alias.name] = f"{home}.{alias.name}"
    return found


def _constant(argument: ast.expr) -> bool:
    """True for what the caller of the function has no say in."""
    return isinstance(argument, ast.Constant)


def _own_grade(full: str, written: str) -> Grade:
    if RUNS.match(full):
        return "code"
    if TOUCHES.match(full):
        return "io"
    last = written.rpartition(".")[2]
    return next((grade for grade, names in METHODS.items() if "." in written and last in names), "")


def _dotted(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return f"{_dotted(node.value)}.{node.attr}"
    if isinstance(node, ast.Call):
        return f"{_dotted(node.func)}()"
    return node.id if isinstance(node, ast.Name) else "?"


def _rank(grade: Grade) -> int:
    return ("", "io", "code").index(grade)


def _worst(grades: Iterable[Grade]) -> Grade:
    return max(grades, key=_rank, default="")
