"""JSON: configurations, tokenizers, indexes of shards, and models that are written as JSON."""

from collections.abc import Iterable, Iterator
from contextlib import suppress

from bartizan.artifacts.artifact import Artifact
from bartizan.artifacts.config_facts import config_facts
from bartizan.artifacts.json_document import (
    Container,
    Value,
    containers,
    looks_like_json,
    parse,
    read_documents,
    values_of,
)
from bartizan.artifacts.reader import Found, Head, Look, Reader
from bartizan.kernel import HostileInput

CLASS_NAME = '"class_name"'


def sniff(head: Head) -> bool:
    return looks_like_json(head.start)


def read(artifact: Artifact, look: Look) -> Iterator[Found]:
    """What a loader would do because of the document, or of the documents that the lines are."""
    for document in read_documents(artifact, look):
        yield from document_facts(document, look)


def document_facts(document: Value, look: Look) -> Iterator[Found]:
    """What loaders of configurations would do because of the document."""
    found = list(containers(document))
    yield from config_facts(document, found, meter=look.meter)
    for model in _keras_models(document, found, look):
        from bartizan.artifacts.keras_config import keras_facts

        yield from keras_facts(model)
    if isinstance(document, dict) and "__loader__" in document:
        from bartizan.artifacts.skops_schema import skops_facts

        yield from skops_facts(document)


def _keras_models(document: Value, found: Iterable[Container], look: Look) -> Iterator[Value]:
    """The document if it holds what `model_from_json` takes, objects with a class and its configuration; and texts."""
    texts: list[str] = []
    whole = False
    for _, held in found:
        whole = whole or (isinstance(held, dict) and "class_name" in held and "config" in held)
        values = held if isinstance(held, list) else values_of(held)
        texts += [text for text in values if type(text) is str and CLASS_NAME in text]
    if whole:
        yield document
    for text in texts:
        with suppress(HostileInput):
            yield parse(text.encode("utf-8", "surrogatepass"), look)


READER = Reader("json", sniff, read)
