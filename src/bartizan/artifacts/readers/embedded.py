"""Files of no known format that have pickle streams in them, behind headers or lengths of somebody's own."""

from collections.abc import Iterator

from bartizan.artifacts.artifact import Artifact, Held
from bartizan.artifacts.fact import Structure
from bartizan.artifacts.pickle.source import Source
from bartizan.artifacts.pickle.stream import TRIAL, hidden
from bartizan.artifacts.reader import Found, Head, Look, Reader
from bartizan.kernel import Meter


def sniff(head: Head) -> bool:
    """True if a stream in the first or last bytes calls what no model has to call."""
    return any(next(hidden(Source(Held("", part), Meter(TRIAL)), 0), None) for part in (head.start, head.end))


def read(artifact: Artifact, look: Look) -> Iterator[Found]:
    """What the first such stream does; the format as a whole stays unknown."""
    yield Structure("unrecognised", "no reader knows this format, which holds pickle streams")
    yield from hidden(Source(artifact, look.meter), 0)


READER = Reader("embedded-pickle", sniff, read, weak=True)
