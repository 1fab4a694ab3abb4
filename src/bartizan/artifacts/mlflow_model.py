"""MLflow's `MLmodel`: what loading the model imports, and from where."""

from collections.abc import Iterator
from pathlib import PurePosixPath

from bartizan.artifacts.dotted import called
from bartizan.artifacts.fact import AnyFact, FetchesUrl, Imports, ReadsPath, shown
from bartizan.artifacts.json_document import Object, Value, object_of, pairs_of, text_of
from bartizan.artifacts.paths import leaves_folder

PATHS = frozenset({
    "code", "data", "model_path", "python_model", "pickled_model", "model_data", "config", "path", "key_file",
    "custom_objects", "model_weights",
})  # fmt: skip
NO_FLAVOUR = frozenset(
    {"mlflow.utils", "mlflow.store", "mlflow.tracking", "mlflow.projects", "mlflow.cli", "mlflow.server"}
)


def mlflow_facts(document: Object) -> Iterator[AnyFact]:
    """What `mlflow.pyfunc.load_model` and the flavours' own loaders do because of it."""
    flavours = [(name, value) for name, value in pairs_of(object_of(document, "flavors")) if isinstance(value, dict)]
    if not flavours:
        flavours = [("", document)]
    for name, flavour in flavours:
        where = f"flavors.{shown(name, 60)}"
        for key, value in pairs_of(flavour):
            yield from _entry(key, value, flavour, f"{where}.{shown(key, 60)}")


def _entry(key: str, value: Value, flavour: Object, where: str) -> Iterator[AnyFact]:
    if key == "loader_module" and isinstance(value, str):
        yield from _loader(value, flavour, where)
    elif key == "model_code_path" and isinstance(value, str) and value:
        yield Imports("remote", f"{shown(PurePosixPath(value).name)} from the model's folder", where=where)
    elif key == "code" and isinstance(value, str) and value and not leaves_folder(value):
        yield Imports("remote", f"whatever is in {shown(value)}, put on the path of Python", where=where)
    elif key in PATHS and isinstance(value, str) and value:
        if "://" in value:
            yield FetchesUrl("load", shown(value), where=where)
        elif leaves_folder(value):
            yield ReadsPath("outside", shown(value), where=where)
    elif key == "artifacts" and isinstance(value, dict):
        for name, artifact in pairs_of(value):
            path = text_of(artifact, "path") if isinstance(artifact, dict) else ""
            if leaves_folder(path):
                yield ReadsPath("outside", shown(path), where=f"{where}.{shown(name, 60)}")


def _loader(module: str, flavour: Object, where: str) -> Iterator[AnyFact]:
    """The module whose `_load_pyfunc` is called: a flavour of MLflow's own, or anything."""
    if module.startswith("mlflow.") and ".".join(module.split(".")[:2]) not in NO_FLAVOUR:
        return
    fact = called(f"{module}._load_pyfunc", where)
    if fact.rule == "unknown" or isinstance(flavour.get("code"), str):
        yield Imports("remote", f"{shown(module)} from the model's folder", where=where)
    else:
        yield fact
