"""Unpacking under a budget: small streams in memory, large ones in a temporary file, bombs not at all."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

from bartizan.artifacts.artifact import Artifact, Held, Stored
from bartizan.artifacts.reader import Look
from bartizan.kernel import HostileInput, OutOfBudget

STEP_BYTES = 1 << 16
FIRST_STEP_BYTES = 1 << 10
"""Begin with little: a decompressor that meets an error keeps what it unpacked in the same step to itself."""
MEMORY_BYTES = 16 << 20
BYTES_PER_STEP = 512
BOMB_BYTES = 8 << 20
BOMB_RATIO = 200


class Decompressor(Protocol):
    """What `zlib.decompressobj()`, `bz2.BZ2Decompressor()` and `lzma.LZMADecompressor()` have in common."""

    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, /, max_length: int = ...) -> bytes: ...


class Bomb(OutOfBudget):
    """The stream unpacks to far more than its size, as only a bomb does."""


class WholeBomb(Bomb):
    """All members together are one, so that looking at more of them is of no use."""


@contextmanager
def unpacked(
    artifact: Artifact, begin: Callable[[], Decompressor], look: Look, name: str = "", size: int | None = None
) -> Iterator[Artifact]:
    """What the compressed artifact holds, all its streams in a row; it lives as long as the context.

    Where the stream breaks off or the budget ends, what came before is yielded, because a loader would have met it too;
    the error is raised when the context is left.
    """
    fault: HostileInput | OutOfBudget | None = None
    import tempfile  # late: it is slow to import

    with tempfile.SpooledTemporaryFile(MEMORY_BYTES) as spool:
        try:
            for piece in pieces(artifact, begin, look, size):
                spool.write(piece)
        except (HostileInput, OutOfBudget) as error:
            fault = error
        label = name or artifact.name + "!"
        held = spool.tell() <= MEMORY_BYTES
        spool.seek(0)
        if held:
            yield Held(label, spool.read())
        else:
            spool.flush()
            yield Stored(label, spool)  # type: ignore[arg-type]  # a rolled-over spool is a file with a number
    if fault is not None:
        raise fault


def pieces(
    artifact: Artifact, begin: Callable[[], Decompressor], look: Look, size: int | None = None
) -> Iterator[bytes]:
    """The unpacked bytes, piece by piece, each counted before it is handed out.

    A stream without an end of its own ends after `size` bytes.
    """
    stream = begin()
    taken = given = 0
    step = FIRST_STEP_BYTES
    try:
        for chunk in artifact.chunks(size=STEP_BYTES):
            taken += len(chunk)
            rest = chunk
            while True:
                if stream.eof:
                    if rest == bytes(len(rest)):
                        break
                    stream = begin()
                piece = stream.decompress(rest, step)
                look.meter.spend("bytes", len(piece))
                look.meter.spend("steps", 1 + len(piece) // BYTES_PER_STEP)
                given += len(piece)
                if given > BOMB_BYTES and given > BOMB_RATIO * taken:
                    raise Bomb(f"{taken:,} bytes unpack to more than {given:,}", where=artifact.name)
                spent = look.meter.budget.bytes - look.meter.left("bytes")
                if spent > BOMB_BYTES and spent > BOMB_RATIO * look.whole > 0:
                    raise WholeBomb(f"{look.whole:,} bytes unpack to more than {spent:,} in all", where=artifact.name)
                yield piece if size is None else piece[: max(0, size - given + len(piece))]
                if size is not None and given >= size:
                    return
                look.meter.check_time()
                rest = stream.unused_data if stream.eof else _tail(stream)
                if not rest and len(piece) < step:
                    break
                step = min(2 * step, STEP_BYTES)
    except OutOfBudget:
        raise
    except Exception as error:  # each library has its own error for a broken stream
        raise HostileInput(f"the stream breaks off after {given:,} bytes: {error}", where=artifact.name) from None
    if not stream.eof:
        raise HostileInput(f"the stream ends early, after {given:,} bytes", where=artifact.name)


def _tail(stream: Decompressor) -> bytes:
    """Input that zlib hands back because the output was full; the others keep it to themselves."""
    return getattr(stream, "unconsumed_tail", b"")
