"""skops files: a ZIP archive with a schema of objects and the arrays that belong to it."""

from collections.abc import Iterator

from bartizan.artifacts.artifact import Artifact
from bartizan.artifacts.json_document import parse
from bartizan.artifacts.reader import Found, Head, Look, Member, Reader
from bartizan.artifacts.skops_schema import skops_facts
from bartizan.artifacts.zipped import Zip, is_zip
from bartizan.kernel import OutOfBudget

SCHEMA = "schema.json"
MAX_SCHEMA_BYTES = 64 << 20


def sniff(head: Head) -> bool:
    return is_zip(head) and SCHEMA.encode() in head.end


def read(artifact: Artifact, look: Look) -> Iterator[Found]:
    """The objects of the schema; every other entry is a member."""
    archive = Zip(artifact, look)
    for entry, inner in archive.members():
        if entry.name != SCHEMA:
            yield Member(inner)
        elif inner.size > MAX_SCHEMA_BYTES:
            raise OutOfBudget(f"a schema of {inner.size:,} bytes")
        else:
            look.meter.spend("bytes", inner.size)
            yield from skops_facts(parse(inner.read(0, inner.size), look))
    yield from archive.faults


READER = Reader("skops", sniff, read, covers=("zip",))
