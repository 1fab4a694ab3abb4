"""Which object an expression of Python source stands for, and which text, as far as the source says so."""

import ast
import base64
import binascii
import codecs
import zlib
from collections.abc import Sequence

from bartizan.artifacts.code_table import BUILTINS, normal, power_of
from bartizan.artifacts.code_tree import Tree

MAX_TEXT = 1 << 18
MAX_TOGETHER = 1 << 22
"""Characters of all texts that are put together or decoded."""
MAX_DEPTH = 60
COMPUTED = "<computed>"


class Names:
    """The names of one module: what they were imported as, or set to."""

    def __init__(self, tree: Tree) -> None:
        self._objects: dict[str, str] = {}
        self._texts: dict[str, str | bytes] = {}
        self._stars: list[str] = []
        self.opened: set[str] = set()
        """Names that stand for an open file."""
        self.bound: set[str] = set()
        """Names that the source gives a meaning of its own somewhere."""
        self._left = MAX_TOGETHER
        self._learn(tree.nodes)

    def dotted(self, node: ast.expr, depth: int = 0) -> str | None:
        """The dotted name of the object, `()` after what is called; None if it is not known."""
        if depth > MAX_DEPTH:
            return None
        match node:
            case ast.Name(id=name):
                return self._name(name)
            case ast.Attribute(value=value, attr=attr):
                base = self.dotted(value, depth + 1)
                return f"{base}.{attr}" if base else None
            case ast.NamedExpr(value=value) | ast.Await(value=value):
                return self.dotted(value, depth + 1)
            case ast.Call(func=func, args=args):
                return self._called(func, args, depth)
            case ast.Subscript(value=value, slice=index):
                return self._picked(value, index, depth)
            case _:
                return None

    def text(self, node: ast.AST | None, depth: int = 0) -> str | bytes | None:
        """The text or bytes that the expression comes to, if that can be said without running it."""
        if node is None or depth > MAX_DEPTH or self._left < 0:
            return None
        found = self._text(node, depth + 1)
        if found is None or len(found) > MAX_TEXT:
            return None
        if not isinstance(node, ast.Constant | ast.Name):
            self._left -= len(found)
        return found

    @property
    def exhausted(self) -> bool:
        """True if the source puts more text together than was followed."""
        return self._left < 0

    def _learn(self, nodes: list[ast.AST]) -> None:
        for node in nodes:
            match node:
                case ast.arg(arg=name) | ast.FunctionDef(name=name) | ast.Name(id=name, ctx=ast.Store()):
                    self.bound.add(name)
                case ast.Import(names=names):
                    for alias in names:
                        self._objects[alias.asname or alias.name.partition(".")[0]] = (
                            alias.name if alias.asname else alias.name.partition(".")[0]
                        )
                case ast.ImportFrom(module=module, names=names, level=0):
                    for alias in names:
                        if alias.name == "*":
                            self._stars.append(module or "")
                        else:
                            self._objects[alias.asname or alias.name] = f"{module}.{alias.name}"
        for node in nodes:
            match node:
                case ast.Assign(targets=targets, value=value):
                    for target in targets:
                        self._set(target, value)
                case (
                    ast.AnnAssign(target=target, value=ast.expr() as value) | ast.NamedExpr(target=target, value=value)
                ):
                    self._set(target, value)
                case ast.AugAssign(target=ast.Name(id=name), op=ast.Add(), value=value):
                    text = _added(self._texts.get(name), self.text(value))
                    if text is not None and len(text) <= MAX_TEXT:
                        self._texts[name] = text
                case ast.withitem(context_expr=value, optional_vars=ast.Name(id=name)):
                    if self.dotted(value) in ("builtins.open()", "io.open()", "codecs.open()"):
                        self.opened.add(name)

    def _set(self, target: ast.expr, value: ast.expr) -> None:
        if isinstance(target, ast.Tuple | ast.List) and isinstance(value, ast.Tuple | ast.List):
            for one, other in zip(target.elts, value.elts, strict=False):
                self._set(one, other)
            return
        if not isinstance(target, ast.Name):
            return
        if found := self.dotted(value):
            if found == "builtins.open()":
                self.opened.add(target.id)
            if target.id not in self._objects:
                self._objects[target.id] = found
        if (text := self.text(value)) is not None:
            self._texts[target.id] = text

    def _name(self, name: str) -> str | None:
        if name in self._objects:
            return self._objects[name]
        if name in BUILTINS:
            return f"builtins.{name}"
        if name in ("__loader__", "__spec__"):
            return name
        return next((f"{star}.{name}" for star in self._stars if power_of(f"{star}.{name}")), None)

    def _called(self, func: ast.expr, args: list[ast.expr], depth: int) -> str | None:
        base = self.dotted(func, depth + 1)
        if base is None:
            return None
        plain = normal(base)
        if plain in ("builtins.__import__", "importlib.import_module", "importlib.__import__") and args:
            module = self.text(args[0], depth + 1)
            if isinstance(module, str):
                return module.partition(".")[0] if plain == "builtins.__import__" and len(args) < 4 else module
            return f"{COMPUTED}"
        if plain.startswith(("__loader__.", "__spec__.")) and plain.endswith(".load_module") and args:
            module = self.text(args[0], depth + 1)
            return module if isinstance(module, str) else COMPUTED
        if plain == "functools.reduce" and len(args) == 3 and self.dotted(args[0], depth + 1) == "builtins.getattr":
            of = self.dotted(args[2], depth + 1)
            steps = args[1].elts if isinstance(args[1], ast.List | ast.Tuple) else []
            texts = [self.text(step, depth + 1) for step in steps]
            known = texts and all(isinstance(text, str) for text in texts)
            return f"{of}.{'.'.join(map(str, texts)) if known else COMPUTED}" if of else None
        if plain == "builtins.getattr" and len(args) > 1:
            of, attr = self.dotted(args[0], depth + 1), self.text(args[1], depth + 1)
            if of is not None:
                return f"{of}.{attr}" if isinstance(attr, str) else f"{of}.{COMPUTED}"
            return None
        if plain in ("builtins.globals", "builtins.locals"):
            return "<namespace>"
        if plain == "builtins.vars" and args:
            of = self.dotted(args[0], depth + 1)
            return f"{of}.__dict__" if of else None
        if plain in ("sys.modules.get", "sys.modules.__getitem__") and args:
            module = self.text(args[0], depth + 1)
            return module if isinstance(module, str) else COMPUTED
        if plain.endswith((".__dict__.get", ".__getattribute__", ".__dict__.__getitem__")) and args:
            attr = self.text(args[-1] if plain.endswith("ute__") else args[0], depth + 1)
            base = plain.rpartition(".")[0].removesuffix(".__dict__")
            return f"{base}.{attr}" if isinstance(attr, str) else f"{base}.{COMPUTED}"
        if plain in ("functools.partial", "builtins.map", "builtins.filter") and args:
            return self.dotted(args[0], depth + 1) if plain == "functools.partial" else f"{base}()"
        return f"{base}()"

    def _picked(self, value: ast.expr, index: ast.expr, depth: int) -> str | None:
        base = self.dotted(value, depth + 1)
        if base is None:
            return None
        name = self.text(index, depth + 1)
        plain = normal(base)
        if plain == "sys.modules":
            return name if isinstance(name, str) else COMPUTED
        if plain == "<namespace>":
            return self._name(name) if isinstance(name, str) else COMPUTED
        if plain.endswith((".f_builtins", ".f_globals")):
            return f"builtins.{name}" if isinstance(name, str) else f"builtins.{COMPUTED}"
        if plain.endswith(".__dict__") or plain in ("builtins.__builtins__", "builtins"):
            of = "builtins" if plain.startswith("builtins") else plain.removesuffix(".__dict__")
            return f"{of}.{name}" if isinstance(name, str) else f"{of}.{COMPUTED}"
        return None

    def _text(self, node: ast.AST, depth: int) -> str | bytes | None:
        match node:
            case ast.Constant(value=str() | bytes() as value):
                return value
            case ast.Name(id=name):
                return self._texts.get(name)
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                return _added(self.text(left, depth), self.text(right, depth))
            case ast.JoinedStr(values=values):
                parts = [
                    self.text(part.value if isinstance(part, ast.FormattedValue) else part, depth) for part in values
                ]
                return _joined("", parts)
            case ast.Subscript(value=value, slice=ast.Slice(lower=None, upper=None, step=ast.UnaryOp())):
                text = self.text(value, depth)
                return text[::-1] if text is not None else None
            case ast.Call(
                func=ast.Attribute(value=value, attr="join"), args=[ast.List(elts=parts) | ast.Tuple(elts=parts)]
            ):
                return _joined(self.text(value, depth), [self.text(part, depth) for part in parts])
            case ast.Call(func=ast.Name(id="chr"), args=[ast.Constant(value=int() as code)]):
                return chr(code) if 0 <= code < 0x110000 else None
            case ast.Call(func=ast.Name(id="bytes" | "bytearray"), args=[ast.List(elts=parts) | ast.Tuple(elts=parts)]):
                return _from_numbers(parts)
            case ast.Call(func=func, args=args):
                return self._decoded(func, args, depth)
            case _:
                return None

    def _decoded(self, func: ast.expr, args: list[ast.expr], depth: int) -> str | bytes | None:
        """The text that a decoder makes of a constant."""
        texts = [self.text(arg, depth) for arg in args]
        if isinstance(func, ast.Attribute) and (own := self.text(func.value, depth)) is not None:
            return _by_method(own, func.attr, texts)
        name = self.dotted(func, depth)
        given = texts[0] if texts else None
        if name is None or given is None:
            return None
        try:
            if name in ("base64.b64decode", "base64.urlsafe_b64decode", "base64.decodebytes", "binascii.a2b_base64"):
                return base64.b64decode(given, altchars=b"-_" if "urlsafe" in name else None)
            if name in ("binascii.unhexlify", "binascii.a2b_hex", "builtins.bytes.fromhex"):
                return bytes.fromhex(given if isinstance(given, str) else given.decode())
            if name == "zlib.decompress" and isinstance(given, bytes):
                return zlib.decompressobj().decompress(given, MAX_TEXT)
            if name == "codecs.decode" and len(texts) > 1 and texts[1] in ("rot13", "rot_13"):
                return codecs.decode(str(given), "rot13")
            if name in ("builtins.str", "builtins.bytes"):
                return given
        except (ValueError, binascii.Error, zlib.error, TypeError):
            return None
        return None


