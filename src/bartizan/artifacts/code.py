"""Python source beside a model, judged by what it can do: one pass over its syntax tree, nothing is run.

Code is loaded only if somebody loads it, and most code beside models is honest. So what counts is when something runs:
on import, it happens to whoever loads the module; in a function, somebody must call that first.
"""

import ast
import re
from collections.abc import Iterable, Iterator, Mapping

from bartizan.artifacts.code_names import COMPUTED, Names
from bartizan.artifacts.code_reach import reach
from bartizan.artifacts.code_table import DANGEROUS_MODULES, DECODERS, PERSISTENT, SECRETS, Power, normal, power_of
from bartizan.artifacts.code_tree import Broken, TooDense, Tree, joined, most_tokens, parsed
from bartizan.artifacts.fact import AnyFact, Calls, ReadsPath, Spent, WritesPath, shown
from bartizan.artifacts.shell_lines import hostile, quiet
from bartizan.kernel import Meter

MAX_SOURCE_BYTES = 1 << 20
MAX_INNER_DEPTH = 3
STEPS_PER_NODE = 6
MAX_FACTS = 200
WRITING = re.compile(r"[wax+]")
ROOTED = re.compile(r"(?:/|~|[A-Za-z]:|\\\\|\$HOME|.*\.\.[/\\])")
OPENERS = frozenset({
    "builtins.open", "io.open", "codecs.open", "os.open", "pathlib.Path().open", "pathlib.Path().read_text",
    "pathlib.Path().read_bytes", "pathlib.Path().write_text", "pathlib.Path().write_bytes",
})  # fmt: skip
COPIERS = frozenset({
    "shutil.copy", "shutil.copy2", "shutil.copyfile", "shutil.move", "shutil.copytree", "os.rename", "os.replace",
    "os.symlink", "os.link",
})  # fmt: skip
ESCAPES = frozenset({
    "__subclasses__", "__globals__", "__builtins__", "f_globals", "f_builtins", "gi_frame", "tb_frame"})  # fmt: skip
EXPOSING = ("os.environ", "os.getenv", "getpass.getuser", "platform.node", "socket.gethostname")


def capabilities(source: str | bytes, where: str = "", *, meter: Meter | None = None) -> Iterator[AnyFact]:
    """What running or importing this source can do, in the order of the source. Raises `Broken`."""
    if len(source) > MAX_SOURCE_BYTES:
        yield Spent("spent", f"{len(source):,} bytes of source, the most is {MAX_SOURCE_BYTES:,}", where=where)
        return
    effort = Effort(len(source), meter)
    try:
        tree = effort.parsed(source)
    except TooDense:
        yield Spent("spent", "source with more words and signs than anybody writes", where=where)
        return
    yield from _told(_Look(tree, where, False, effort), where)


def capabilities_by_hand(pieces: Mapping[str, str], size: int, *, meter: Meter | None = None) -> Iterator[AnyFact]:
    """The same of pieces of one source of `size` bytes, which a person starts one after the other, by their names.

    What such code does on its own account is told as `later`, unless nobody has a good reason for it. Pieces that do
    not parse are passed over: other kernels have other languages, and nobody runs them.
    """
    effort = Effort(size, meter)
    trees = {}
    for name, source in pieces.items():
        try:
            trees[name] = effort.parsed(source)
        except Broken:
            continue
        except TooDense:
            yield Spent("spent", "source with more words and signs than anybody writes", where=name)
            break
    yield from _told(_Look(joined(trees), "", True, effort), "")


def _told(look: "_Look", where: str) -> Iterator[AnyFact]:
    """The facts, each once."""
    told = list(dict.fromkeys(look.facts()))
    yield from told[:MAX_FACTS]
    if look.spent or len(told) > MAX_FACTS:
        yield Spent("spent", "source that was not followed to its end", where=where)


class Effort:
    """What one source and those within it may cost together."""

    def __init__(self, size: int, meter: Meter | None) -> None:
        self._left = most_tokens(size)
        self._meter = meter

    def parsed(self, source: str | bytes) -> Tree:
        """The tree of the source; raises `Broken`, or `TooDense` where all sources together are too much."""
        try:
            tree = parsed(source, self._left)
        except TooDense:
            self._left = 0
            raise
        self._left -= len(tree.nodes)
        if self._meter is not None:
            self._meter.spend("steps", STEPS_PER_NODE * len(tree.nodes))
        return tree


