"""Facts: what findings, finished looks and met assets do to the views.

Each fact is folded exactly once, in the order of its ledger slot. Across slots the order does not matter: first and
last are taken by record id, which is ordered by time, and a look that came before its finding was known is remembered.
"""

from functools import lru_cache

import msgspec

from bartizan.kernel import Asset, BartizanError, Event, Finding, Record
from bartizan.kernel.record import is_id
from bartizan.state.book import Book
from bartizan.state.errors import Refused
from bartizan.state.rows import AssetRow, FindingRow, LookRow
from bartizan.state.tables import ASSETS, FINDINGS, LOOKS

FINISHED = "control.finished"
SEEN = "asset.seen"
MAX_CONTROLS = 64


def is_fact(record: Record) -> bool:
    """True if the views say something about such a record."""
    body = record.body
    return type(body) is Finding or (type(body) is Event and body.name in (FINISHED, SEEN))


def fold_fact(book: Book, record: Record) -> None:
    """Takes one fact into the views."""
    if not is_id(record.id):
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
        seen={control: record.id},
    )
    known = book.get(FINDINGS, record.tenant, finding.fingerprint)
    latest, earliest, count = sighting, sighting, 1
    seen, gone = dict(known.seen if known else {}), known.gone if known else {}
    if control not in seen:
        look = book.get(LOOKS, record.tenant, thing, control)
        if look is not None and finding.fingerprint not in look.fingerprints:
            gone = gone | {control: look.id}
        if len(seen) == MAX_CONTROLS:
            raise Refused(f"more than {MAX_CONTROLS} controls claim one finding")
    if known:
        count += known.count
        latest = sighting if record.id > known.last_id else known
        earliest = sighting if record.id < known.first_id else known
    seen[control] = max(record.id, seen.get(control, ""))
    row = msgspec.structs.replace(
        latest, count=count, first_id=earliest.first_id, first_at=earliest.first_at, seen=seen, gone=gone
    )
    book.put(FINDINGS, _standing(row))


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
    for known in book.findings_of(record.tenant, thing):
        missed = control in known.seen and known.fingerprint not in saw
        if missed and record.id > known.gone.get(control, ""):
            book.put(FINDINGS, _standing(msgspec.structs.replace(known, gone=known.gone | {control: record.id})))


def _standing(row: FindingRow) -> FindingRow:
    """The row with what follows from who saw it, and who missed it."""
    fixed = all(row.gone.get(control, "") > last for control, last in row.seen.items())
    gone_id = min(row.gone.get(control, "") for control in row.seen)
    return msgspec.structs.replace(row, fixed=int(fixed), gone_id=gone_id)


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