def _added(one: str | bytes | None, other: str | bytes | None) -> str | bytes | None:
    if isinstance(one, str) and isinstance(other, str):
        return one + other
    return one + other if isinstance(one, bytes) and isinstance(other, bytes) else None


def _joined(between: str | bytes | None, parts: Sequence[str | bytes | None]) -> str | None:
    texts = [part for part in parts if isinstance(part, str)]
    if not isinstance(between, str) or len(texts) != len(parts):
        return None
    length = sum(map(len, texts)) + len(between) * len(texts)
    return between.join(texts) if length <= MAX_TEXT else None


def _from_numbers(parts: list[ast.expr]) -> bytes | None:
    numbers = [part.value for part in parts if isinstance(part, ast.Constant) and isinstance(part.value, int)]
    return bytes(numbers) if len(numbers) == len(parts) and all(0 <= number < 256 for number in numbers) else None


def _by_method(own: str | bytes, method: str, args: list[str | bytes | None]) -> str | bytes | None:
    match own, method, args:
        case bytes(), "decode", _:
            return own.decode("utf-8", "replace")
        case str(), "encode", _:
            return own.encode("utf-8", "replace")
        case str(), "replace", [str() as old, str() as new] if old and len(own) * (1 + len(new)) <= MAX_TEXT:
            return own.replace(old, new)
        case str(), "strip" | "lower" | "upper", []:
            return {"strip": own.strip(), "lower": own.lower(), "upper": own.upper()}[method]
        case _:
            return None
