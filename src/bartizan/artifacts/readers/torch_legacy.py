"""torch files before 1.6: five pickles in a row (a magic number, a version, the system, the value, the keys of its
storages), then the storages' raw bytes, which nobody interprets.
"""

from collections.abc import Iterator

from bartizan.artifacts.artifact import Artifact
from bartizan.artifacts.pickle import read_streams
from bartizan.artifacts.pickle.values import Made, Value
from bartizan.artifacts.reader import Found, Head, Look, Reader

MARK = b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."
"""The magic number 0x1950a86a20f9469cfc6c as a pickle of protocol 2."""
PICKLES = 5


def sniff(head: Head) -> bool:
    return head.start.startswith(MARK)


def read(artifact: Artifact, look: Look) -> Iterator[Found]:
    """What the five pickles do."""
    yield from read_streams(artifact, look, most=PICKLES, persistent=_found)


def _found(pid: Value) -> Value:
    """What torch finds by a persistent id: for `("module", cls, file, source)` the class, else a storage."""
    return pid[1] if type(pid) is tuple and len(pid) > 1 and pid[0] in ("module", b"module") else Made(None)


READER = Reader("torch-legacy", sniff, read, covers=("pickle",))
