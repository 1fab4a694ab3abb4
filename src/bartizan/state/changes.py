"""The events that change the state, each with the type of its data."""

from datetime import datetime
from typing import Annotated, Any, ClassVar

import msgspec

from bartizan.kernel import Event
from bartizan.kernel.case import CaseKind
from bartizan.kernel.record import Slug
from bartizan.state.errors import Refused

Text = Annotated[str, msgspec.Meta(min_length=1, max_length=10_000)]
Fingerprint = Annotated[str, msgspec.Meta(min_length=1, max_length=128)]
Moment = Annotated[datetime, msgspec.Meta(tz=True)]
Digest = Annotated[str, msgspec.Meta(pattern=r"^sha256:[0-9a-f]{64}\Z")]
HexDigest = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}\Z")]


class Change(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """The data of one event that changes the state."""

    NAME: ClassVar[str]

    def event(self) -> Event:
        """The event that says this."""
        return Event(self.NAME, msgspec.to_builtins(self))


class AssetRegistered(Change, frozen=True, kw_only=True):
    """Somebody answers for an asset."""

    NAME = "asset.registered"
    asset: Text
    owner: str = ""
    attributes: dict[str, Any] = {}


class AssetLinked(Change, frozen=True, kw_only=True):
    """The child was made from, or with, the parent."""

    NAME = "asset.linked"
    parent: Text
    child: Text
    relation: Slug = "made-from"


class FindingAccepted(Change, frozen=True, kw_only=True):
    """The risk of a finding is carried until a day; opens a case of that name."""

    NAME = "finding.accepted"
    fingerprint: Fingerprint
    reason: Text
    until: Moment
    case: Slug
    title: str = ""


class FindingBaselined(Change, frozen=True, kw_only=True):
    """These findings are known and do not count as new."""

    NAME = "finding.baselined"
    fingerprints: tuple[Fingerprint, ...]
    reason: str = ""


class FindingReopened(Change, frozen=True, kw_only=True):
    """What was decided about a finding no longer holds; closes the case of its acceptance."""

    NAME = "finding.reopened"
    fingerprint: Fingerprint
    reason: str = ""
    case: Slug | None = None


class CaseOpened(Change, frozen=True, kw_only=True):
    """Human work about records begins."""

    NAME = "case.opened"
    case: Slug
    case_kind: CaseKind
    title: Text
    owner: str = ""
    reason: str = ""
    records: tuple[str, ...] = ()
    expires: Moment | None = None


class CaseClosed(Change, frozen=True, kw_only=True):
    """Human work is done."""

    NAME = "case.closed"
    case: Slug
    reason: str = ""


class KeyAdded(Change, frozen=True, kw_only=True):
    """A key may be used."""

    NAME = "key.added"
    key: Slug
    name: str
    digest: HexDigest
    """SHA-256 of the secret."""
    roles: tuple[str, ...] = ()
    routes: tuple[str, ...] = ()
    expires: Moment | None = None


class KeyRevoked(Change, frozen=True, kw_only=True):
    """A key may never be used again."""

    NAME = "key.revoked"
    key: Slug
    reason: str = ""


class PolicyPut(Change, frozen=True, kw_only=True):
    """A policy set is in force from now on."""

    NAME = "policy.put"
    digest: Digest
    text: str
    source: str = ""


CHANGES: dict[str, type[Change]] = {
    kind.NAME: kind
    for kind in (
        AssetRegistered,
        AssetLinked,
        FindingAccepted,
        FindingBaselined,
        FindingReopened,
        CaseOpened,
        CaseClosed,
        KeyAdded,
        KeyRevoked,
        PolicyPut,
    )
}


def parse(event: Event) -> Change:
    """What the event changes; refuses unknown names and data that do not fit."""
    kind = CHANGES.get(event.name)
    if kind is None:
        raise Refused(f"no event named {event.name} changes the state")
    try:
        return msgspec.convert(event.data, kind)
    except msgspec.ValidationError as error:
        raise Refused(f"the data of {event.name} do not fit: {error}") from None