class _Look:
    """One look at a module."""

    def __init__(self, tree: Tree, where: str, by_hand: bool, effort: Effort, depth: int = 0) -> None:
        self.spent = False
        """True if something could not be followed."""
        self._tree = tree
        self._names = Names(tree)
        self._reach = reach(tree)
        self._where = where
        self._by_hand = by_hand
        self._effort = effort
        self._depth = depth

    def facts(self) -> Iterator[AnyFact]:
        parts = (*self._reach.now, *self._reach.made, *self._reach.later)
        self._aside = {id(node.func) for node in parts if isinstance(node, ast.Call)} | set(_annotations(parts))
        for node in self._reach.now:
            yield from self._node(node, not self._by_hand)
        for node in self._reach.made:
            yield from self._node(node, self._starts_program(node) and not self._by_hand)
        for node in self._reach.later:
            yield from self._node(node, False)
        self.spent = self.spent or self._names.exhausted

    def _starts_program(self, node: ast.AST) -> bool:
        """True for a call that no honest model makes while it is built."""
        dotted = self._names.dotted(node.func) if isinstance(node, ast.Call) else None
        return dotted is not None and power_of(dotted) in ("spawn", "send")

    def _node(self, node: ast.AST, now: bool) -> Iterator[AnyFact]:
        match node:
            case ast.Call():
                yield from self._call(node, now)
            case ast.Assign(targets=[ast.Subscript(value=value, slice=key)]):
                if self._names.dotted(value) == "os.environ" and self._names.text(key) in LOADING_VARIABLES:
                    yield self._tell("code" if now else "later", f"sets {self._names.text(key)!s}", node)
            case ast.Attribute(value=value, attr=attr) if attr in ESCAPES:
                if _from_a_value(value):
                    yield self._tell("code" if now else "later", f"reaches for {attr}", node)
            case ast.Attribute() | ast.Name(ctx=ast.Load()) if id(node) not in self._aside:
                yield from self._reference(node, now)
            case _:
                pass

    def _reference(self, node: ast.expr, now: bool) -> Iterator[AnyFact]:
        """A function that starts programs or runs code, handed on as a value."""
        dotted = self._names.dotted(node)
        name = normal(dotted) if dotted else ""
        if not name or "()" in name or name in TYPES or (isinstance(node, ast.Name) and node.id in self._names.bound):
            return
        if power_of(name) in ("spawn", "exec"):
            yield self._tell("code" if now else "later", f"hands on {name.removeprefix('builtins.')}", node)

    def _call(self, node: ast.Call, now: bool) -> Iterator[AnyFact]:
        dotted = self._names.dotted(node.func)
        if dotted is None:
            return
        name = normal(dotted)
        if COMPUTED in name:
            yield from self._computed(name, node, now)
        elif name in OPENERS:
            yield from self._opened(name, node, now)
        elif name in COPIERS and now:
            yield from self._copied(name, node)
        elif name in BY_TEXT:
            texts = [self._names.text(arg) for arg in node.args]
            if any(isinstance(text, str) and LEADING_OUT.search(text) for text in texts):
                yield self._tell("code" if now else "later", f"{name} of {texts[0] or texts[-1]!r}", node)
        elif power := power_of(name):
            yield from self._powerful(name, power, node, now)

    def _computed(self, name: str, node: ast.Call, now: bool) -> Iterator[AnyFact]:
        """A call of something whose name is put together at run time."""
        module = name.partition(".")[0]
        if module in DANGEROUS_MODULES:
            yield self._tell("code" if now else "later", f"calls a computed name of {module}", node)
        elif module == COMPUTED and power_of(f"os{name.removeprefix(COMPUTED)}"):
            yield self._tell("code" if now else "later", f"calls {name.rpartition('.')[2]} of a computed module", node)
        elif module == COMPUTED and "." in name and now:
            yield self._tell("later", "calls a function of a computed module", node)

    def _copied(self, name: str, node: ast.Call) -> Iterator[AnyFact]:
        """A file put where it stays and is run."""
        for piece in self._pieces(node.args[1] if len(node.args) > 1 else None):
            if PERSISTENT.search(piece):
                yield WritesPath("outside", f"{shown(piece)} ({name})", where=self._place(node))

    def _opened(self, name: str, node: ast.Call, now: bool) -> Iterator[AnyFact]:
        """A file: only one that is outside of the folder and written, or that holds secrets."""
        target: ast.expr | None = node.args[0] if node.args else None
        if name.startswith("pathlib.Path()"):
            target = _path_argument(node.func)
        mode = node.args[1] if len(node.args) > 1 else next((k.value for k in node.keywords if k.arg == "mode"), None)
        writes = "write" in name or bool(isinstance(text := self._names.text(mode), str) and WRITING.search(text))
        path = self._names.text(target)
        pieces = [path] if isinstance(path, str) else self._pieces(target)
        home = (
            any(self._names.dotted(part) in HOMES for part in ast.walk(target) if isinstance(part, ast.expr))
            if target
            else False
        )
        label = shown(" ".join(pieces) or "a computed path")
        secret = any(SECRETS.search(piece) for piece in pieces)
        if secret and now:
            yield ReadsPath("outside", label, where=self._place(node))
        elif secret:
            yield self._tell("later", f"opens {label}", node)
        elif writes and any(PERSISTENT.search(piece) for piece in pieces):
            yield (
                WritesPath("outside", label, where=self._place(node))
                if now
                else self._tell("later", f"writes {label}", node)
            )
        elif writes and now and (home or any(ROOTED.match(piece) for piece in pieces[:1])):
            yield WritesPath("outside", label, where=self._place(node))

    def _powerful(self, name: str, power: Power, node: ast.Call, now: bool) -> Iterator[AnyFact]:
        label = shown(name.removeprefix("builtins.").replace("()", ""))
        match power:
            case "spawn":
                yield from self._spawned(label, node, now)
            case "exec":
                yield from self._executed(label, node, now)
            case "send":
                yield self._tell("io" if now else "later", f"{label} talks to a host", node)
            case "fetch" if now and any(_has_data(part) for part in ast.walk(node)):
                yield self._tell("io", f"{label} sends data to a host", node)
            case "fetch" if self._exposes(node):
                yield self._tell("io", f"{label} sends what it took from the machine", node)
            case "fetch" | "library" if now:
                yield self._tell("later", label, node)
            case "delete" if now:
                path = self._names.text(node.args[0]) if node.args else None
                safe = isinstance(path, str) and not ROOTED.match(path)
                yield self._tell("later" if safe else "io", f"{label} deletes", node)
            case "unpickle" if any(_is_program(self._names.text(arg)) for arg in node.args):
                yield self._tell("code" if now else "later", f"{label} of data that calls something", node)
            case "unpickle" if any(self._feeds(arg) for arg in node.args):
                yield self._tell("code" if now else "later", f"{label} of data that was decoded or fetched", node)
            case _:
                pass

    def _spawned(self, label: str, node: ast.Call, now: bool) -> Iterator[AnyFact]:
        """A program: what the command says decides, if it is written out."""
        command = self._command(node)
        if found := hostile(command):
            yield self._tell("code", f"{label} runs {found}", node)
        elif any(self._feeds(arg) for arg in node.args):
            yield self._tell("code", f"{label} of data that was decoded or fetched", node)
        elif command and quiet(command):
            if now:
                yield self._tell("later", f"{label} runs {command}", node)
        else:
            yield self._tell("code" if now else "later", f"{label} {command}".strip(), node)

    def _executed(self, label: str, node: ast.Call, now: bool) -> Iterator[AnyFact]:
        """Code: looked at if it is written out; from a file of the folder it is somebody's own."""
        given = node.args[0] if node.args else None
        if isinstance(given, ast.Call) and self._names.dotted(given.func) == "builtins.compile" and given.args:
            given = given.args[0]
        text = self._names.text(given)
        if text is not None and label in ("exec", "eval"):
            yield from self._source(text, label, node, now)
        elif given is not None and self._feeds(given):
            yield self._tell("code", f"{label} of data that was decoded or fetched", node)
        elif given is not None and self._reads_own_file(given):
            if now:
                yield self._tell("later", f"{label} of a file", node)
        else:
            yield self._tell("code" if now else "later", label, node)

    def _source(self, text: str | bytes, label: str, node: ast.Call, now: bool) -> Iterator[AnyFact]:
        if self._depth > MAX_INNER_DEPTH:
            yield self._tell("code" if now else "later", f"{label} of source in source in source", node)
            return
        try:
            tree = self._effort.parsed(text.strip())
        except Broken:
            yield self._tell("later", f"{label} of text that is no Python here", node)
            return
        except TooDense:
            yield self._tell("code" if now else "later", f"{label} of source that is too long to follow", node)
            return
        hidden = not isinstance(node.args[0], ast.Constant)
        inner = _Look(tree, self._place(node), not now and not hidden, self._effort, self._depth + 1)
        yield from inner.facts()
        self.spent = self.spent or inner.spent

    def _feeds(self, node: ast.AST) -> bool:
        """True if the value comes out of a decoder or from the net."""
        for part in ast.walk(node):
            if isinstance(part, ast.Call) and (dotted := self._names.dotted(part.func)):
                name = normal(dotted)
                if name in DECODERS or power_of(name) in ("fetch", "send"):
                    return True
            elif isinstance(part, ast.Name) and (dotted := self._names.dotted(part)):
                base = normal(dotted).removesuffix("()")
                if any(base.startswith(name) for name in DECODERS) or power_of(base.split("()")[0]) in (
                    "fetch",
                    "send",
                ):
                    return True
        return False

    def _reads_own_file(self, node: ast.AST) -> bool:
        """True for `open(...).read()` and `file.read()`, as in many a setup.py."""
        for part in ast.walk(node):
            if isinstance(part, ast.Name) and part.id in self._names.opened:
                return True
            if isinstance(part, ast.Call) and self._names.dotted(part.func) in OPENERS:
                path = self._names.text(part.args[0]) if part.args else None
                return not (isinstance(path, str) and ROOTED.match(path) and path.startswith(("/tmp", "~", "/var")))  # noqa: S108
        return False

    def _exposes(self, node: ast.Call) -> bool:
        """True if an argument holds the environment, or the name of user and host."""
        given = (*node.args, *(keyword.value for keyword in node.keywords))
        parts = (part for arg in given for part in ast.walk(arg) if isinstance(part, ast.expr))
        return any((self._names.dotted(part) or "").startswith(EXPOSING) for part in parts)

    def _command(self, node: ast.Call) -> str:
        """The command line, as far as it is written out."""
        first = (
            node.args[0] if node.args else next((k.value for k in node.keywords if k.arg in ("args", "command")), None)
        )
        if isinstance(first, ast.List | ast.Tuple):
            words = [self._names.text(part) for part in first.elts]
            return " ".join(word if isinstance(word, str) else "<computed>" for word in words)
        text = self._names.text(first)
        if isinstance(text, str):
            return text
        return " ".join(self._pieces(first))

    def _pieces(self, node: ast.AST | None) -> list[str]:
        """The constant texts in an expression."""
        if node is None:
            return []
        return [part.value for part in ast.walk(node) if isinstance(part, ast.Constant) and isinstance(part.value, str)]

    def _tell(self, rule: str, what: str, node: ast.AST) -> AnyFact:
        return Calls(rule, shown(what), where=self._place(node))

    def _place(self, node: ast.AST) -> str:
        where = self._tree.pieces.get(id(node), self._where)
        return f"{where} line {getattr(node, 'lineno', 0)}".strip()


