"""Keys with which configurations of many kinds have something called: serialized objects, factories, commands.

Each is what one kind of loader acts on: `py/...` jsonpickle, `()` `logging.config.dictConfig`, `lc` LangChain,
`custom_imports` MMEngine, `command` and `scripts` whoever starts programs from a configuration.
"""

import re
from collections.abc import Callable, Iterator, Mapping

from bartizan.artifacts.code_table import DANGEROUS_MODULES
from bartizan.artifacts.dotted import called
from bartizan.artifacts.fact import AnyFact, Calls, Imports, Structure, shown
from bartizan.artifacts.json_document import Object, Value, leaves, text_of
from bartizan.artifacts.shell_lines import hostile

MAX_CODE_CHARS = 4096
MAX_CANDIDATES = 20
INTERPOLATION = re.compile(r"\$\{\s*(?:oc\.env:[^,{}]*,\s*)?(?P<path>[^${}]*)\}")
DOTTED = re.compile(r"[A-Za-z_]\w*(?:[.:]\w+)+\Z")
CODE_TEXT = re.compile(
    r"__import__\s*\([^()]{0,60}\)\s*\.\s*\w+\s*\("
    r"|\blambda\b[^:]{0,40}:.{0,80}(?:__import__|os\.system|exec|eval)\s*\("
)
NAMING = ("py/object", "py/type", "py/function", "py/class", "py/newobj", "py/method")
JSONPICKLE = frozenset({*NAMING, "py/repr"})
"""Keys under which jsonpickle's `decode` finds what to import or to call, wherever they are."""


def serialized(key: str, value: Value, where: str) -> Iterator[AnyFact]:
    """A key of jsonpickle: `decode` imports the class or function, makes an object of it, or calls it."""
    if key == "py/repr":
        yield Calls("code", shown(f"the expression {value}"), where=where)
    for place, _, leaf in leaves(value, where):
        if isinstance(leaf, str) and DOTTED.match(leaf):
            yield called(leaf.replace("/", "."), str(place))


def resolved(text: str, root: Value) -> Iterator[str]:
    """What the text with its interpolations (`${a.b}`) may come to in this document."""
    texts = [text]
    for _ in range(5):
        if not any(INTERPOLATION.search(one) for one in texts):
            break
        texts = [filled for one in texts for filled in _filled(one, root)][:MAX_CANDIDATES]
    yield from (one for one in dict.fromkeys(texts) if "${" not in one)


def _filled(text: str, root: Value) -> Iterator[str]:
    match = INTERPOLATION.search(text)
    if match is None:
        yield text
        return
    path = match["path"].strip()
    found = [
        leaf for _, key, leaf in leaves(root) if isinstance(leaf, str) and key == path.rpartition(".")[2].strip("]")
    ]
    if match[0].startswith("${oc.env:"):
        found = [path.strip("'\"")]
    for value in dict.fromkeys(found):
        yield f"{text[: match.start()]}{value}{text[match.end() :]}"


def _factory(value: Value, where: str, _record: Object) -> Iterator[AnyFact]:
    if isinstance(value, str) and DOTTED.match(value.removeprefix("ext://")):
        yield called(value.removeprefix("ext://"), where)


def _typed(value: Value, where: str, _record: Object) -> Iterator[AnyFact]:
    """A name of the standard library under a key that is looked up and called: only what no model is made of."""
    if not isinstance(value, str):
        return
    dotted = value.removeprefix("ext://")
    if DOTTED.match(dotted) and re.split("[.:]", dotted)[0] in DANGEROUS_MODULES:
        fact = called(dotted, where)
        if fact.rule == "code":
            yield fact


def _language_chain(value: Value, where: str, record: Object) -> Iterator[AnyFact]:
    """`{"lc": 1, "type": "constructor", "id": [...]}`: `langchain_core.load` imports the class and makes an object."""
    path = record.get("id")
    if value != 1 or not isinstance(path, list):
        return
    dotted = ".".join(part for part in path if isinstance(part, str))
    if text_of(record, "type") == "secret":
        yield Structure("secret", shown(f"takes {dotted} from the environment"), where=where)
    elif text_of(record, "type") == "constructor" and not dotted.startswith("langchain"):
        yield called(dotted, where)


def _imports(value: Value, where: str, _record: Object) -> Iterator[AnyFact]:
    names = value.get("imports") if isinstance(value, dict) else value
    for place, _, leaf in leaves(names, where):
        if isinstance(leaf, str) and re.fullmatch(r"[\w.]+", leaf):
            yield Imports("remote", f"the module {shown(leaf)}", where=str(place))


def _command(value: Value, where: str, _record: Object) -> Iterator[AnyFact]:
    """A command, or several, that somebody runs because the configuration says so."""
    lines = [leaf for _, _, leaf in leaves(value) if isinstance(leaf, str)]
    together = " ".join(lines) if isinstance(value, list) else ""
    for line in (*lines[:MAX_CANDIDATES], together):
        if found := hostile(line):
            yield Calls("code", f"the shell runs {shown(found)}", where=where)
            return


def _packages(value: Value, where: str, _record: Object) -> Iterator[AnyFact]:
    """The requirements that conda hands to pip."""
    from bartizan.artifacts.readers.requirements import required

    for line in value if isinstance(value, list) else ():
        if isinstance(line, str):
            yield from required(line, where)


def code_text(value: str, where: str) -> Iterator[AnyFact]:
    """Source of Python in a value: some loaders evaluate what stands where a number or a name should."""
    if len(value) <= MAX_CODE_CHARS and "(" in value and (found := CODE_TEXT.search(value)):
        piece = value[max(0, found.start() - 20) : found.end() + 40]
        yield Structure("code-text", shown(f"code in a value: {piece}"), where=where)


CALLING: Mapping[str, Callable[[Value, str, Object], Iterator[AnyFact]]] = {
    "()": _factory,
    **dict.fromkeys(("type", "class", "cls", "function", "func", "fn", "callable", "factory", "target"), _typed),
    "lc": _language_chain,
    "custom_imports": _imports,
    **dict.fromkeys(("command", "cmd", "run", "scripts", "script", "entrypoint", "args"), _command),
    "pip": _packages,
}
"""Each key with what its loader does."""
