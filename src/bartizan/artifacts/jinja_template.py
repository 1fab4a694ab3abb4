"""Jinja templates judged by their syntax tree, never rendered: can rendering leave the template?

The loaders differ: `transformers` renders in an immutable sandbox, others in a plain environment, where an attribute
that begins with an underscore leads from any value to every module of the process. So what counts is whether such a
name can be reached, written out or computed.
"""

import re
from collections.abc import Iterator
from functools import lru_cache

from jinja2 import Environment, TemplateSyntaxError, nodes
from jinja2.ext import Extension
from jinja2.parser import Parser

from bartizan.artifacts.fact import AnyFact, Spent, Template, shown
from bartizan.artifacts.jinja_code import ESCAPING, MAX_CODE_TOKENS, code_tokens
from bartizan.artifacts.jinja_known import Unknown
from bartizan.artifacts.jinja_values import THINGS, Folding
from bartizan.kernel import Meter, OutOfBudget

MAX_CHARS = 1 << 18
MAX_FACTS = 40
STEPS_PER_TOKEN = 8
MAX_TURNS = 1_000_000

DUNDERS = (
    "__class__", "__globals__", "__builtins__", "__import__", "__subclasses__", "__mro__", "__base__", "__bases__",
    "__init__", "__dict__", "__getattribute__", "__getitem__", "__code__", "__reduce__", "__loader__", "__spec__",
)  # fmt: skip
ODD_NAMES = frozenset(["lipsum", "self"])
ATTRIBUTE_FILTERS = {"map": None, "selectattr": 0, "rejectattr": 0, "groupby": 0, "sum": 0, "sort": None,
                     "unique": None, "min": None, "max": None, "join": 1}  # fmt: skip
"""Filters that take the name of an attribute, and at which place; it may always be given as `attribute=`."""

JOINING = frozenset({nodes.Add, nodes.Concat})
FOLDING = (nodes.Call, nodes.Mul, nodes.Pow, nodes.Add, nodes.Concat, nodes.Filter, nodes.Mod)
TAKING_IN = (nodes.Include, nodes.Import, nodes.FromImport, nodes.Extends)
LOOKED_AT = frozenset({nodes.Getattr, nodes.Getitem, nodes.Name, nodes.Const, *TAKING_IN, *FOLDING})

PIECE = re.compile(r"\A__[a-z]|[a-z]__\Z")
FIELD = re.compile(r"\{\w*[.\[][^{}]*_|\{_")
"""A field of `str.format` that reaches an attribute with an underscore."""


def template_facts(source: str, where: str = "", meter: Meter | None = None) -> Iterator[AnyFact]:
    """What rendering this template can do: one `Template` fact at least, `plain` if nothing speaks against it."""
    if len(source) > MAX_CHARS:
        yield Spent("spent", f"a template of {len(source):,} characters, the most is {MAX_CHARS:,}", where=where)
        return
    count = code_tokens(source)
    if meter is not None:
        meter.spend("steps", STEPS_PER_TOKEN * min(count, MAX_CODE_TOKENS))
    if count > MAX_CODE_TOKENS:
        yield Spent("spent", f"a template of more than {MAX_CODE_TOKENS:,} words and signs", where=where)
        return
    try:
        tree = _environment().parse(source)
        found = list(dict.fromkeys(_Look(tree, where).facts()))
    except TemplateSyntaxError as error:
        text = f"does not parse: {error.message}, line {error.lineno}"
        yield Template("odd", shown(text), where=where)
        return
    except RecursionError:
        yield Spent("spent", "a template nested too deep", where=where)
        return
    except OutOfBudget as error:
        yield Spent("spent", error.what, where=where)
        return
    yield from found[:MAX_FACTS] or [Template("plain", "renders values, and nothing else", where=where)]


class _Generation(Extension):
    """`{% generation %}`, with which `transformers` marks the assistant's turns."""

    tags = {"generation"}  # noqa: RUF012  # jinja2 wants a set

    def parse(self, parser: Parser) -> nodes.Node:
        line = next(parser.stream).lineno
        body = parser.parse_statements(("name:endgeneration",), drop_needle=True)
        return nodes.Scope(body, lineno=line)


