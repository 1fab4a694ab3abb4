"""What an expression of a template comes to, as far as that is known without rendering it."""

import enum
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Final, TypeAlias

from jinja2 import nodes

MAX_VALUE_CHARS = 1 << 16
MAX_NUMBER = 1 << 62
MAX_DEPTH = 200
NUMBER = re.compile(r"\d{1,9}")


class Unknown(enum.Enum):
    """Why an expression has no known value."""

    DATA = "data"
    """It comes from the conversation, or from an index; whoever wrote the template did not choose it."""
    BUILT = "built"
    """Text put together from data."""
    FORGED = "forged"
    """Text put together from characters that the template took out of other things."""
    HUGE = "huge"
    """Larger than anything that a template needs."""


UNKNOWN: Final = Unknown.DATA
Value: TypeAlias = "str | int | float | bool | list[Value] | Unknown | None"
Names: TypeAlias = Mapping[str, Value]

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


def known_names(tree: nodes.Template) -> Names:
    """What each name may stand for: what is set, looped over or given as a default, all ways taken together."""
    names: dict[str, Value] = {}
    mutated = {
        node.node.node.name
        for node in tree.find_all(nodes.Call)
        if isinstance(node.node, nodes.Getattr)
        and node.node.attr in ("append", "extend", "insert", "update", "setdefault")
        and isinstance(node.node.node, nodes.Name)
    }
    for name, value in _settings(tree, names):
        known = UNKNOWN if name in mutated else value
        names[name] = known if name not in names else _either(names[name], known)
    return names


def _settings(tree: nodes.Template, names: Names) -> Iterator[tuple[str, Value]]:
    """Each name, with what is put there; `space.name` for an attribute of a namespace."""
    kinds = (nodes.Assign, nodes.AssignBlock, nodes.For, nodes.With, nodes.Macro)
    for node in tree.find_all(kinds):
        match node:
            case nodes.Assign(target=nodes.Name(name=name), node=source):
                yield name, folded(source, names)
                if isinstance(source, nodes.Call):
                    yield from ((f"{name}.{pair.key}", folded(pair.value, names)) for pair in source.kwargs)
            case nodes.Assign(target=nodes.NSRef(name=name, attr=attr), node=source):
                yield f"{name}.{attr}", folded(source, names)
            case nodes.AssignBlock(target=nodes.Name(name=name), body=body, filter=filtered):
                plain = filtered is None and all(isinstance(part, nodes.Output) for part in body)
                parts = [folded(piece, names) for part in body for piece in part.iter_child_nodes()]
                yield name, _joined("", parts) if plain else Unknown.BUILT
            case nodes.For(target=nodes.Name(name=name), iter=iterated):
                value = folded(iterated, names)
                items: list[Value] = list(value) if isinstance(value, str | list) else [value]
                yield name, items[0] if len(items) == 1 else _any_of(items)
            case nodes.With(targets=targets, values=values):
                for target, source in zip(targets, values, strict=False):
                    if isinstance(target, nodes.Name):
                        yield target.name, folded(source, names)
            case nodes.Macro(args=args, defaults=defaults):
                for target, source in zip(args[len(args) - len(defaults) :], defaults, strict=False):
                    yield target.name, folded(source, names)


def _any_of(items: "list[Value]") -> Value:
    worst: Value = UNKNOWN
    for item in items:
        worst = _either(worst, item)
    return worst


def folded(node: nodes.Node, names: Names, depth: int = 0) -> Value:
    """The value of an expression, or why it has none."""
    if depth > MAX_DEPTH:
        return Unknown.FORGED
    value = _folded(node, names, depth + 1)
    if isinstance(value, str | list) and len(value) > MAX_VALUE_CHARS:
        return Unknown.HUGE
    return Unknown.HUGE if type(value) is int and abs(value) > MAX_NUMBER else value


