"""Models of XGBoost, LightGBM and CatBoost: trees as numbers, on which their loaders only compute."""

import re
import struct
from collections.abc import Iterator

from bartizan.artifacts.artifact import Artifact
from bartizan.artifacts.fact import Structure
from bartizan.artifacts.reader import Found, Head, Look, Reader
from bartizan.artifacts.ubjson import walk

UBJSON = re.compile(rb"\{(?:[iU].|I..|l....|L.{8})(?:learner|version|Config|Model)", re.DOTALL)
LEGACY = re.compile(rb"(?:reg|binary|multi|count|survival|rank):[a-z_-]{3,30}\Z")
LEGACY_PARAMETERS_BYTES = 136
TREE_FILE = re.compile(rb"tree\r?\nversion=v\d")
CATBOOST = b"CBM1"


def _is_ubjson(head: Head) -> bool:
    return UBJSON.match(head.start) is not None


def _is_legacy(head: Head) -> bool:
    """`binf`, or the parameters of the learner and then the name of its objective."""
    if head.start.startswith((b"binf", b"bs64\t")):
        return True
    at = LEGACY_PARAMETERS_BYTES
    if len(head.start) < at + 8:
        return False
    length = int.from_bytes(head.start[at : at + 8], "little")
    return length < 40 and LEGACY.match(head.start[at + 8 : at + 8 + length]) is not None


def _is_lightgbm(head: Head) -> bool:
    return TREE_FILE.match(head.start) is not None


def _is_catboost(head: Head) -> bool:
    return head.start.startswith(CATBOOST)


def read_ubjson(artifact: Artifact, look: Look) -> Iterator[Found]:
    """What is odd about the layout."""
    end = walk(artifact, look)
    if end != artifact.size:
        yield Structure("trailing", f"{artifact.size - end:,} bytes after the model", at=end)


def read_legacy(_artifact: Artifact, look: Look) -> Iterator[Found]:
    """Nothing: the loader copies numbers; what is inside it checks itself."""
    look.meter.spend("steps")
    yield from ()


def read_lightgbm(artifact: Artifact, look: Look) -> Iterator[Found]:
    """What is odd: bytes that are no text."""
    for chunk in artifact.chunks():
        look.meter.check_time()
        if b"\0" in chunk:
            yield Structure("broken", "the text of a model holds a zero byte")
            return


def read_catboost(artifact: Artifact, look: Look) -> Iterator[Found]:
    """What is odd: a core that does not fit in the file."""
    look.meter.spend("steps")
    raw = artifact.read(4, 4)
    size = struct.unpack("<I", raw)[0] if len(raw) == 4 else 0
    if not size or 8 + size > artifact.size:
        yield Structure("broken", f"a model of {size:,} bytes in a file of {artifact.size:,}")


READERS = (
    Reader("xgboost", _is_ubjson, read_ubjson),
    Reader("xgboost-legacy", _is_legacy, read_legacy),
    Reader("lightgbm", _is_lightgbm, read_lightgbm),
    Reader("catboost", _is_catboost, read_catboost),
)
