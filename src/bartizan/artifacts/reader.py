'''Readers: each knows one format, and turns an artifact into facts and members.

How to add one: write `artifacts/readers/<format>.py` with a constant `READER`, and add the module's name to the table
`MODULES` in `artifacts/readers/__init__.py`, before the formats that are more general. Its tests go to
`tests/artifacts/readers/test_<format>.py`. The whole of a reader, here the one for gzip streams:

    """gzip streams: the bytes inside are a member."""

    import zlib
    from collections.abc import Iterator

    from bartizan.artifacts.artifact import Artifact
    from bartizan.artifacts.reader import Found, Head, Look, Member, Reader
    from bartizan.artifacts.unpack import unpacked


    def sniff(head: Head) -> bool:
        return head.start.startswith(b"\\x1f\\x8b\\x08")


    def read(artifact: Artifact, look: Look) -> Iterator[Found]:
        """The one member that the stream holds."""
        with unpacked(artifact, lambda: zlib.decompressobj(wbits=31), look) as inner:
            yield Member(inner)


    READER = Reader("gzip", sniff, read)

What holds for every reader:

- It is chosen by content. `sniff` sees the first and the last bytes, never the name, and says yes only to what a loader
  of the format would take. All readers that say yes are run, because a file can be two things at once; one that
  `covers` others (torch covers zip) runs in their place.
- It yields facts in the order in which a loader would meet them, and a member where there is something inside. It does
  not judge, and does not look at what it imports or names: it never imports a framework and never runs what it reads.
- It spends `look.meter` for bytes that it holds or unpacks, for members and for steps. What it raises is turned into a
  fact by `scan`: `OutOfBudget` into `Budget`, `HostileInput` (raise it with what is wrong) into `Structure` with the
  rule `broken`, any other exception into one with the rule `unsupported`. What it yielded before stands.
- A member that the loader reads as one format whatever it looks like (`data.pkl` in a torch file) names that reader:
  `Member(part, reader="pickle")`. The others are recognised like any file.
- Text from the artifact goes through `shown()` before it enters a fact.
'''

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from bartizan.artifacts.artifact import Artifact
from bartizan.artifacts.fact import AnyFact
from bartizan.kernel import HostileInput, Meter

HEAD_BYTES = 1 << 16


@dataclass(frozen=True, slots=True)
class Head:
    """What `sniff` may look at: the first and the last 64 KiB, and how much there is in all."""

    start: bytes
    end: bytes
    size: int

    @classmethod
    def of(cls, artifact: Artifact) -> "Head":
        start = artifact.read(0, HEAD_BYTES)
        end = start if artifact.size <= HEAD_BYTES else artifact.read(artifact.size - HEAD_BYTES, HEAD_BYTES)
        return cls(start, end, artifact.size)


@dataclass(frozen=True, slots=True)
class Look:
    """What a reader gets beside the artifact: the budget that is left for the whole scan, and how deep it is."""

    meter: Meter
    depth: int = 0
    whole: int = 0
    """Bytes of the outermost artifact."""
    hints: Mapping[str, str] = field(default_factory=dict)
    """What the container said about this member, for its reader alone."""


@dataclass(frozen=True, slots=True)
class Member:
    """An artifact inside the artifact; it is scanned as soon as it is yielded."""

    artifact: Artifact
    reader: str | None = None
    """The reader that the loader would use whatever the bytes look like; None to recognise it."""
    hints: Mapping[str, str] = field(default_factory=dict)


Found: TypeAlias = AnyFact | Member


class Malformed(HostileInput):
    """The bytes are such as no saver writes: sizes that lie, offsets outside of the file. A loader may trust them."""


@dataclass(frozen=True, slots=True)
class Reader:
    """One format: its name as the report shows it, how to recognise it, and how to read it."""

    name: str
    sniff: Callable[[Head], bool]
    read: Callable[[Artifact, Look], Iterator[Found]]
    covers: tuple[str, ...] = ()
    """Names of readers that need not look when this one does."""
    weak: bool = False
    """Runs only where no other reader says yes: for formats that have no mark of their own."""


def recognise(head: Head, readers: Mapping[str, Reader]) -> list[Reader]:
    """The readers that must look, in the order of the table, those covered by another left out."""
    fits = [reader for reader in readers.values() if not reader.weak and reader.sniff(head)]
    if not fits:
        fits = [reader for reader in readers.values() if reader.weak and reader.sniff(head)][:1]
    covered = {name for reader in fits for name in reader.covers}
    return [reader for reader in fits if reader.name not in covered]