def _folded(node: nodes.Node, names: Names, depth: int) -> Value:
    match node:
        case nodes.Const(value=value):
            return value if isinstance(value, str | int | float | bool) else None
        case nodes.TemplateData(data=data):
            return str(data)
        case nodes.Name(name=name):
            return names.get(name, UNKNOWN)
        case nodes.Getattr(node=nodes.Name(name=name), attr=attr):
            return names.get(f"{name}.{attr}", UNKNOWN)
        case nodes.List(items=items) | nodes.Tuple(items=items):
            return [folded(item, names, depth) for item in items]
        case nodes.Concat(nodes=parts):
            return _joined("", [folded(part, names, depth) for part in parts])
        case nodes.Add(left=left, right=right):
            return _added(folded(left, names, depth), folded(right, names, depth))
        case nodes.Mul(left=left, right=right) | nodes.Pow(left=left, right=right):
            return _multiplied(folded(left, names, depth), folded(right, names, depth), isinstance(node, nodes.Pow))
        case nodes.Mod(left=left, right=right):
            pattern = folded(left, names, depth)
            return _formatted(pattern, folded(right, names, depth)) if isinstance(pattern, str) else UNKNOWN
        case nodes.Neg(node=inner):
            value = folded(inner, names, depth)
            return -value if type(value) is int else UNKNOWN
        case nodes.Getitem(node=inner, arg=arg):
            return _picked(folded(inner, names, depth), arg, names, depth)
        case nodes.Filter(node=inner) if inner is not None:
            return _filtered(node, folded(inner, names, depth), names, depth)
        case nodes.Call(node=nodes.Getattr(node=inner, attr=method)):
            return _called(folded(inner, names, depth), method, node, names, depth)
        case nodes.Call(node=nodes.Name(name="dict"), kwargs=kwargs):
            return [keyword.key for keyword in kwargs] or UNKNOWN
        case nodes.CondExpr(expr1=first, expr2=second):
            other = folded(second, names, depth) if second is not None else None
            return _either(folded(first, names, depth), other)
        case nodes.Dict(items=items):
            return [folded(item.key, names, depth) for item in items] or UNKNOWN
        case _:
            return UNKNOWN


def _either(one: Value, other: Value) -> Value:
    """What is known about a value that is one or the other."""
    if one == other:
        return one
    for doubt in (Unknown.HUGE, Unknown.FORGED, Unknown.BUILT):
        if doubt in (one, other):
            return doubt
    texts = [text for text in (one, other) if isinstance(text, str)]
    return next((text for text in texts if text.startswith("_")), UNKNOWN)


def _joined(between: str, parts: "list[Value]") -> Value:
    if all(isinstance(part, str | int) for part in parts):
        texts = [str(part) for part in parts]
        return between.join(texts) if sum(map(len, texts)) <= MAX_VALUE_CHARS else Unknown.HUGE
    if Unknown.HUGE in parts:
        return Unknown.HUGE
    known = next((part for part in parts if part != ""), "")
    if isinstance(known, str) and not known.startswith("_"):
        return UNKNOWN  # begins with a letter that is known, so it is no name that leads out
    return Unknown.FORGED if Unknown.FORGED in parts or "_" in str(parts) else Unknown.BUILT


def _added(one: Value, other: Value) -> Value:
    if isinstance(one, int | float) and isinstance(other, int | float):
        return one + other
    if isinstance(one, list) and isinstance(other, list):
        return one + other
    if isinstance(one, str) or isinstance(other, str):
        return _joined("", [one, other])
    return _either(one, other) if isinstance(one, Unknown) and isinstance(other, Unknown) else UNKNOWN


def _multiplied(one: Value, other: Value, power: bool) -> Value:
    if isinstance(one, str | list) and type(other) is int:
        return one * max(0, other) if len(one) * max(0, other) <= MAX_VALUE_CHARS else Unknown.HUGE
    if isinstance(other, str | list) and type(one) is int:
        return _multiplied(other, one, power)
    if type(one) is int and type(other) is int:
        if power:
            return one**other if 0 <= other <= 64 and abs(one) <= 1 << 16 else Unknown.HUGE
        return one * other
    return Unknown.HUGE if Unknown.HUGE in (one, other) else UNKNOWN


