"""gzip streams: the bytes inside are a member."""

import zlib
from collections.abc import Iterator

from bartizan.artifacts.artifact import Artifact
from bartizan.artifacts.reader import Found, Head, Look, Member, Reader
from bartizan.artifacts.unpack import unpacked


def sniff(head: Head) -> bool:
    return head.start.startswith(b"\x1f\x8b\x08")


def read(artifact: Artifact, look: Look) -> Iterator[Found]:
    """The one member that the stream holds."""
    with unpacked(artifact, lambda: zlib.decompressobj(wbits=31), look) as inner:
        yield Member(inner)


READER = Reader("gzip", sniff, read)