BY_TEXT = frozenset({"operator.methodcaller", "operator.attrgetter", "pkgutil.resolve_name", "builtins.getattr"})
LEADING_OUT = re.compile(
    r"(?:\A|[.:])(?:system|popen|Popen|exec[vl]\w*|posix_spawn|__subclasses__|__globals__|__builtins__|__import__)\Z"
)
TYPES = frozenset({"subprocess.Popen", "types.FunctionType", "types.LambdaType", "types.CodeType"})
"""Classes that honest code names for their type."""
HOMES = frozenset({
    "os.path.expanduser()", "pathlib.Path.home()", "site.getsitepackages()", "site.getusersitepackages()",
    "sysconfig.get_path()", "sysconfig.get_paths()", "builtins.open()",
})  # fmt: skip


LOADING_VARIABLES = frozenset({"LD_PRELOAD", "LD_AUDIT", "DYLD_INSERT_LIBRARIES", "PYTHONSTARTUP", "PYTHONINSPECT"})
"""What they name is run in every program that is started."""
PROGRAM = re.compile(r"!!python/|[ci]\w+\n\w+\n|\x93.{0,200}R", re.DOTALL)


def _is_program(text: str | bytes | None) -> bool:
    """True for a pickle or a YAML document that calls something."""
    return text is not None and PROGRAM.search(text if isinstance(text, str) else text.decode("latin-1")) is not None


