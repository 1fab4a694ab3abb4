"""What configurations beside models make their loaders do: JSON and YAML of Hugging Face, hydra, NeMo and others.

A configuration is data until a loader acts on one of its keys. The keys are here, each with what its loader does; a
document without them has no facts.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from bartizan.artifacts.config_calls import CALLING, JSONPICKLE, code_text, resolved, serialized
from bartizan.artifacts.dotted import called, imported
from bartizan.artifacts.fact import AnyFact, FetchesUrl, Imports, ReadsPath, Spent, Structure, Template, shown
from bartizan.artifacts.jinja_code import MAX_CODE_TOKENS, SUSPECT, code_tokens
from bartizan.artifacts.json_document import (
    Container,
    Doubled,
    Object,
    Path,
    Value,
    containers,
    leaves,
    objects,
    pairs_of,
    text_of,
)
from bartizan.artifacts.paths import leaves_folder
from bartizan.kernel import Meter

URL = re.compile(r"(?:https?|ftp|s3|gs|hdfs|file)://", re.IGNORECASE)
CODE_FILE = re.compile(r"(?:(?P<repo>[\w.-]+/[\w.-]+)--)?(?P<name>[\w./-]+(?:\.[\w]+)+)\Z")


def config_facts(
    document: Value, found: Sequence[Container] | None = None, *, meter: Meter | None = None
) -> Iterator[AnyFact]:
    """Everything that a loader would do because of this document; `found` are its containers if somebody has them."""
    templates: list[tuple[str, str]] = []
    for path, held in containers(document) if found is None else found:
        if isinstance(held, list):
            templates += [
                (f"{path}[{index}]", text)
                for index, text in enumerate(held)
                if isinstance(text, str) and _has_braces(text)
            ]
            continue
        if isinstance(held, Doubled):
            twice = shown(", ".join(held.doubled()[:5]))
            yield Structure("duplicate", f"the keys {twice} are there twice", where=str(path))
        for key, text in [(key, value) for key, value in pairs_of(held) if type(value) is str]:
            if _has_braces(text):
                templates.append((f"{path}.{key}", text))
            if "(" in text:
                yield from code_text(text, f"{path}.{key}")
        for key, value in _acting(held):
            yield from _acted_on(key, value, path, held, document)
        if "_class_name" in held:
            yield from _module_list(held, str(path))
    yield from _templates(templates, meter)


def _acting(record: Object) -> Iterable[tuple[str, Value]]:
    """The pairs on which some loader acts: of half a million tokens none, which is found without looking at each."""
    if type(record) is Doubled or len(record) <= len(ACTING):
        return [(key, value) for key, value in pairs_of(record) if key in ACTING]
    return [(key, record[key]) for key in sorted(ACTING) if key in record]


def _acted_on(key: str, value: Value, path: Path, record: Object, document: Value) -> Iterator[AnyFact]:
    """What loaders do because of this key."""
    place = f"{path}.{key}"
    if key in TARGETS and isinstance(value, str) and "${" in value:
        yield from _interpolated(value, place, document)
    elif act := KEYS.get(key):
        yield from act(value, place, record)
    if act := CALLING.get(key):
        yield from act(value, place, record)
    if key in JSONPICKLE:
        yield from serialized(key, value, place)


def _has_braces(text: str) -> bool:
    return "{{" in text or "{%" in text


def _templates(found: list[tuple[str, str]], meter: Meter | None) -> Iterator[AnyFact]:
    """Strings with Jinja in them: a key that says `template` is rendered, of the others only an escape is told.

    Where there is more code than any model's templates have, only what could lead out is looked at.
    """
    distinct = {(source, "template" in where.lower()): where for where, source in reversed(found)}
    looked_at = [
        (where, source, rendered)
        for (source, rendered), where in reversed(distinct.items())
        if rendered or SUSPECT.search(source)
    ]
    if sum(code_tokens(source) for _, source, _ in looked_at) > MAX_CODE_TOKENS:
        what = f"templates of more than {MAX_CODE_TOKENS:,} words and signs in all"
        yield Spent("spent", what, where=looked_at[0][0])
        looked_at = [one for one in looked_at if SUSPECT.search(one[1])]
    left = MAX_CODE_TOKENS
    for where, source, rendered in looked_at:
        left -= code_tokens(source)
        if left < 0:
            return
        yield from _rendered(source, where, rendered, meter)


def _rendered(source: str, where: str, rendered: bool, meter: Meter | None) -> Iterator[AnyFact]:
    from bartizan.artifacts.jinja_template import template_facts

    for fact in template_facts(source, where, meter):
        if rendered or (isinstance(fact, Template) and fact.rule == "escape"):
            yield fact


def _remote_code(value: Value, where: str, _record: Object) -> Iterator[AnyFact]:
    """`auto_map`: classes in Python files beside the model, or in another repository (`owner/name--file.Class`)."""
    for place, _, leaf in leaves(value, where):
        if not isinstance(leaf, str) or not leaf:
            continue
        match = CODE_FILE.match(leaf)
        if match and match["repo"]:
            yield FetchesUrl("use", f"code of the repository {shown(match['repo'])}", where=str(place))
        yield Imports("remote", f"{shown(leaf)} from the files beside the model", where=str(place))


def _custom_pipelines(value: Value, where: str, _record: Object) -> Iterator[AnyFact]:
    for place, inner in objects(value, where):
        if impl := text_of(inner, "impl"):
            yield Imports("remote", f"{shown(impl)} from the files beside the model", where=str(place))


def _trusts(value: Value, where: str, _record: Object) -> Iterator[AnyFact]:
    if value is True or (isinstance(value, str) and value.lower() == "true"):
        yield Imports("remote", "whatever code is beside the model", where=where)


def _instantiated(value: Value, where: str, record: Object) -> Iterator[AnyFact]:
    """`_target_` (hydra, NeMo) and `class_path` (jsonargparse): a callable by its path, called with the rest."""
    if isinstance(value, str) and value:
        why = " (made a partial)" if record.get("_partial_") is True else ""
        yield called(value, where, why)


def _interpolated(value: str, where: str, document: Value) -> Iterator[AnyFact]:
    """A callable that another value of the document names."""
    found = list(resolved(value, document))
    for dotted in found:
        yield called(dotted, where, f": {shown(value)}")
    if not found:
        yield called("computed", where, ": an interpolation decides what is called")


def _target(value: Value, where: str, record: Object) -> Iterator[AnyFact]:
    """`target` beside `params`, as latent-diffusion configurations have it: imported and called."""
    if isinstance(value, str) and "." in value and isinstance(record.get("params"), dict | None) and "params" in record:
        yield called(value, where)


def _sentence_module(value: Value, where: str, record: Object) -> Iterator[AnyFact]:
    """`modules.json` of sentence-transformers: each `type` is imported, and its `load` called with `path`."""
    if isinstance(value, str) and "." in value and "idx" in record and "path" in record:
        yield called(value, where)
        yield from _path(record.get("path"), where, record)


def _auto_mapping(value: Value, where: str, _record: Object) -> Iterator[AnyFact]:
    """PEFT imports `parent_library` and takes `base_model_class` from it."""
    if isinstance(value, dict) and (library := text_of(value, "parent_library")):
        yield imported(f"{library}.{text_of(value, 'base_model_class')}", where)


def _weight_map(value: Value, where: str, _record: Object) -> Iterator[AnyFact]:
    """`*.index.json`: the shard of each tensor, joined to the folder of the index."""
    if isinstance(value, dict):
        for path in dict.fromkeys(path for _, path in pairs_of(value) if isinstance(path, str)):
            if leaves_folder(path) or URL.match(path):
                yield ReadsPath("outside", shown(path), where=where)


def _path(value: Value, where: str, _record: Object) -> Iterator[AnyFact]:
    if isinstance(value, str) and value and leaves_folder(value):
        yield ReadsPath("outside", shown(value), where=where)


def _url(value: Value, where: str, _record: Object) -> Iterator[AnyFact]:
    if isinstance(value, str) and URL.match(value):
        yield FetchesUrl("use", shown(value), where=where)


def _class_name(value: Value, where: str, record: Object) -> Iterator[AnyFact]:
    """`model_index.json` of diffusers: `[file, class]` names code beside the model."""
    if isinstance(value, list):
        yield from _remote_code([".".join(part for part in value if isinstance(part, str))], where, record)


def _module_list(record: Object, where: str) -> Iterator[AnyFact]:
    """The parts of a diffusers pipeline: `[library, class]`; the library is imported."""
    if "_class_name" not in record or "_diffusers_version" not in record:
        return
    for key, value in pairs_of(record):
        if not key.startswith("_") and isinstance(value, list) and len(value) == 2:
            library, name = value
            if isinstance(library, str) and isinstance(name, str) and library not in ("diffusers", "transformers"):
                place = f"{where}.{key}"
                if "." in library or library.islower():
                    known = library.startswith(
                        ("diffusers.", "transformers.", "onnxruntime", "optimum", "stable_diffusion")
                    )
                    if not known:
                        yield Imports("remote", f"{shown(library)}.{shown(name)}", where=place)


def _callable_path(value: Value, where: str, _record: Object) -> Iterator[AnyFact]:
    if isinstance(value, str) and (":" in value or "." in value):
        yield called(value, where)


TARGETS = ("_target_", "class_path")
KEYS: Mapping[str, Callable[[Value, str, Object], Iterator[AnyFact]]] = {
    "auto_map": _remote_code,
    "custom_pipelines": _custom_pipelines,
    "trust_remote_code": _trusts,
    "_target_": _instantiated,
    "class_path": _instantiated,
    "target": _target,
    "type": _sentence_module,
    "auto_mapping": _auto_mapping,
    "weight_map": _weight_map,
    "_class_name": _class_name,
    "_name_or_path": _url,
    "base_model_name_or_path": _url,
    "custom_model_class": _callable_path,
    "import_path": _callable_path,
}
ACTING = frozenset({*TARGETS, *KEYS, *CALLING, *JSONPICKLE})
