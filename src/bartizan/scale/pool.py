"""What a place offers where batches of items can run, and where such places are named."""

import pickle
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, Protocol, Self

from bartizan.kernel import UsageError
from bartizan.scale.outcome import Failure, Outcome, raised

MAX_WORKERS = 1_024
PARTS = 16
DIED = "the worker process ended while it ran this item"

LOCAL = re.compile(r"local(?::([0-9]{1,4}))?\Z")
RAY = re.compile(r"ray(?::(auto|[^/:@\s]+:[0-9]{1,5})|(://[^/:@\s]+:[0-9]{1,5}))\Z")


class Job(NamedTuple):
    """One item on its way to a worker."""

    nth: int
    """The item's index among all."""
    item: bytes
    """Pickled."""


@dataclass(frozen=True, slots=True)
class Reply:
    """News from a pool."""

    outcomes: Sequence[Outcome[Any]] = ()
    seconds: float = 0.0
    """How long the worker was busy with them."""
    again: Sequence[Sequence[Job]] = ()
    """Batches to be sent again: their jobs were lost, and it is not known through whose fault."""


class Pool(Protocol):
    """Workers that run batches. Not for use by two threads at once."""

    workers: int
    batch_seconds: float
    """How much work makes the way to a worker worth while."""
    max_batch: int

    def room(self) -> bool:
        """Whether another batch can be sent now."""

    def send(self, jobs: Sequence[Job]) -> None: ...

    def replies(self, seconds: float) -> Sequence[Reply]:
        """What has come back; waits up to `seconds` for the first."""

    def close(self) -> None:
        """End the workers, whatever they are doing."""


@dataclass(frozen=True, slots=True)
class Spot:
    """A place to run at, as `on` names it."""

    kind: Literal["here", "local", "ray"]
    workers: int = 1
    address: str = ""

    @classmethod
    def parse(cls, on: str) -> Self:
        if found := LOCAL.match(on):
            if found[1] is None:
                return cls("here")
            if 1 <= int(found[1]) <= MAX_WORKERS:
                return cls("local", workers=int(found[1]))
        if found := RAY.match(on):
            return cls("ray", address=found[1] or f"ray{found[2]}")
        raise UsageError(
            f"{on!r} is no place to run at",
            todo="Write local, local:4, ray:auto, ray:HOST:PORT (on a node of the cluster) or ray://HOST:PORT",
        )


def lost(jobs: Sequence[Job], failure: Failure, *, first_is_to_blame: bool = False) -> Reply:
    """What to do about the jobs of a worker that ended: one is to blame, and will end another when it is alone."""
    if first_is_to_blame or len(jobs) == 1:
        return Reply([Outcome(jobs[0].nth, error=failure)], again=split(jobs[1:]))
    return Reply(again=split(jobs))


def split(jobs: Sequence[Job]) -> list[Sequence[Job]]:
    """The jobs in a few smaller batches: each costs a way to a worker, each more round a worker."""
    size = -(-len(jobs) // PARTS) or 1
    return [jobs[start : start + size] for start in range(0, len(jobs), size)]


def unpack(packed: Sequence[tuple[int, bytes]]) -> list[Outcome[Any]]:
    """The outcomes that a worker packed."""
    outcomes: list[Outcome[Any]] = []
    for index, data in packed:
        try:
            value, error = pickle.loads(data)  # noqa: S301 - written by our own worker, which runs as the same user
        except Exception as refused:  # a value's class may refuse to be read back, and that concerns this item alone
            value, error = None, raised(refused, "the value cannot be read back: ")
        outcomes.append(Outcome(index, value, error))
    return outcomes
