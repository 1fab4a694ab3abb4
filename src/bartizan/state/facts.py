"""Facts: what findings, finished looks and met assets do to the views.

Each fact is folded exactly once, in the order of its ledger slot. Across slots the order does not matter: first and
last are taken by record id, which is ordered by time, and a look that came before its finding was known is remembered.
"""

import re
from functools import lru_cache

import msgspec

from bartizan.kernel import Asset, BartizanError, Event, Finding, Record
from bartizan.state.book import Book
from bartizan.state.errors import Refused
from bartizan.state.rows import AssetRow, FindingRow, LookRow
from bartizan.state.tables import ASSETS, FINDINGS, LOOKS

ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z")
FINISHED = "control.finished"
SEEN = "asset.seen"


def is_fact(record: Record) -> bool:
    """True if the views say something about such a record."""
    body = record.body
    return type(body) is Finding or (type(body) is Event and body.name in (FINISHED, SEEN))


def fold_fact(book: Book, record: Record) -> None:
    """Takes one fact into the views."""
    if not ID.match(record.id):
        raise Refused("the record's id is no UUID")
    asset = _asset(record.asset) if record.asset else None
    if asset:
        meet(book, record, asset)
    if type(record.body) is Finding:
        _sight(book, record, record.body.identified(asset), asset)
    elif type(record.body) is Event and record.body.name == FINISHED and asset and record.control:
        _finish(book, record, record.body, asset)


def meet(book: Book, record: Record, asset: Asset) -> None:
    """Notes that the asset was there when the record was written."""
    thing = str(asset.thing)
    row = book.get(ASSETS, record.tenant, thing) or AssetRow(tenant=record.tenant, thing=thing)
    if not row.first_id or record.id < row.first_id:
        row = msgspec.structs.replace(row, first_id=record.id, first_at=record.at)
    if record.id > row.last_id:
        row = msgspec.structs.replace(row, last_id=record.id, last_at=record.at)
    if asset.digest and record.id > row.digest_id:
        row = msgspec.structs.replace(row, digest=asset.digest, digest_id=record.id)
    book.put(ASSETS, row)


def _sight(book: Book, record: Record, finding: Finding, asset: Asset | None) -> None:
    """Counts a sighting; the latest one says what the finding looks like."""
    thing = str(asset.thing) if asset else ""
    control = _control(record)
    sighting = FindingRow(
        tenant=record.tenant,
        fingerprint=finding.fingerprint,
        thing=thing,
        digest=(asset.digest or "") if asset else "",
        control=control,
        rule=finding.rule,
        severity_rank=finding.severity.rank,
        finding=finding,
        count=1,
        first_id=record.id,
        first_at=record.at,
        last_id=record.id,
        last_at=record.at,
    )
    known = book.get(FINDINGS, record.tenant, finding.fingerprint)
    if known is None:
        look = book.get(LOOKS, record.tenant, thing, control)
        missed = look is not None and finding.fingerprint not in look.fingerprints
        book.put(FINDINGS, msgspec.structs.replace(sighting, gone_id=look.id if look and missed else ""))
        return
    latest = sighting if record.id > known.last_id else known
    earliest = sighting if record.id < known.first_id else known
    book.put(
        FINDINGS,
        msgspec.structs.replace(
            latest,
            count=known.count + 1,
            first_id=earliest.first_id,
            first_at=earliest.first_at,
            gone_id=known.gone_id,
        ),
    )


def _finish(book: Book, record: Record, event: Event, asset: Asset) -> None:
    """Notes which findings of the control a complete look at the asset no longer saw."""
    fingerprints = _fingerprints(event)
    if fingerprints is None:
        return
    thing, control = str(asset.thing), _control(record)
    look = book.get(LOOKS, record.tenant, thing, control)
    if look is None or record.id > look.id:
        row = LookRow(tenant=record.tenant, thing=thing, control=control, id=record.id, fingerprints=fingerprints)
        book.put(LOOKS, row)
    saw = frozenset(fingerprints)
    for known in book.findings_of(record.tenant, thing, control):
        if known.fingerprint not in saw and record.id > known.gone_id:
            book.put(FINDINGS, msgspec.structs.replace(known, gone_id=record.id))


def _fingerprints(event: Event) -> tuple[str, ...] | None:
    """The findings that a look saw, or None if it does not say that it saw everything."""
    listed, count = event.data.get("fingerprints"), event.data.get("findings")
    if listed is None or event.data.get("complete", True) is not True:
        return None
    if type(listed) not in (list, tuple) or not all(type(item) is str for item in listed):
        raise Refused("the fingerprints of a finished control are no list of texts")
    if type(count) is not int or count < len(set(listed)) or (count > 0 and not listed):
        raise Refused(f"a finished control counts {count!r} findings and lists {len(listed)}")
    return tuple(sorted(set(listed)))


def _control(record: Record) -> str:
    return (record.control or "").partition("@")[0]


@lru_cache(maxsize=4_096)
def _asset(text: str) -> Asset:
    try:
        return Asset.parse(text)
    except BartizanError as error:
        raise Refused(f"the record's asset cannot be read: {error.what}") from None
