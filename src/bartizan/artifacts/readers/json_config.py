"""JSON: configurations, tokenizers, indexes of shards, and models that are written as JSON."""

from collections.abc import Iterator

from bartizan.artifacts.artifact import Artifact
from bartizan.artifacts.config_facts import config_facts
from bartizan.artifacts.json_document import Pairs, Value, looks_like_json, read_json
from bartizan.artifacts.reader import Found, Head, Look, Reader


def sniff(head: Head) -> bool:
    return looks_like_json(head.start)


def read(artifact: Artifact, look: Look) -> Iterator[Found]:
    """What a loader would do because of the document."""
    document = read_json(artifact, look)
    yield from config_facts(document)
    if _is_keras_model(document):
        from bartizan.artifacts.keras_config import keras_facts

        yield from keras_facts(document)
    elif isinstance(document, Pairs) and "__loader__" in document:
        from bartizan.artifacts.skops_schema import skops_facts

        yield from skops_facts(document)


def _is_keras_model(document: Value) -> bool:
    """True for what `model_from_json` takes: an object with a class and its configuration."""
    return isinstance(document, Pairs) and "class_name" in document and "config" in document


READER = Reader("json", sniff, read)
