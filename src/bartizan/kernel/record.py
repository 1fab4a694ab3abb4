"""Records: immutable facts in one envelope, and the five bodies that a record can have."""

import hashlib
import math
import re
from datetime import UTC, datetime
from typing import Annotated, Any, Literal, TypeAlias

import msgspec

from bartizan.kernel.asset import Asset
from bartizan.kernel.errors import BartizanError, HostileInput
from bartizan.kernel.grades import Confidence, Interval, Severity
from bartizan.kernel.ids import new_id

VERSION = 1
MAX_INT = 2**63 - 1
MAX_DEPTH = 16
ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\Z")

Json: TypeAlias = Any
Decision: TypeAlias = Literal["allow", "redact", "ask", "block", "unscanned"]
Outcome: TypeAlias = Literal["proposed", "done", "failed", "undone"]
# `\Z`, because `$` also matches before a newline at the end.
Slug: TypeAlias = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9._-]{0,127}\Z")]
Moment: TypeAlias = Annotated[datetime, msgspec.Meta(tz=True)]
Rev: TypeAlias = Annotated[int, msgspec.Meta(ge=1, le=MAX_INT)]


class RecordTooNew(BartizanError):
    """The record was written by a later version of Bartizan."""


class Body(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, tag_field="kind"):
    """What a record says. One of the five below."""


class Event(Body, frozen=True, tag="event"):
    """Something happened."""

    name: Slug
    data: dict[str, Json] = {}

    def __post_init__(self) -> None:
        _check_json(self.data, MAX_DEPTH)


class Verdict(Body, frozen=True, tag="verdict"):
    """What a guard said about an exchange, and what was enforced."""

    said: Decision
    did: Decision
    reason: str = ""
    rules: tuple[str, ...] = ()
    score: float | None = None
    us: int = 0

    def __post_init__(self) -> None:
        _check_finite(self.score)


class Place(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Where in an asset: a path, a member of an archive, a line, a span of bytes or characters."""

    path: str = ""
    member: str = ""
    line: int | None = None
    start: int | None = None
    end: int | None = None

    def __str__(self) -> str:
        text = "!".join(part for part in (self.path, self.member) if part)
        if self.line is not None:
            return f"{text}:{self.line}"
        return f"{text}+{self.start}" if self.start is not None else text


class Finding(Body, frozen=True, tag="finding"):
    """An asset is exposed."""

    rule: Slug
    severity: Severity
    message: str
    confidence: Confidence = Confidence.HIGH
    place: Place = Place()
    threats: tuple[Slug, ...] = ()
    fix: str = ""
    evidence: str = ""
    fingerprint: str = ""

    def identified(self, asset: Asset | None) -> "Finding":
        """The same finding with its fingerprint: stable while rule, thing, place and evidence are."""
        if self.fingerprint:
            return self
        parts = (self.rule, str(asset.thing) if asset else "", self.place.path, self.place.member, self.evidence)
        digest = hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()
        return msgspec.structs.replace(self, fingerprint=digest[:32])


class Measure(Body, frozen=True, tag="measure"):
    """A number with its interval, n and seed; without a value it says why it was not assessed."""

    name: Slug
    value: float | None
    unit: str = ""
    interval: Interval | None = None
    n: int = 0
    seed: int | None = None
    reason: str = ""

    def __post_init__(self) -> None:
        _check_finite(self.value)
        if self.value is None and not self.reason:
            raise ValueError(f"measure {self.name} has neither a value nor a reason why it was not assessed")


class Action(Body, frozen=True, tag="action"):
    """Something was done; `undo` says how to take it back."""

    name: Slug
    target: str
    outcome: Outcome
    undo: str = ""
    reason: str = ""


AnyBody: TypeAlias = Event | Verdict | Finding | Measure | Action


class Record(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One immutable fact: the envelope that says who, when and about what, then the body."""

    v: int
    """The version of this layout."""
    id: str
    """A UUID version 7: unique, and ordered by time within one process."""
    at: Moment
    """When it was written, in UTC."""
    tenant: str
    rev: Rev | None = None
    """The number of the change of state that this record is; absent on other facts."""
    control: str | None = None
    """`id@digest` of the control that yielded the body."""
    asset: str | None = None
    """What the body is about, as `kind:name@digest`."""
    actor: str | None = None
    """On whose behalf: `person:...`, `key:...`, `agent:...` or `service:...`."""
    payload: str | None = None
    """The keyed digest of sensitive bytes in the payload store."""
    seal: str | None = None
    """A keyed digest over a change of state, which only a holder of the vault can make."""
    body: AnyBody
    causes: tuple[str, ...] = ()
    """The ids of the records that led to this one."""


class Stamp(msgspec.Struct, frozen=True, kw_only=True):
    """What whoever drives a control knows of every record that the control yields."""

    tenant: str = "main"
    control: str | None = None
    asset: Asset | None = None
    actor: str | None = None
    causes: tuple[str, ...] = ()

    def __call__(self, body: AnyBody, *, rev: int | None = None, payload: str | None = None) -> Record:
        """The record that says `body`, now."""
        if type(body) is Finding:
            body = body.identified(self.asset)
        asset = str(self.asset) if self.asset else None
        return Record(
            v=VERSION,
            id=new_id(),
            at=datetime.now(UTC),
            tenant=self.tenant,
            rev=rev,
            control=self.control,
            asset=asset,
            actor=self.actor,
            payload=payload,
            body=body,
            causes=self.causes,
        )


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Record)


