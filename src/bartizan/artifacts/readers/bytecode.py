"""Compiled Python (`.pyc`): judged by the names that its code uses, read without unmarshalling it."""

from collections.abc import Iterator

from bartizan.artifacts.artifact import Artifact
from bartizan.artifacts.fact import Calls, Structure, shown
from bartizan.artifacts.marshalled import MAX_BYTES, names_in
from bartizan.artifacts.reader import Found, Head, Look, Reader

HEADER_BYTES = 16
MARK = b"\r\n"
FIRST_MAGIC, LAST_MAGIC = 3390, 3800
"""Of Python 3.7, from which on the header has 16 bytes (PEP 552), to those of the next years."""
POWERFUL = frozenset({
    "system", "popen", "Popen", "exec", "eval", "__import__", "subprocess", "socket", "ctypes", "marshal", "execv",
    "spawn", "__subclasses__", "__globals__", "b64decode", "urlopen", "check_output",
})  # fmt: skip


def sniff(head: Head) -> bool:
    magic = int.from_bytes(head.start[:2], "little")
    return head.start[2:4] == MARK and FIRST_MAGIC <= magic <= LAST_MAGIC and head.start[16:17] in (b"\xe3", b"c")


def read(artifact: Artifact, look: Look) -> Iterator[Found]:
    """What its names let it do when it is imported."""
    look.meter.spend("bytes", min(artifact.size, MAX_BYTES))
    names = names_in(artifact.read(HEADER_BYTES, artifact.size)) if artifact.size <= MAX_BYTES else None
    if names is None:
        yield Structure("unsupported", "compiled Python that cannot be read")
    elif found := sorted(names & POWERFUL):
        yield Calls("code", f"compiled Python that uses {shown(', '.join(found))}")
    else:
        yield Structure("bytecode", "compiled Python, whose source is not shown")


READER = Reader("pyc", sniff, read)
