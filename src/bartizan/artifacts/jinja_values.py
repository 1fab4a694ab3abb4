"""What each expression of a template comes to, as far as that is known without rendering it.

A tree is folded from its leaves up, each node once, so that a chain of thousands costs no more than its length.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, TypeAlias

from jinja2 import nodes

from bartizan.artifacts.jinja_known import (
    MAX_VALUE_CHARS,
    UNKNOWN,
    Unknown,
    Value,
    added,
    either,
    formatted,
    formatted_by_braces,
    joined,
    multiplied,
    replaced,
)
from bartizan.kernel import OutOfBudget

MAX_FOLDED_CHARS = 1 << 22
"""Over all expressions of a template together."""
CHARS_PER_ITEM = 16
"""What an item of a list counts for."""
MAX_NUMBER = 1 << 62


Names: TypeAlias = Mapping[str, Value]
Values: TypeAlias = dict[int, Value]
"""The value of each node of a tree, by its id."""

TEXT_METHODS: Mapping[str, Callable[..., Value]] = {
    "lower": str.lower, "upper": str.upper, "strip": str.strip, "lstrip": str.lstrip, "rstrip": str.rstrip,
    "replace": str.replace, "title": str.title, "capitalize": str.capitalize, "swapcase": str.swapcase,
    "removeprefix": str.removeprefix, "removesuffix": str.removesuffix,
}  # fmt: skip
TEXT_FILTERS: Mapping[str, Callable[[str], Value]] = {
    "lower": str.lower, "upper": str.upper, "trim": str.strip, "title": str.title, "capitalize": str.capitalize,
    "string": str, "safe": str, "e": str, "escape": str, "list": list, "reverse": lambda text: text[::-1],
    "first": lambda text: text[:1], "last": lambda text: text[-1:], "length": len, "count": len,
}  # fmt: skip
THINGS = frozenset(["lipsum", "cycler", "joiner", "namespace", "range", "dict", "self", "config"])
"""Globals that are there whatever the caller passes."""
LIST_FILTERS = frozenset({"first", "last", "reverse", "list", "length", "count"})
FORGING_FILTERS = frozenset({"string", "list", "pprint", "urlencode", "tojson", "format", "reverse", "batch", "slice"})
BUILDING_FILTERS = FORGING_FILTERS | {"join", "replace", "first", "last", "random", "truncate", "wordwrap", "center"}
SETTING = frozenset({nodes.Assign, nodes.AssignBlock, nodes.For, nodes.With, nodes.Macro})
"""Statements that give names a value."""


def every(tree: nodes.Node) -> Iterator[nodes.Node]:
    """The node and all below it, each before what it holds, in the order of the template."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        held: list[nodes.Node] = []
        for name in node.fields:
            part = getattr(node, name)
            if isinstance(part, nodes.Node):
                held.append(part)
            elif isinstance(part, list):
                held += [item for item in part if isinstance(item, nodes.Node)]
        waiting += held[::-1]


