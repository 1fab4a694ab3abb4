"""The index of a TensorFlow checkpoint, a sorted table of tensors' names and places; and files of zeros."""

from collections.abc import Iterator

from bartizan.artifacts.artifact import Artifact
from bartizan.artifacts.fact import Structure
from bartizan.artifacts.reader import Found, Head, Look, Reader

TABLE_MAGIC = bytes.fromhex("57fb808b247547db")
FOOTER_BYTES = 48


def sniff(head: Head) -> bool:
    return head.end.endswith(TABLE_MAGIC) and head.size >= FOOTER_BYTES


def read(artifact: Artifact, look: Look) -> Iterator[Found]:
    """What is odd: an index that lies outside of the file."""
    footer = artifact.read(artifact.size - FOOTER_BYTES, FOOTER_BYTES)
    at = 0
    handles = []
    for _ in range(4):
        value = shift = 0
        while at < FOOTER_BYTES and shift < 64:
            byte = footer[at]
            value |= (byte & 0x7F) << shift
            at, shift = at + 1, shift + 7
            if not byte & 0x80:
                break
        handles.append(value)
        look.meter.spend("steps")
    if any(start + size > artifact.size for start, size in (handles[:2], handles[2:])):
        yield Structure("broken", "the index lies outside of the file")


def _is_empty(head: Head) -> bool:
    return head.start == bytes(len(head.start)) and head.end == bytes(len(head.end))


def read_zeros(artifact: Artifact, look: Look) -> Iterator[Found]:
    """Something only if the file is not the zeros that it begins and ends with."""
    for chunk in artifact.chunks():
        look.meter.check_time()
        if chunk != bytes(len(chunk)):
            yield Structure("unrecognised", "no reader knows this format")
            return


READERS = (
    Reader("tf-checkpoint-index", sniff, read),
    Reader("zeros", _is_empty, read_zeros, weak=True),
)
