"""The schema of a skops file: which objects loading it makes, and from what.

skops asks before it makes a type that it does not know; what it knows changes with its version, and a caller may trust
everything. So every type goes by the table of globals, as in a pickle.
"""

from collections.abc import Iterator

from bartizan.artifacts.fact import AnyFact, Calls, Imports, shown
from bartizan.artifacts.globals import table
from bartizan.artifacts.json_document import Object, Value, object_of, objects, text_of

CALLED = frozenset(
    {"ListNode", "SetNode", "DictNode", "ConstructorFromReduceNode", "DefaultDictNode", "TupleNode", "LossNode"}
)
"""The type is called with what is inside."""
NAMED = frozenset({"FunctionNode", "TypeNode", "PartialNode", "MethodNode"})
DATA = frozenset({
    "JsonNode", "SliceNode", "BytesNode", "BytearrayNode", "NdArrayNode", "MaskedArrayNode", "SparseMatrixNode",
    "DTypeNode", "RandomStateNode", "RandomGeneratorNode", "CachedNode",
})  # fmt: skip
GRADES = frozenset({"inert", "container", "code", "io", "unknown"})
OPERATORS = {"itemgetter": "inert", "attrgetter": "later", "methodcaller": "later"}
PLAIN = frozenset({
    "builtins.dict", "builtins.list", "builtins.tuple", "builtins.set", "builtins.str", "builtins.int",
    "builtins.float", "builtins.bool", "builtins.bytes", "builtins.slice", "builtins.NoneType",
})  # fmt: skip


def skops_facts(document: Value) -> Iterator[AnyFact]:
    """What making the objects of this schema does, each type once."""
    told: set[tuple[str, str]] = set()
    for where, node in objects(document):
        if text_of(node, "__loader__"):
            for fact in _node(node, str(where)):
                if (fact.rule, fact.what) not in told:
                    told.add((fact.rule, fact.what))
                    yield fact


def _node(node: Object, where: str) -> Iterator[AnyFact]:
    loader, module, name = (text_of(node, key) for key in ("__loader__", "__module__", "__class__"))
    dotted = f"{module}.{name}"
    if loader == "OperatorFuncNode":
        rule = OPERATORS.get(name, "code") if module == "operator" else "code"
        if rule != "inert":
            yield Calls(rule, shown(f"operator.{name} ({dotted})"), where=where)
        return
    if loader == "MethodNode":
        yield from _method(node, where)
    if dotted in PLAIN or (loader in DATA and module.partition(".")[0] in ("builtins", "numpy", "scipy")):
        return
    entry = table().look(module, name)
    if loader in NAMED:
        grade = entry.named if entry.named in GRADES else "inert"
        yield Imports("unknown" if grade == "io" else grade, entry.what, where=where)
    else:
        grade = entry.call if loader in CALLED else entry.new
        yield Calls(grade if grade in GRADES else "unknown", entry.what, where=where)


def _method(node: Object, where: str) -> Iterator[AnyFact]:
    """A bound method: an attribute of an object that is made first."""
    func = text_of(object_of(node, "content"), "func")
    rule = "code" if func.startswith("_") or "." in func else "later"
    owner = f"{text_of(node, '__module__')}.{text_of(node, '__class__')}"
    yield Calls(rule, shown(f"the attribute {func} of {owner}"), where=where)