def _formatted(pattern: str, values: Value) -> Value:
    """`pattern % values`, or what may be said of it."""
    given = values if isinstance(values, list) else [values]
    if any(isinstance(value, Unknown | list) for value in given) or len(pattern) > 200 or "*" in pattern:
        return UNKNOWN if pattern[:1].isalpha() else Unknown.BUILT
    try:
        return pattern % tuple(given) if max(map(int, NUMBER.findall(pattern)), default=0) < 1000 else Unknown.HUGE
    except (TypeError, ValueError, KeyError, OverflowError):
        return UNKNOWN


def _picked(base: Value, arg: nodes.Node, names: Names, depth: int) -> Value:
    """An item or a slice."""
    if isinstance(arg, nodes.Slice):
        bounds = [None if part is None else folded(part, names, depth) for part in (arg.start, arg.stop, arg.step)]
        whole = [bound for bound in bounds if bound is None or type(bound) is int]
        if isinstance(base, str | list) and len(whole) == 3:
            return base[whole[0] : whole[1] : whole[2]] if whole[2] != 0 else UNKNOWN
        return base if isinstance(base, Unknown) else Unknown.BUILT
    at = folded(arg, names, depth)
    if isinstance(base, str | list) and type(at) is int:
        return base[at] if -len(base) <= at < len(base) else None
    return base if isinstance(base, Unknown) else UNKNOWN


def _filtered(node: nodes.Filter, value: Value, names: Names, depth: int) -> Value:
    args = [folded(arg, names, depth) for arg in node.args]
    name = node.name
    if isinstance(value, str):
        if name == "replace" and len(args) == 2 and all(isinstance(arg, str) for arg in args):
            return _replaced(value, args)
        if name == "format":
            return _formatted(value, args)
        if name == "join":
            return value if not args else _joined(str(args[0]), list(value))
        if name in TEXT_FILTERS and not args:
            return TEXT_FILTERS[name](value)
        return Unknown.BUILT if name in BUILDING_FILTERS else UNKNOWN
    if isinstance(value, list):
        if name == "join":
            between = args[0] if args and isinstance(args[0], str) else ""
            return _joined(between, value)
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


def _replaced(value: str, args: "list[Value]") -> Value:
    old, new = str(args[0]), str(args[1])
    if old == "" or len(value) + value.count(old) * len(new) > MAX_VALUE_CHARS:
        return Unknown.HUGE
    return value.replace(old, new)


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


def _called(value: Value, method: str, call: nodes.Call, names: Names, depth: int) -> Value:
    args = [folded(arg, names, depth) for arg in call.args]
    if isinstance(value, str):
        if method == "join":
            return _joined(value, args[0]) if args and isinstance(args[0], list) else Unknown.BUILT
        if method == "format":
            return _formatted_by_braces(value, args)
        if method == "replace" and len(args) == 2 and all(isinstance(arg, str) for arg in args):
            return _replaced(value, args)
        if method in TEXT_METHODS and all(isinstance(arg, str) for arg in args) and len(args) < 2:
            try:
                return TEXT_METHODS[method](value, *args)
            except TypeError:
                return UNKNOWN
        return Unknown.BUILT if method in ("decode", "translate", "zfill", "center", "ljust", "rjust") else UNKNOWN
    if value is UNKNOWN and method in ("replace", "join", "format") and "_" in str(args):
        return Unknown.BUILT
    return value if isinstance(value, Unknown) else UNKNOWN


def _formatted_by_braces(pattern: str, args: "list[Value]") -> Value:
    """`'{}...'.format(...)` with nothing but plain fields."""
    if pattern.replace("{}", "").count("{") or not all(isinstance(arg, str | int) for arg in args):
        return UNKNOWN if pattern[:1].isalpha() else Unknown.BUILT
    parts = pattern.split("{}")
    if len(parts) - 1 > len(args):
        return UNKNOWN
    return "".join(part + (str(args[index]) if index < len(parts) - 1 else "") for index, part in enumerate(parts))