@lru_cache
def _environment() -> Environment:
    return Environment(  # noqa: S701  # it only parses
        extensions=["jinja2.ext.do", "jinja2.ext.loopcontrols", "jinja2.ext.i18n", _Generation]
    )


class _Look:
    """One look at a tree."""

    def __init__(self, tree: nodes.Template, where: str) -> None:
        self._tree = tree
        self._where = where
        self._values = Folding(tree)
        self._has_pieces = any(_is_piece(node.value) for node in self._values.all if isinstance(node, nodes.Const))

    def facts(self) -> Iterator[AnyFact]:
        parts: set[int] = set()
        """Parts of a text that is known as a whole, which is looked at in their place."""
        for node in self._values.all:
            kind = type(node)
            if kind in JOINING and isinstance(self._values[node], str):
                parts |= {id(part) for part in node.iter_child_nodes()}
            if kind in LOOKED_AT and id(node) not in parts:
                yield from self._of(node)
        yield from self._turns()

    def _of(self, node: nodes.Node) -> Iterator[AnyFact]:
        match node:
            case nodes.Getattr(attr=attr):
                yield from self._attribute(attr, node)
            case nodes.Getitem(arg=arg):
                yield from self._item(arg, node)
            case nodes.Name(name=name):
                if name.startswith("__"):
                    yield self._fact("escape", f"the name {name}", node)
                elif name in ODD_NAMES and node.ctx == "load":
                    yield self._fact("odd", f"the global {name}", node)
            case nodes.Filter(name="attr", args=args):
                yield from self._named(args[0] if args else None, "attr filter", node)
            case nodes.Filter(name=name) if name in ATTRIBUTE_FILTERS:
                yield from self._attribute_filter(node)
            case nodes.Const(value=str(text)):
                yield from self._constant(text, node)
            case _ if isinstance(node, TAKING_IN):
                yield self._fact("odd", "takes in another template", node)
            case _ if isinstance(node, FOLDING):
                value = self._values[node]
                if isinstance(value, str):
                    yield from self._constant(value, node)
                elif value is Unknown.HUGE:
                    yield Spent("bomb", "a value too large to hold", where=self._place(node))
            case _:
                pass

    def _attribute(self, name: str, node: nodes.Node) -> Iterator[AnyFact]:
        if name.startswith("_") or name in ESCAPING:
            yield self._fact("escape", f"the attribute {name}", node)

    def _item(self, arg: nodes.Node, node: nodes.Node) -> Iterator[AnyFact]:
        """A subscript falls back to the attribute of that name, so a string in it is one."""
        if isinstance(arg, nodes.Slice):
            return
        value = self._values[arg]
        if isinstance(value, str):
            if value.startswith("__") or value in ESCAPING:
                yield self._fact("escape", f"the attribute {value}", node)
            elif value.startswith("_"):
                yield self._fact("odd", f"the attribute {value}", node)
        elif value is Unknown.BUILT or (value is Unknown.DATA and self._leads_out(node)):
            rule = "escape" if self._has_pieces else "odd"
            yield self._fact(rule, "an attribute whose name is computed", node)
        elif value is Unknown.FORGED:
            yield self._fact("escape", "an attribute whose name is put together from characters", node)

    def _leads_out(self, node: nodes.Node) -> bool:
        """True for a subscript on what has attributes only, so that an unknown one is no index."""
        match node:
            case nodes.Getitem(node=nodes.Const(value=str()), arg=nodes.Name() | nodes.Getattr() | nodes.Getitem()):
                return True
            case nodes.Getitem(node=nodes.Name(name=name)):
                return name in THINGS
            case _:
                return False

    def _named(self, arg: nodes.Node | None, what: str, node: nodes.Node) -> Iterator[AnyFact]:
        """An argument that is the name of an attribute, or several with dots between."""
        if arg is None:
            return
        value = self._values[arg]
        if isinstance(value, str):
            for part in value.split("."):
                yield from self._attribute(part, node)
        elif isinstance(value, Unknown):
            yield self._fact("escape", f"{what} with a computed name", node)

    def _attribute_filter(self, node: nodes.Filter) -> Iterator[AnyFact]:
        place = ATTRIBUTE_FILTERS[node.name]
        for keyword in node.kwargs:
            if keyword.key == "attribute":
                yield from self._named(keyword.value, f"{node.name} filter", node)
        if place is not None and len(node.args) > place:
            yield from self._named(node.args[place], f"{node.name} filter", node)
        if node.name == "map" and node.args:
            filter_name = self._values[node.args[0]]
            if filter_name == "attr" or isinstance(filter_name, Unknown):
                yield from self._named(node.args[1] if len(node.args) > 1 else node.args[0], "map filter", node)
        if node.dyn_args is not None or node.dyn_kwargs is not None:
            yield self._fact("odd", f"{node.name} filter with arguments that are computed", node)

    def _constant(self, text: str, node: nodes.Node) -> Iterator[AnyFact]:
        if any(name in text for name in DUNDERS):
            yield self._fact("escape", f"the text {text!r}", node)
        elif "{" in text and FIELD.search(text):
            yield self._fact("escape", f"a format that reaches into its values: {text!r}", node)

    def _turns(self) -> Iterator[AnyFact]:
        """Loops over constant ranges, multiplied by those around them, and macros that call themselves."""
        waiting: list[tuple[nodes.Node, int]] = [(self._tree, 1)]
        while waiting:
            node, turns = waiting.pop()
            if isinstance(node, nodes.For):
                turns *= self._length(node.iter)
                if turns > MAX_TURNS:
                    yield Spent("bomb", f"a loop of {turns:,} turns", where=self._place(node))
                    continue
            elif isinstance(node, nodes.Macro) and any(_calls(part, node.name) for part in node.body):
                yield Spent("bomb", f"the macro {shown(node.name)} calls itself without end", where=self._place(node))
            held = [child for child in node.iter_child_nodes() if not isinstance(child, nodes.Expr)]
            waiting += [(child, turns) for child in reversed(held)]

    def _length(self, iterated: nodes.Node) -> int:
        """How many turns a loop over this takes, if it is a range of constants or text; 1 otherwise."""
        match iterated:
            case nodes.Call(node=nodes.Name(name="range"), args=args):
                bounds = [self._values[arg] for arg in args]
                if Unknown.HUGE in bounds:
                    return MAX_TURNS + 1
                if bounds and all(type(bound) is int for bound in bounds):
                    try:
                        return max(1, _span(*bounds))  # type: ignore[arg-type]  # all are int
                    except (ValueError, TypeError, OverflowError):
                        return 1
            case _:
                value = self._values[iterated]
                if isinstance(value, str):
                    return max(1, len(value))
                if value is Unknown.HUGE:
                    return MAX_TURNS + 1
        return 1

    def _fact(self, rule: str, what: str, node: nodes.Node) -> Template:
        return Template(rule, shown(what), where=self._place(node))

    def _place(self, node: nodes.Node) -> str:
        return f"{self._where} line {node.lineno}".strip()


def _is_piece(value: object) -> bool:
    """True for a string of which a name between double underscores can be made."""
    return isinstance(value, str) and (value in ("_", "__") or PIECE.search(value) is not None)


def _span(*bounds: int) -> int:
    ends = range(*bounds)
    return max(0, (ends.stop - ends.start + ends.step - (1 if ends.step > 0 else -1)) // ends.step)


def _calls(part: nodes.Node, macro: str) -> bool:
    """True if this part of a macro's body calls it in every case, not only under a condition or in a loop."""
    waiting = [part]
    while waiting:
        node = waiting.pop()
        if isinstance(node, nodes.If | nodes.For | nodes.CondExpr | nodes.And | nodes.Or | nodes.Macro):
            continue
        if isinstance(node, nodes.Call) and isinstance(node.node, nodes.Name) and node.node.name == macro:
            return True
        waiting += node.iter_child_nodes()
    return False
