"""Mutants of the pickle machine: one small change each, to see whether the comparison with CPython notices.

`python -m tests.artifacts.pickle_mutants FILE` runs one mutant, named on its standard input, against the programs and
their effects in the file; it exits with 1 if it noticed.
"""

import ast
import importlib.util
import json
import random
import sys
from pathlib import Path
from typing import NamedTuple

PACKAGE = "bartizan.artifacts.pickle"
MODULES = ("machine", "rare", "calls", "source")
SWAPPED: dict[type, type] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Add: ast.Sub, ast.Sub: ast.Add, ast.And: ast.Or,
    ast.Or: ast.And,
}  # fmt: skip

# Where a change shows in words, places or budgets, or only with raw arrays and very large files, programs cannot tell.
NOT_MUTATED = frozenset({
    "facts", "note", "opaque", "add", "move", "_fact_of", "_grade", "unescaped", "_loads", "_frame", "line",
    "long_number",
    "_python_number", "attribute", "__init__", "globals",
})  # fmt: skip


class Mutant(NamedTuple):
    """One change: the number of a changeable place in a module."""

    module: str
    place: int


def mutants(seed: int, count: int) -> list[Mutant]:
    """Some of all mutants; the same for the same seed."""
    every = [Mutant(name, place) for name in MODULES for place in range(_change(_source(name), -1)[1])]
    return random.Random(seed).sample(every, count)


def mutated(mutant: Mutant) -> str:
    return _change(_source(mutant.module), mutant.place)[0]


def _source(name: str) -> str:
    spec = importlib.util.find_spec(f"{PACKAGE}.{name}")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).read_text()


def _change(source: str, wanted: int) -> tuple[str, int]:
    """The source with the wanted place changed, and how many places there are."""
    tree = ast.parse(source)
    place = -1
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name not in NOT_MUTATED]
    for function in functions:
        for node in ast.walk(function):
            for apply in _changes(node):
                place += 1
                if place == wanted:
                    apply()
    return ast.unparse(ast.fix_missing_locations(tree)), place + 1


def _changes(node: ast.AST) -> list:  # type: ignore[type-arg]  # of functions that change the node in place
    if isinstance(node, ast.Compare) and type(node.ops[0]) in SWAPPED:
        return [lambda: node.ops.__setitem__(0, SWAPPED[type(node.ops[0])]())]
    if (
        isinstance(node, ast.BinOp | ast.BoolOp)
        and type(node.op) in SWAPPED
        and not isinstance(node.op, ast.Add | ast.And)
    ):
        return [lambda: setattr(node, "op", SWAPPED[type(node.op)]())]
    if isinstance(node, ast.AugAssign) and isinstance(node.value, ast.Constant) and type(node.value.value) is int:
        return [lambda: setattr(node.value, "value", node.value.value + 1)]  # type: ignore[attr-defined]
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        return [lambda: setattr(node, "op", ast.UAdd())]
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        return [lambda: setattr(node, "value", ast.Constant(None))]
    return []


def main(path: str) -> int:
    """Whether the mutant on standard input is noticed by the programs in the file."""
    mutant = Mutant(*json.loads(sys.stdin.read()))
    name = f"{PACKAGE}.{mutant.module}"
    spec = importlib.util.find_spec(name)
    assert spec is not None
    for loaded in [loaded for loaded in sys.modules if loaded.startswith(PACKAGE)]:
        del sys.modules[loaded]
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    exec(compile(mutated(mutant), spec.origin or "", "exec"), module.__dict__)
    from tests.artifacts.pickle_differential import disagreement
    from tests.artifacts.pickle_oracle import Seen

    for line in Path(path).read_text().splitlines():
        data, seen = json.loads(line)
        if disagreement(bytes.fromhex(data), Seen(*seen)):
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
