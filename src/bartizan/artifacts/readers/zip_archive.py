"""ZIP archives, npz among them: every entry is a member, recognised by its own content."""

from collections.abc import Iterator

from bartizan.artifacts.artifact import Artifact
from bartizan.artifacts.reader import Found, Look, Member, Reader
from bartizan.artifacts.zipped import Zip, is_zip


def read(artifact: Artifact, look: Look) -> Iterator[Found]:
    """What is odd about the archive, and its entries."""
    archive = Zip(artifact, look)
    for _, inner in archive.members():
        yield Member(inner)
    yield from archive.faults


READER = Reader("zip", is_zip, read)
