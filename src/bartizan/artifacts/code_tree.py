"""The syntax tree of Python source, walked once: what the looks at it share. Source that is all signs is not parsed."""

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

MOST_TOKENS = 100_000
"""Words and signs of one source: a tree takes up to 850 bytes for each."""
FREE_TOKENS, BYTES_PER_TOKEN = 10_000, 4
"""Source in use has a word or sign in about four bytes; what is much denser is built to exhaust."""

KEPT_BYTES = 1 << 16
DOTTED = re.compile(rb"(?<!\w)(?:\w++[ \t\f\\]*+\n?[ \t\f]*+\.[ \t\f\\]*+\n?[ \t\f]*+)++")
MOST_STEPS = 300
BEGINNING_BYTES = 8 << 10
DOING = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Call)

TOKEN = re.compile(
    rb"[bBfFrRuU]{0,2}(?:'''(?:[^'\\]|\\.|'(?!''))*+(?:''')?+|\"\"\"(?:[^\"\\]|\\.|\"(?!\"\"))*+(?:\"\"\")?+"
    rb"|'[^'\\\n]*+(?:\\.[^'\\\n]*+)*+'?+|\"[^\"\\\n]*+(?:\\.[^\"\\\n]*+)*+\"?+)"
    rb"|#[^\n]*+|\d[\w.]{0,40}+\s{0,9},|\w++|\n\s*+|[^\s\w]",
    re.DOTALL,
)
"""A text that does not end goes on to the end, so that it is not searched for from every quote in it."""
CONTEXTS = (ast.expr_context, ast.operator, ast.boolop, ast.unaryop, ast.cmpop)


class Broken(Exception):
    """The text is no Python that this interpreter can parse."""


class TooDense(Exception):
    """The source has more words and signs than any that somebody wrote."""


@dataclass(frozen=True, slots=True)
class Tree:
    """A module, and what each of its nodes holds; signs such as operators are left out."""

    module: ast.Module
    nodes: list[ast.AST]
    """All nodes, the outer ones first."""
    held: dict[int, list[ast.AST]]
    """What a node holds, by the node's id; nothing for those that hold none."""
    pieces: dict[int, str] = field(default_factory=dict)
    """Of a source in pieces, the piece that each node is in, by the node's id."""

    def below(self, node: ast.AST) -> Iterator[ast.AST]:
        """The node and all below it, the outer ones first."""
        level = [node]
        while level:
            yield from level
            level = [inner for one in level for inner in self.held.get(id(one), ())]


def tokens(source: bytes) -> int:
    """How many words and signs the source has, a text, a comment or a number of a table counted as one."""
    return len(TOKEN.findall(source))


def most_tokens(size: int) -> int:
    """How many words and signs source of so many bytes may have."""
    return min(MOST_TOKENS, FREE_TOKENS + size // BYTES_PER_TOKEN)


def parsed(source: str | bytes, most: int) -> Tree:
    """The syntax tree of at most so many words and signs; bytes are decoded as Python does, by their PEP 263 line."""
    raw = source.encode("utf-8", "replace") if isinstance(source, str) else source
    if most <= 0 or (len(raw) > most and tokens(raw) > most) or _has_endless_name(raw):
        raise TooDense
    return _parsed(source) if len(raw) > KEPT_BYTES else _kept(source)


def _has_endless_name(source: bytes) -> bool:
    """True for a dotted name of very many steps, which Python's own parser puts together anew for each of them."""
    if source.count(b".") <= MOST_STEPS:
        return False
    return any(name.count(b".") > MOST_STEPS for name in DOTTED.findall(source))


def _parsed(source: str | bytes) -> Tree:
    try:
        return _tree(ast.parse(source))
    except RecursionError:
        raise Broken("the source is nested too deep") from None
    except (SyntaxError, ValueError, MemoryError, LookupError) as error:
        raise Broken(f"no Python: {error}") from None


_kept = lru_cache(maxsize=1)(_parsed)
"""The tree that was asked for last, for whoever recognised it and reads it next."""


def joined(pieces: Mapping[str, Tree]) -> Tree:
    """The module that is made of these pieces, one after the other, each by its name."""
    body = [statement for tree in pieces.values() for statement in tree.module.body]
    module = ast.Module(body=body, type_ignores=[])
    nodes: list[ast.AST] = [module]
    held: dict[int, list[ast.AST]] = {id(module): [*body]}
    names: dict[int, str] = {}
    for name, tree in pieces.items():
        nodes += tree.nodes[1:]
        held |= tree.held
        names |= dict.fromkeys(map(id, tree.nodes), name)
    return Tree(module, nodes, held, names)


def _tree(module: ast.Module) -> Tree:
    nodes: list[ast.AST] = [module]
    held: dict[int, list[ast.AST]] = {}
    for node in nodes:  # grows while it is walked
        inner: list[ast.AST] = []
        for value in vars(node).values():
            if isinstance(value, list):
                inner += [item for item in value if isinstance(item, ast.AST) and not isinstance(item, CONTEXTS)]
            elif isinstance(value, ast.AST) and not isinstance(value, CONTEXTS):
                inner.append(value)
        if inner:
            held[id(node)] = inner
            nodes += inner
    return Tree(module, nodes, held)


def does_something(source: bytes) -> bool:
    """True if it parses, and imports, defines or calls something; or if it begins so and is too dense to be parsed."""
    try:
        tree = parsed(source, most_tokens(len(source)))
    except Broken:
        return False
    except TooDense:
        return _begins_as_code(source[:BEGINNING_BYTES])
    return any(isinstance(node, DOING) for node in tree.nodes)


def _begins_as_code(beginning: bytes) -> bool:
    """True if nothing speaks against code before the place where the beginning was cut off."""
    try:
        ast.parse(beginning)
    except SyntaxError as error:
        return (error.lineno or 0) > beginning.count(b"\n")
    except (ValueError, RecursionError, MemoryError, LookupError):
        return False
    return True
