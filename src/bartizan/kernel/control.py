"""Controls: code that protects, described by one manifest."""

import hashlib
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar, runtime_checkable

from bartizan.kernel.asset import Asset
from bartizan.kernel.budget import Budget
from bartizan.kernel.record import AnyBody, Finding, Verdict

MAX_CODE_FILES = 2_000
CODE_SUFFIXES = frozenset({".cedar", ".json", ".py", ".toml", ".tsv"})


@runtime_checkable
class Subject(Protocol):
    """What a control looks at: anything that can name the asset it stands for."""

    @property
    def asset(self) -> Asset | None: ...


S = TypeVar("S", bound=Subject)


def no_progress(what: str, done: int, total: int | None) -> None:
    """Tell nobody."""


@dataclass(frozen=True, slots=True)
class Context:
    """What the driver hands to a control beside the subject."""

    tenant: str = "main"
    seed: int = 0
    """The only source of randomness that a control may use."""
    budget: Budget = Budget()
    profile: Mapping[str, Any] = field(default_factory=dict)
    """Thresholds and facts that tune this control."""
    progress: Callable[[str, int, int | None], None] = no_progress
    """Called with what is being done, how much of it is done, and of how much (if known)."""


@dataclass(frozen=True, slots=True)
class Control(Generic[S]):
    """A manifest and the function that it describes; calling the control calls the function."""

    id: str
    on: type[S]
    """The type of subject."""
    counters: tuple[str, ...]
    """The threats it counters, as slugs of the catalog."""
    canary: Callable[[], S]
    """Makes a harmless subject that the control must catch."""
    quiet: Callable[[], S]
    """Makes the canary's innocent neighbour, which it must leave alone."""
    look: Callable[[S, Context], Iterable[AnyBody]]

    def __call__(self, subject: S, ctx: Context) -> Iterable[AnyBody]:
        return self.look(subject, ctx)

    @property
    def title(self) -> str:
        """The first line of the function's docstring."""
        return (self.look.__doc__ or self.id).strip().splitlines()[0]

    @property
    def ref(self) -> str:
        """`id@digest`, where the digest changes with the code that does the looking."""
        return f"{self.id}@{code_digest(self.look.__module__)}"


def control(
    id: str,
    *,
    on: type[S],
    counters: Iterable[str],
    canary: Callable[[], S],
    quiet: Callable[[], S],
) -> Callable[[Callable[[S, Context], Iterable[AnyBody]]], Control[S]]:
    """Turns the function below it into a control."""

    def describe(look: Callable[[S, Context], Iterable[AnyBody]]) -> Control[S]:
        return Control(id, on, tuple(counters), canary, quiet, look)

    return describe


def alarmed(bodies: Iterable[AnyBody]) -> bool:
    """True if any of these says that something is wrong: a finding, or a verdict other than allow."""
    return any(isinstance(body, Finding) or (isinstance(body, Verdict) and body.said != "allow") for body in bodies)


@lru_cache
def code_digest(module: str) -> str:
    """A digest of the source around a module: its package's code and data, or the one file."""
    file = getattr(sys.modules[module], "__file__", None)
    if not file:
        return "0" * 16
    path = Path(file)
    inside = sys.modules[module].__package__
    files = sorted(path.parent.rglob("*"))[:MAX_CODE_FILES] if inside else [path]
    digest = hashlib.sha256()
    for source in files:
        if source.suffix in CODE_SUFFIXES and source.is_file():
            digest.update(source.relative_to(path.parent).as_posix().encode() + b"\0")
            digest.update(hashlib.sha256(source.read_bytes()).digest())
    return digest.hexdigest()[:16]
