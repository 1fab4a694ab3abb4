"""Deeds: what each change of state does to the views.

The newest `rev` wins wherever two changes meet, so a change may be folded twice, or late, with the same result.
"""

from functools import singledispatch

import msgspec

from bartizan.kernel import Asset, BartizanError, Policy, Record
from bartizan.state.book import Book
from bartizan.state.changes import (
    AssetLinked,
    AssetRegistered,
    CaseClosed,
    CaseOpened,
    Change,
    FindingAccepted,
    FindingBaselined,
    FindingReopened,
    KeyAdded,
    KeyRevoked,
    PolicyPut,
)
from bartizan.state.errors import Refused
from bartizan.state.rows import AssetRow, CaseRow, Decided, DecisionRow, KeyRow, LinkRow, PolicyRow
from bartizan.state.tables import ASSETS, CASES, DECISIONS, KEYS, LINKS, POLICIES


@singledispatch
def fold_change(change: Change, _book: Book, _record: Record, _rev: int) -> None:
    """Takes one change into the views."""
    raise Refused(f"nothing is done about {type(change).__name__}")


@fold_change.register
def _(change: AssetRegistered, book: Book, record: Record, rev: int) -> None:
    asset = _asset(change.asset)
    thing = str(asset.thing)
    row = book.get(ASSETS, record.tenant, thing) or AssetRow(tenant=record.tenant, thing=thing)
    if asset.digest and record.id > row.digest_id:
        row = msgspec.structs.replace(row, digest=asset.digest, digest_id=record.id)
    if rev > row.registered_rev:
        row = msgspec.structs.replace(row, owner=change.owner, attributes=change.attributes, registered_rev=rev)
    book.put(ASSETS, row)


@fold_change.register
def _(change: AssetLinked, book: Book, record: Record, rev: int) -> None:
    parent, child = _asset(change.parent), _asset(change.child)
    if parent.thing == child.thing and parent.digest == child.digest:
        raise Refused(f"{parent} cannot be made from itself")
    link = LinkRow(
        tenant=record.tenant,
        parent_thing=str(parent.thing),
        parent_digest=parent.digest or "",
        child_thing=str(child.thing),
        child_digest=child.digest or "",
        relation=change.relation,
        rev=rev,
    )
    key = (link.tenant, link.parent_thing, link.parent_digest, link.child_thing, link.child_digest, link.relation)
    known = book.get(LINKS, *key)
    if known is None or rev > known.rev:
        book.put(LINKS, link)


@fold_change.register
def _(change: FindingAccepted, book: Book, record: Record, rev: int) -> None:
    _decide(book, record, rev, change.fingerprint, "accepted", change.reason, change)
    opened = CaseOpened(
        case=change.case,
        case_kind="risk-acceptance",
        title=change.title or f"Accept {change.fingerprint}",
        owner=record.actor or "",
        reason=change.reason,
        records=(change.fingerprint,),
        expires=change.until,
    )
    _open(opened, book, record, rev)


@fold_change.register
def _(change: FindingBaselined, book: Book, record: Record, rev: int) -> None:
    for fingerprint in change.fingerprints:
        _decide(book, record, rev, fingerprint, "baseline", change.reason)


@fold_change.register
def _(change: FindingReopened, book: Book, record: Record, rev: int) -> None:
    _decide(book, record, rev, change.fingerprint, "reopened", change.reason)
    if change.case:
        _close(CaseClosed(case=change.case, reason=change.reason), book, record, rev)


def _decide(
    book: Book,
    record: Record,
    rev: int,
    fingerprint: str,
    decided: Decided,
    reason: str,
    accepted: FindingAccepted | None = None,
) -> None:
    known = book.get(DECISIONS, record.tenant, fingerprint)
    if known is None or rev > known.rev:
        decision = DecisionRow(
            tenant=record.tenant,
            fingerprint=fingerprint,
            decided=decided,
            rev=rev,
            id=record.id,
            at=record.at,
            actor=record.actor or "",
            reason=reason,
            until=accepted.until if accepted else None,
            case_id=accepted.case if accepted else "",
        )
        book.put(DECISIONS, decision)


@fold_change.register
def _open(change: CaseOpened, book: Book, record: Record, rev: int) -> None:
    row = book.get(CASES, record.tenant, change.case) or CaseRow(tenant=record.tenant, id=change.case)
    if rev > row.opened_rev:
        opened = msgspec.structs.replace(
            row,
            kind=change.case_kind,
            title=change.title,
            owner=change.owner,
            reason=change.reason,
            records=change.records,
            expires=change.expires,
            opened_at=record.at,
            opened_rev=rev,
        )
        book.put(CASES, opened)


@fold_change.register
def _close(change: CaseClosed, book: Book, record: Record, rev: int) -> None:
    row = book.get(CASES, record.tenant, change.case) or CaseRow(tenant=record.tenant, id=change.case)
    if rev > row.closed_rev:
        closed = msgspec.structs.replace(row, closed_at=record.at, closed_rev=rev, closed_reason=change.reason)
        book.put(CASES, closed)


@fold_change.register
def _(change: KeyAdded, book: Book, record: Record, rev: int) -> None:
    row = book.get(KEYS, record.tenant, change.key) or KeyRow(tenant=record.tenant, key=change.key)
    if rev > row.added_rev:
        added = msgspec.structs.replace(
            row,
            name=change.name,
            digest=change.digest,
            roles=change.roles,
            routes=change.routes,
            expires=change.expires,
            added_at=record.at,
            added_rev=rev,
        )
        book.put(KEYS, added)


@fold_change.register
def _(change: KeyRevoked, book: Book, record: Record, rev: int) -> None:
    row = book.get(KEYS, record.tenant, change.key) or KeyRow(tenant=record.tenant, key=change.key)
    if rev > row.revoked_rev:
        book.put(KEYS, msgspec.structs.replace(row, revoked_at=record.at, revoked_rev=rev))


@fold_change.register
def _(change: PolicyPut, book: Book, record: Record, rev: int) -> None:
    if Policy(change.text).digest != change.digest:
        raise Refused("a policy's text does not have the digest that is said of it")
    row = PolicyRow(
        tenant=record.tenant,
        rev=rev,
        digest=change.digest,
        text=change.text,
        source=change.source,
        at=record.at,
        actor=record.actor or "",
    )
    book.put(POLICIES, row)


def _asset(text: str) -> Asset:
    try:
        return Asset.parse(text)
    except BartizanError as error:
        raise Refused(f"an asset cannot be read: {error.what}") from None