class _Peek(msgspec.Struct):
    v: int


_peek = msgspec.json.Decoder(_Peek)
UNREADABLE = (msgspec.MsgspecError, UnicodeDecodeError, ValueError, RecursionError)
"""What a line that is no record makes a decoder raise."""


def encode(record: Record) -> bytes:
    """The record as one JSON line, without the newline.

    A struct takes whatever a caller puts into it, and types are checked when a line is read. So each line is read once
    here: a record that readers would stop at is refused before it is durable.
    """
    try:
        line = _encoder.encode(record)
        _decoder.decode(line)
    except (*UNREADABLE, UnicodeEncodeError, OverflowError, TypeError) as error:
        raise HostileInput(f"a record cannot be written: {error}", where=record.id) from None
    if record.v != VERSION or (record.at.tzinfo is not UTC and record.at.utcoffset()):
        raise HostileInput(f"a record is written in version {VERSION} and in UTC", where=record.id)
    if not ID.match(record.id) or (record.causes and not all(map(ID.match, record.causes))):
        raise HostileInput("a record and its causes are named by UUIDs", where=record.id)
    return line


def decode(line: bytes | memoryview) -> Record:
    """The record that `encode` wrote; anything else is refused with its reason."""
    try:
        record = _decoder.decode(line)
    except UNREADABLE as error:
        try:
            version = _peek.decode(line).v
        except UNREADABLE:
            version = VERSION
        _check_version(version)
        raise HostileInput(f"a line is no record: {error}") from None
    _check_version(record.v)
    return record


def _check_version(version: int) -> None:
    if version != VERSION:
        raise RecordTooNew(f"a record has version {version}, this Bartizan reads {VERSION}", todo="Upgrade Bartizan.")


def _check_finite(number: float | None) -> None:
    if number is not None and not math.isfinite(number):
        raise ValueError(f"{number} is no finite number")


def _check_json(value: Json, depth: int) -> None:
    """Refuse what JSON readers disagree about: huge and non-finite numbers, deep nesting, other types."""
    kind = type(value)
    if kind is str or kind is bool or value is None:
        return
    if kind is int:
        if not -MAX_INT - 1 <= value <= MAX_INT:
            raise ValueError(f"{value} does not fit 64 bits")
    elif kind is float:
        _check_finite(value)
    elif depth == 0:
        raise ValueError(f"event data is nested deeper than {MAX_DEPTH}")
    elif kind is dict:
        for key, item in value.items():
            if type(key) is not str:
                raise ValueError(f"event data has a key that is no text: {key!r}")
            if type(item) is not str:  # most are, and each call costs
                _check_json(item, depth - 1)
    elif kind is list or kind is tuple:
        for item in value:
            if type(item) is not str:
                _check_json(item, depth - 1)
    else:
        raise ValueError(f"event data holds a {kind.__name__}, which is no JSON")
