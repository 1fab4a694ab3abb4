"""What configurations beside models make their loaders do: JSON and YAML of Hugging Face, hydra, NeMo and others.

A configuration is data until a loader acts on one of its keys. The keys are here, each with what its loader does; a
document without them has no facts.
"""

import re
from collections.abc import Callable, Iterator, Mapping

from bartizan.artifacts.dotted import called, imported
from bartizan.artifacts.fact import AnyFact, FetchesUrl, Imports, ReadsPath, Structure, Template, shown
from bartizan.artifacts.json_document import Pairs, Value, leaves, objects
from bartizan.artifacts.paths import leaves_folder

MAX_FACTS_PER_KEY = 50
URL = re.compile(r"(?:https?|ftp|s3|gs|hdfs|file)://", re.IGNORECASE)
CODE_FILE = re.compile(r"(?:(?P<repo>[\w.-]+/[\w.-]+)--)?(?P<name>[\w./-]+(?:\.[\w]+)+)\Z")
BRACES = ("{{", "{%")


def config_facts(document: Value) -> Iterator[AnyFact]:
    """Everything that a loader would do because of this document."""
    for where, record in objects(document):
        doubled = record.doubled()
        if doubled:
            yield Structure("duplicate", f"the keys {shown(', '.join(doubled[:5]))} are there twice", where=where)
        for key, value in record:
            if act := KEYS.get(key):
                yield from act(value, f"{where}.{key}", record)
        yield from _module_list(record, where)
    yield from _templates(document)


def _templates(document: Value) -> Iterator[AnyFact]:
    """Strings with Jinja in them: a key that says `template` is rendered, of the others only an escape is told."""
    found = [
        (str(path), leaf)
        for path, _, leaf in leaves(document)
        if isinstance(leaf, str) and any(mark in leaf for mark in BRACES)
    ]
    if not found:
        return
    from bartizan.artifacts.jinja_template import template_facts

    for where, source in found[:MAX_FACTS_PER_KEY]:
        rendered = "template" in where.lower()
        for fact in template_facts(source, where):
            if rendered or (isinstance(fact, Template) and fact.rule == "escape"):
                yield fact


def _remote_code(value: Value, where: str, _record: Pairs) -> Iterator[AnyFact]:
    """`auto_map`: classes in Python files beside the model, or in another repository (`owner/name--file.Class`)."""
    for place, _, leaf in leaves(value, where):
        if not isinstance(leaf, str) or not leaf:
            continue
        match = CODE_FILE.match(leaf)
        if match and match["repo"]:
            yield FetchesUrl("use", f"code of the repository {shown(match['repo'])}", where=str(place))
        yield Imports("remote", f"{shown(leaf)} from the files beside the model", where=str(place))


def _custom_pipelines(value: Value, where: str, _record: Pairs) -> Iterator[AnyFact]:
    for place, inner in objects(value, where):
        if impl := inner.text("impl"):
            yield Imports("remote", f"{shown(impl)} from the files beside the model", where=place)


def _trusts(value: Value, where: str, _record: Pairs) -> Iterator[AnyFact]:
    if value is True or (isinstance(value, str) and value.lower() == "true"):
        yield Imports("remote", "whatever code is beside the model", where=where)


def _instantiated(value: Value, where: str, record: Pairs) -> Iterator[AnyFact]:
    """`_target_` (hydra, NeMo) and `class_path` (jsonargparse): a callable by its path, called with the rest."""
    if isinstance(value, str) and value:
        if "${" in value:
            yield called("computed", where, ": an interpolation decides what is called")
        else:
            why = " (made a partial)" if record.get("_partial_") is True else ""
            yield called(value, where, why)


def _target(value: Value, where: str, record: Pairs) -> Iterator[AnyFact]:
    """`target` beside `params`, as latent-diffusion configurations have it: imported and called."""
    if (
        isinstance(value, str)
        and "." in value
        and isinstance(record.get("params"), Pairs | None)
        and "params" in record
    ):
        yield called(value, where)


def _sentence_module(value: Value, where: str, record: Pairs) -> Iterator[AnyFact]:
    """`modules.json` of sentence-transformers: each `type` is imported, and its `load` called with `path`."""
    if isinstance(value, str) and "." in value and "idx" in record and "path" in record:
        yield called(value, where)
        yield from _path(record.get("path"), where, record)


def _auto_mapping(value: Value, where: str, _record: Pairs) -> Iterator[AnyFact]:
    """PEFT imports `parent_library` and takes `base_model_class` from it."""
    if isinstance(value, Pairs) and value.text("parent_library"):
        yield imported(f"{value.text('parent_library')}.{value.text('base_model_class')}", where)


def _weight_map(value: Value, where: str, _record: Pairs) -> Iterator[AnyFact]:
    """`*.index.json`: the shard of each tensor, joined to the folder of the index."""
    if isinstance(value, Pairs):
        for path in dict.fromkeys(path for _, path in value if isinstance(path, str)):
            if leaves_folder(path) or URL.match(path):
                yield ReadsPath("outside", shown(path), where=where)


def _path(value: Value, where: str, _record: Pairs) -> Iterator[AnyFact]:
    if isinstance(value, str) and value and leaves_folder(value):
        yield ReadsPath("outside", shown(value), where=where)


def _url(value: Value, where: str, _record: Pairs) -> Iterator[AnyFact]:
    if isinstance(value, str) and URL.match(value):
        yield FetchesUrl("use", shown(value), where=where)


def _class_name(value: Value, where: str, record: Pairs) -> Iterator[AnyFact]:
    """`model_index.json` of diffusers: `[file, class]` names code beside the model."""
    if isinstance(value, list):
        yield from _remote_code([".".join(part for part in value if isinstance(part, str))], where, record)


def _module_list(record: Pairs, where: str) -> Iterator[AnyFact]:
    """The parts of a diffusers pipeline: `[library, class]`; the library is imported."""
    if "_class_name" not in record or "_diffusers_version" not in record:
        return
    for key, value in record:
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


def _callable_path(value: Value, where: str, _record: Pairs) -> Iterator[AnyFact]:
    if isinstance(value, str) and (":" in value or "." in value):
        yield called(value, where)


KEYS: Mapping[str, Callable[[Value, str, Pairs], Iterator[AnyFact]]] = {
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