class Folding:
    """The values of one template's expressions, under a budget for the text that they are put together to."""

    def __init__(self, tree: nodes.Node) -> None:
        self.all = list(every(tree))
        self._left = MAX_FOLDED_CHARS
        self.names: dict[str, Value] = {}
        self._learn()
        self._values = self._fold(self.all)

    def __getitem__(self, node: nodes.Node) -> Value:
        """What the expression comes to."""
        return self._values[id(node)]

    def _learn(self) -> None:
        """What each name may stand for: what is set, looped over or given as a default, all ways taken together."""
        mutated = {
            node.node.node.name
            for node in self.all
            if isinstance(node, nodes.Call)
            and isinstance(node.node, nodes.Getattr)
            and node.node.attr in ("append", "extend", "insert", "update", "setdefault")
            and isinstance(node.node.node, nodes.Name)
        }
        for node in self.all:
            for name, value in self._settings(node) if type(node) in SETTING else ():
                known = UNKNOWN if name in mutated else value
                self.names[name] = known if name not in self.names else either(self.names[name], known)

    def _settings(self, node: nodes.Node) -> Iterator[tuple[str, Value]]:
        """Each name that the node sets, with what is put there; `space.name` for an attribute of a namespace."""
        match node:
            case nodes.Assign(target=nodes.Name(name=name), node=source):
                yield name, self._alone(source)
                if isinstance(source, nodes.Call):
                    yield from ((f"{name}.{pair.key}", self._alone(pair.value)) for pair in source.kwargs)
            case nodes.Assign(target=nodes.NSRef(name=name, attr=attr), node=source):
                yield f"{name}.{attr}", self._alone(source)
            case nodes.AssignBlock(target=nodes.Name(name=name), body=body, filter=filtered):
                plain = filtered is None and all(isinstance(part, nodes.Output) for part in body)
                yield name, self._written(body) if plain else Unknown.BUILT
            case nodes.For(target=nodes.Name(name=name), iter=iterated):
                value = self._alone(iterated)
                items: list[Value] = list(value) if isinstance(value, str | list) else [value]
                yield name, items[0] if len(items) == 1 else _any_of(items)
            case nodes.With(targets=targets, values=values):
                for target, source in zip(targets, values, strict=False):
                    if isinstance(target, nodes.Name):
                        yield target.name, self._alone(source)
            case nodes.Macro(args=args, defaults=defaults):
                for target, source in zip(args[len(args) - len(defaults) :], defaults, strict=False):
                    yield target.name, self._alone(source)

    def _written(self, body: Iterable[nodes.Node]) -> Value:
        return self._limited(joined("", [self._alone(piece) for part in body for piece in part.iter_child_nodes()]))

    def _alone(self, node: nodes.Node) -> Value:
        """The value of one expression, by what is known of the names so far."""
        return self._fold(list(every(node)))[id(node)]

    def _fold(self, parts: list[nodes.Node]) -> Values:
        values: Values = {}
        for node in reversed(parts):  # what a node holds comes after it
            kind = type(node)
            if kind in NAMING:
                values[id(node)] = NAMING[kind](node, values, self.names)
            else:
                rule = RULES.get(kind)
                values[id(node)] = UNKNOWN if rule is None else self._limited(rule(node, values, self.names))
        return values

    def _limited(self, value: Value) -> Value:
        """The value, unless it is larger than anything that a template needs."""
        if isinstance(value, str | list):
            size = _size(value)
            self._left -= size
            if self._left < 0:
                raise OutOfBudget(f"a template that puts more than {MAX_FOLDED_CHARS:,} characters together")
            return value if size <= MAX_VALUE_CHARS else Unknown.HUGE
        return Unknown.HUGE if type(value) is int and abs(value) > MAX_NUMBER else value


def _size(value: "str | list[Value]") -> int:
    """Characters and items, those of lists in lists too; just more than the most where it is more."""
    if isinstance(value, str):
        return len(value)
    size, waiting = 0, [value]
    while waiting and size <= MAX_VALUE_CHARS:
        for item in waiting.pop():
            size += CHARS_PER_ITEM
            if isinstance(item, str):
                size += len(item)
            elif isinstance(item, list):
                waiting.append(item)
    return size


def _any_of(items: "list[Value]") -> Value:
    worst: Value = UNKNOWN
    for item in items:
        worst = either(worst, item)
    return worst


def _of_name(node: Any, _values: Values, names: Names) -> Value:
    return names.get(node.name, UNKNOWN)


def _of_attribute(node: Any, _values: Values, names: Names) -> Value:
    return names.get(f"{node.node.name}.{node.attr}", UNKNOWN) if isinstance(node.node, nodes.Name) else UNKNOWN


def _of_constant(node: Any, _values: Values, _names: Names) -> Value:
    return node.value if isinstance(node.value, str | int | float | bool) else None


def _of_items(node: Any, values: Values, _names: Names) -> Value:
    items = [values[id(item)] for item in node.items]
    return Unknown.HUGE if Unknown.HUGE in items else items


def _of_pairs(node: Any, values: Values, _names: Names) -> Value:
    return [values[id(pair.key)] for pair in node.items] or UNKNOWN


def _of_concat(node: Any, values: Values, _names: Names) -> Value:
    return joined("", [values[id(part)] for part in node.nodes])


def _of_sum(node: Any, values: Values, _names: Names) -> Value:
    return added(values[id(node.left)], values[id(node.right)])


def _of_product(node: Any, values: Values, _names: Names) -> Value:
    return multiplied(values[id(node.left)], values[id(node.right)], isinstance(node, nodes.Pow))


def _of_remainder(node: Any, values: Values, _names: Names) -> Value:
    pattern = values[id(node.left)]
    return formatted(pattern, values[id(node.right)]) if isinstance(pattern, str) else UNKNOWN


def _of_minus(node: Any, values: Values, _names: Names) -> Value:
    value = values[id(node.node)]
    return -value if type(value) is int else UNKNOWN


def _of_choice(node: Any, values: Values, _names: Names) -> Value:
    return either(values[id(node.expr1)], None if node.expr2 is None else values[id(node.expr2)])


def _of_call(node: Any, values: Values, _names: Names) -> Value:
    if isinstance(node.node, nodes.Getattr):
        return _called(values[id(node.node.node)], node.node.attr, [values[id(arg)] for arg in node.args])
    if isinstance(node.node, nodes.Name) and node.node.name == "dict":
        return [keyword.key for keyword in node.kwargs] or UNKNOWN
    return UNKNOWN


