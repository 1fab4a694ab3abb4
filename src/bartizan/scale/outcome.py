"""Outcomes: what became of one item, the same wherever it ran."""

import hashlib
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, Literal, TypeAlias, TypeVar

I = TypeVar("I")  # noqa: E741 - an item
V = TypeVar("V")

Work: TypeAlias = Callable[[I, int], V]
"""A function of an item and the item's own seed."""

MAX_WHAT_CHARS = 1_000
MAX_TRACE_CHARS = 8_000


@dataclass(frozen=True, slots=True)
class Failure:
    """Why an item has no value."""

    kind: Literal["raised", "died", "overtime"]
    """An exception; the end of the worker process; more seconds than an item may take."""
    type: str
    """The exception's class, if there was one."""
    what: str
    trace: str = field(default="", compare=False)
    """For whoever mends it: a traceback or an exit code, which may differ from one place to another."""

    def __str__(self) -> str:
        return f"{self.type}: {self.what}" if self.type else self.what


@dataclass(frozen=True, slots=True)
class Outcome(Generic[V]):
    """The value of one item, or its failure."""

    index: int
    """The item's place among the items, from 0."""
    value: V | None = None
    error: Failure | None = None


def attempt(fn: Work[I, V], index: int, item: I, seed: int) -> Outcome[V]:
    """What `fn` makes of the item under the seed of its index."""
    try:
        return Outcome(index, fn(item, seed_of(seed, index)))
    except (Exception, SystemExit) as error:  # whatever one item does must not end the others
        return Outcome(index, error=raised(error))


def seed_of(seed: int, index: int) -> int:
    """A seed for one item, 63 bits, that depends on nothing but the run's seed and the item's index."""
    digest = hashlib.blake2b(b"%d/%d" % (seed, index), digest_size=8, person=b"bartizan.seed").digest()
    return int.from_bytes(digest, "big") >> 1


def raised(error: BaseException, prefix: str = "") -> Failure:
    """The failure that an exception stands for."""
    try:
        what = " ".join(str(error).split())
    except Exception:
        what = "an exception that cannot be written as text"
    trace = "".join(traceback.format_exception(error, limit=-20))
    return Failure("raised", type(error).__name__, (prefix + what)[:MAX_WHAT_CHARS], trace[-MAX_TRACE_CHARS:])
