"""HDF5, and what Keras keeps in it: the model's configuration as an attribute of the root."""

from collections.abc import Iterator

from bartizan.artifacts.artifact import Artifact, Held
from bartizan.artifacts.fact import ReadsPath, Structure, shown
from bartizan.artifacts.hdf5 import Attribute, OtherFile, superblock_at, walk
from bartizan.artifacts.hdf5_bytes import Unsupported
from bartizan.artifacts.json_document import looks_like_json, parse
from bartizan.artifacts.keras_config import keras_facts
from bartizan.artifacts.paths import leaves_folder
from bartizan.artifacts.reader import Found, Head, Look, Member, Reader
from bartizan.kernel import HostileInput

PICKLED = b"\x80"
PYTABLES_OBJECT = b"object"


def sniff(head: Head) -> bool:
    return superblock_at(head.start) is not None


def read(artifact: Artifact, look: Look) -> Iterator[Found]:
    """What its attributes say that Keras acts on, and the files from which it takes data."""
    try:
        for item in walk(artifact, look):
            if isinstance(item, Attribute):
                yield from _attribute(item, look)
            elif isinstance(item, OtherFile):
                rule = "outside" if leaves_folder(item.path) or "://" in item.path else "inside"
                yield ReadsPath(rule, f"{shown(item.path)} ({item.how})", where=shown(item.of))
    except Unsupported as error:
        yield Structure("unsupported", shown(error.what))


def _attribute(item: Attribute, look: Look) -> Iterator[Found]:
    place = shown(f"{item.of}@{item.name}")
    value = item.value.rstrip(b"\0")
    if item.name == "model_config" or item.name == "training_config" or looks_like_json(value[:4096]):
        try:
            document = parse(value, look)
        except HostileInput as error:
            if item.name in ("model_config", "training_config"):
                yield Structure("broken", f"{place}: {shown(error.what)}")
            return
        yield from keras_facts(document, place)
    elif len(value) > 3 and value.endswith(b".") and (value.startswith(PICKLED) or b"\n" in value):
        yield Member(Held(place, value))  # PyTables unpickles such attributes
    elif item.name == "PSEUDOATOM" and value == PYTABLES_OBJECT:
        yield Structure("pickled", "rows of pickles, which PyTables opens", where=place)


READER = Reader("hdf5", sniff, read)
