"""The rows of the state: what its views hold of keys, assets, findings, cases and policies."""

from datetime import datetime
from typing import Any, Literal, TypeAlias

import msgspec

from bartizan.kernel import Finding

Status: TypeAlias = Literal["open", "fixed", "accepted", "baseline"]
Decided: TypeAlias = Literal["accepted", "baseline", "reopened"]


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One row of one view. Moments of facts are ordered by record id, changes by `rev`."""

    tenant: str


class AssetRow(Row, frozen=True, kw_only=True):
    """A thing to protect, whatever its content."""

    thing: str
    """`kind:name`."""
    digest: str = ""
    """The content that was looked at last; empty if the thing has no bytes."""
    digest_id: str = ""
    """The record that told the digest."""
    owner: str = ""
    attributes: dict[str, Any] = {}
    registered_rev: int = 0
    """Zero if nobody registered it and it was only met."""
    first_id: str = ""
    first_at: datetime | None = None
    last_id: str = ""
    last_at: datetime | None = None


class LinkRow(Row, frozen=True, kw_only=True):
    """An edge of the lineage: the child was made from, or with, the parent."""

    parent_thing: str
    parent_digest: str
    child_thing: str
    child_digest: str
    relation: str
    rev: int

    @property
    def parent(self) -> str:
        return written(self.parent_thing, self.parent_digest)

    @property
    def child(self) -> str:
        return written(self.child_thing, self.child_digest)


class FindingRow(Row, frozen=True, kw_only=True):
    """All sightings of one fingerprint."""

    fingerprint: str
    thing: str
    digest: str
    control: str
    """The id of the control that saw it last, without its digest."""
    rule: str
    severity_rank: int
    finding: Finding
    """As it was seen last."""
    count: int
    first_id: str
    first_at: datetime
    last_id: str
    last_at: datetime
    seen: dict[str, str]
    """Control -> the record of its latest sighting."""
    fixed: int = 0
    """1 if every control that saw it has since looked and not seen it."""
    gone: dict[str, str] = {}
    """Control -> its latest look at the asset that did not see it."""
    gone_id: str = ""
    """The earliest of those looks, once each control that saw it has one."""


class LookRow(Row, frozen=True, kw_only=True):
    """The latest complete look of a control at an asset, and which findings it saw."""

    thing: str
    control: str
    id: str
    fingerprints: tuple[str, ...]


class DecisionRow(Row, frozen=True, kw_only=True):
    """What people decided last about a finding."""

    fingerprint: str
    decided: Decided
    rev: int
    id: str
    at: datetime
    actor: str
    reason: str = ""
    until: datetime | None = None
    """When an acceptance ends by itself."""
    case_id: str = ""


class CaseRow(Row, frozen=True, kw_only=True):
    """A case with how it was opened and closed."""

    id: str
    kind: str = ""
    title: str = ""
    owner: str = ""
    reason: str = ""
    records: tuple[str, ...] = ()
    expires: datetime | None = None
    opened_at: datetime | None = None
    opened_rev: int = 0
    closed_at: datetime | None = None
    closed_rev: int = 0
    closed_reason: str = ""

    @property
    def status(self) -> Literal["open", "closed"]:
        return "closed" if self.closed_rev > self.opened_rev else "open"


class KeyRow(Row, frozen=True, kw_only=True):
    """A key as it is stored: the digest of its secret, and what it may do."""

    key: str
    name: str = ""
    digest: str = ""
    """SHA-256 of the secret, in hex."""
    roles: tuple[str, ...] = ()
    routes: tuple[str, ...] = ()
    expires: datetime | None = None
    added_at: datetime | None = None
    added_rev: int = 0
    revoked_at: datetime | None = None
    revoked_rev: int = 0

    @property
    def revoked(self) -> bool:
        """Once revoked, a key stays so."""
        return self.revoked_rev > 0


class PolicyRow(Row, frozen=True, kw_only=True):
    """One version of the policy set."""

    rev: int
    digest: str
    text: str
    source: str
    at: datetime
    actor: str


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """A finding as the state knows it now."""

    fingerprint: str
    status: Status
    asset: str
    control: str
    finding: Finding
    count: int
    first_at: datetime
    last_at: datetime
    decision: DecisionRow | None = None


def written(thing: str, digest: str) -> str:
    """An asset as text, from its two columns."""
    return f"{thing}@{digest}" if digest else thing
