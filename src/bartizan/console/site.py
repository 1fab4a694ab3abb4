"""What a page is given and what it gives back: pages are functions from `Ask` to `Shown` or `Go`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol, TypeAlias

from bartizan.console.reads import Reads
from bartizan.console.sessions import Visitor
from bartizan.kernel import AnyBody, UsageError


class Desk(Protocol):
    """What the pages may do to the installation, always in the name of a visitor."""

    def note(self, body: AnyBody, actor: str) -> None:
        """Record what happened at the console."""

    def accept(self, fingerprint: str, visitor: Visitor, *, reason: str, expires: datetime) -> None:
        """Accept the risk of a finding until it expires."""

    def proof(self, slot: int, index: int) -> Mapping[str, Any]:
        """What proves that the ledger holds this record."""


@dataclass(frozen=True, slots=True)
class Ask:
    """One request, as a page sees it."""

    visitor: Visitor
    reads: Reads
    desk: Desk
    path: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    form: Mapping[str, str] = field(default_factory=dict)
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    @property
    def tenant(self) -> str:
        """The tenant whose assets and findings this visitor sees."""
        return self.visitor.tenant

    @property
    def scope(self) -> str | None:
        """The tenant whose records this visitor sees; None for those of all."""
        return None if self.visitor.everywhere else self.visitor.tenant

    def choice(self, name: str, choices: tuple[str, ...]) -> str:
        """The value of a query field, which is empty or one of the choices."""
        value = self.query.get(name, "")
        if value and value not in choices:
            raise UsageError(f"{name} is one of {', '.join(choices)}, not {value[:60]!r}")
        return value


@dataclass(frozen=True, slots=True)
class Shown:
    """A page: the template, and the facts that it shows, which are also the page's JSON."""

    template: str
    facts: Mapping[str, Any]
    drawn: Mapping[str, Any] = field(default_factory=dict)
    """What only the HTML needs: charts, choices of forms."""
    title: str = ""
    status: int = 200


@dataclass(frozen=True, slots=True)
class Go:
    """Another page, after something was done."""

    to: str


Answer: TypeAlias = Shown | Go
