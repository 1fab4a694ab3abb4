"""JSON: configurations, tokenizers, indexes of shards, and models that are written as JSON."""

from collections.abc import Iterator
from contextlib import suppress

from bartizan.artifacts.artifact import Artifact
from bartizan.artifacts.config_facts import config_facts
from bartizan.artifacts.json_document import Pairs, Value, leaves, looks_like_json, objects, parse, read_documents
from bartizan.artifacts.reader import Found, Head, Look, Reader
from bartizan.kernel import HostileInput


def sniff(head: Head) -> bool:
    return looks_like_json(head.start)


def read(artifact: Artifact, look: Look) -> Iterator[Found]:
    """What a loader would do because of the document, or of the documents that the lines are."""
    for document in read_documents(artifact, look):
        yield from _facts(document, look)


def _facts(document: Value, look: Look) -> Iterator[Found]:
    yield from config_facts(document)
    for model in _keras_models(document, look):
        from bartizan.artifacts.keras_config import keras_facts

        yield from keras_facts(model)
    if isinstance(document, Pairs) and "__loader__" in document:
        from bartizan.artifacts.skops_schema import skops_facts

        yield from skops_facts(document)


def _keras_models(document: Value, look: Look) -> Iterator[Value]:
    """The document if it holds what `model_from_json` takes, objects with a class and its configuration; and texts."""
    if any("class_name" in record and "config" in record for _, record in objects(document)):
        yield document
    for _, _, leaf in leaves(document):
        if isinstance(leaf, str) and '"class_name"' in leaf:
            with suppress(HostileInput):
                yield parse(leaf.encode(), look)


READER = Reader("json", sniff, read)