def _of_subscript(node: Any, values: Values, _names: Names) -> Value:
    """An item or a slice."""
    base, arg = values[id(node.node)], node.arg
    if isinstance(arg, nodes.Slice):
        bounds = [None if part is None else values[id(part)] for part in (arg.start, arg.stop, arg.step)]
        whole = [bound for bound in bounds if bound is None or type(bound) is int]
        if isinstance(base, str | list) and len(whole) == 3:
            return base[whole[0] : whole[1] : whole[2]] if whole[2] != 0 else UNKNOWN
        return base if isinstance(base, Unknown) else Unknown.BUILT
    at = values[id(arg)]
    if isinstance(base, str | list) and type(at) is int:
        return base[at] if -len(base) <= at < len(base) else None
    return base if isinstance(base, Unknown) else UNKNOWN


def _of_filter(node: Any, values: Values, _names: Names) -> Value:
    if node.node is None:
        return UNKNOWN
    args = [values[id(arg)] for arg in node.args]
    value, name = values[id(node.node)], node.name
    if isinstance(value, str):
        if name == "replace" and len(args) == 2 and all(isinstance(arg, str) for arg in args):
            return replaced(value, args)
        if name == "format":
            return formatted(value, args)
        if name == "join":
            return value if not args else joined(str(args[0]), list(value))
        if name in TEXT_FILTERS and not args:
            return TEXT_FILTERS[name](value)
        return Unknown.BUILT if name in BUILDING_FILTERS else UNKNOWN
    if isinstance(value, list):
        if name == "join":
            between = args[0] if args and isinstance(args[0], str) else ""
            return joined(between, value)
        if name in LIST_FILTERS and not args:
            return _of_list(name, value)
        return Unknown.FORGED if name in FORGING_FILTERS | {"select", "reject", "map"} else UNKNOWN
    if value is Unknown.FORGED or value is Unknown.HUGE:
        return value
    if name in ("length", "count"):
        return UNKNOWN
    if name in ("string", "list", "pprint") and _is_thing(node.node):
        return Unknown.FORGED
    if name == "join" and isinstance(value, Unknown):
        return Unknown.BUILT
    return value if isinstance(value, Unknown) else UNKNOWN


def _of_list(name: str, value: "list[Value]") -> Value:
    match name:
        case "first":
            return value[0] if value else None
        case "last":
            return value[-1] if value else None
        case "reverse":
            return value[::-1]
        case "length" | "count":
            return len(value)
        case _:
            return value


def _is_thing(node: nodes.Node | None) -> bool:
    """True for what has a text of its own, from which characters can be taken: a global, a list, a filter on it."""
    match node:
        case nodes.Name(name=name):
            return name in THINGS
        case nodes.List() | nodes.Tuple() | nodes.Dict() | nodes.Const() | nodes.Compare() | nodes.Test():
            return True
        case nodes.Filter(node=inner) | nodes.Getattr(node=inner) | nodes.Call(node=inner):
            return _is_thing(inner)
        case _:
            return False


def _called(value: Value, method: str, args: "list[Value]") -> Value:
    if isinstance(value, str):
        if method == "join":
            return joined(value, args[0]) if args and isinstance(args[0], list) else Unknown.BUILT
        if method == "format":
            return formatted_by_braces(value, args)
        if method == "replace" and len(args) == 2 and all(isinstance(arg, str) for arg in args):
            return replaced(value, args)
        if method in TEXT_METHODS and all(isinstance(arg, str) for arg in args) and len(args) < 2:
            try:
                return TEXT_METHODS[method](value, *args)
            except TypeError:
                return UNKNOWN
        return Unknown.BUILT if method in ("decode", "translate", "zfill", "center", "ljust", "rjust") else UNKNOWN
    if value is UNKNOWN and method in ("replace", "join", "format") and "_" in str(args):
        return Unknown.BUILT
    return value if isinstance(value, Unknown) else UNKNOWN


RULES: Mapping[type, Callable[[Any, Values, Names], Value]] = {
    nodes.Const: _of_constant,
    nodes.TemplateData: lambda node, _values, _names: str(node.data),
    nodes.List: _of_items,
    nodes.Tuple: _of_items,
    nodes.Dict: _of_pairs,
    nodes.Concat: _of_concat,
    nodes.Add: _of_sum,
    nodes.Mul: _of_product,
    nodes.Pow: _of_product,
    nodes.Mod: _of_remainder,
    nodes.Neg: _of_minus,
    nodes.Getitem: _of_subscript,
    nodes.Filter: _of_filter,
    nodes.Call: _of_call,
    nodes.CondExpr: _of_choice,
}
"""How each kind of expression is put together of what it holds."""
NAMING: Mapping[type, Callable[[Any, Values, Names], Value]] = {nodes.Name: _of_name, nodes.Getattr: _of_attribute}
"""How each kind refers to a value that was measured when it was made."""