def _path_argument(func: ast.expr) -> ast.expr | None:
    """The path in `Path(path).read_text`, or in `Path(path).expanduser().read_text`."""
    while isinstance(func, ast.Attribute) and isinstance(func.value, ast.Call):
        if func.value.args:
            return func.value.args[0]
        func = func.value.func
    return None


def _has_data(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and any(keyword.arg in ("data", "json", "files") for keyword in node.keywords)


def _annotations(parts: Iterable[ast.AST]) -> Iterator[int]:
    """The ids of nodes in annotations, and of the left sides of longer names, which are looked at as a whole."""
    for node in parts:
        if isinstance(node, ast.Attribute):
            yield id(node.value)
        annotation = getattr(node, "annotation", None) or getattr(node, "returns", None)
        if annotation is not None:
            yield from (id(part) for part in ast.walk(annotation))


def _from_a_value(node: ast.expr) -> bool:
    """True if the chain starts at a literal or `object`, as it does only to get at all classes."""
    while isinstance(node, ast.Attribute | ast.Call | ast.Subscript):
        if isinstance(node, ast.Attribute) and node.attr in ("__class__", "__base__", "__bases__", "__mro__"):
            return True
        node = node.func if isinstance(node, ast.Call) else node.value
    return isinstance(node, ast.Constant | ast.Tuple | ast.List | ast.Dict) or (
        isinstance(node, ast.Name) and node.id == "object"
    )
