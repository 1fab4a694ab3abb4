"""Keras 3 files (`.keras`): a ZIP archive with the model's configuration, its weights as HDF5, and assets."""

from collections.abc import Iterator

from bartizan.artifacts.artifact import Artifact
from bartizan.artifacts.fact import Structure
from bartizan.artifacts.json_document import parse
from bartizan.artifacts.keras_config import keras_facts
from bartizan.artifacts.reader import Found, Head, Look, Member, Reader
from bartizan.artifacts.zipped import Zip, is_zip

CONFIG, METADATA = "config.json", "metadata.json"
MAX_CONFIG_BYTES = 64 << 20
NAMES = (b"metadata.json", b"config.json")


def sniff(head: Head) -> bool:
    """True if the directory names both the configuration and the metadata at the top of the archive."""
    return (is_zip(head) and all(name + b"PK" in head.end for name in NAMES)) or (
        is_zip(head) and all(name in head.end for name in NAMES) and b"model.weights.h5" in head.end
    )


def read(artifact: Artifact, look: Look) -> Iterator[Found]:
    """What rebuilding the model does; then the weights and assets as members."""
    archive = Zip(artifact, look)
    for entry, inner in archive.members():
        if entry.name != CONFIG:
            yield Member(inner)
        elif inner.size > MAX_CONFIG_BYTES:
            yield Structure("unsupported", f"a configuration of {inner.size:,} bytes")
        else:
            yield from keras_facts(parse(inner.read(0, inner.size), look))
    yield from archive.faults


READER = Reader("keras", sniff, read, covers=("zip",))
