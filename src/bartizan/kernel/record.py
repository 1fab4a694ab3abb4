"""Records: immutable facts in one envelope, and the five bodies that a record can have."""

import hashlib
import math
import re
from datetime import UTC, datetime
from types import NoneType
from typing import Annotated, Any, Literal, TypeAlias, get_args

import msgspec

from bartizan.kernel.asset import Asset
from bartizan.kernel.errors import BartizanError, HostileInput
from bartizan.kernel.grades import Confidence, Interval, Severity
from bartizan.kernel.ids import new_id

VERSION = 1
MIN_INT, MAX_INT = -(2**63), 2**63 - 1
MAX_DEPTH = 16
is_id = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\Z").match

Json: TypeAlias = Any
Decision: TypeAlias = Literal["allow", "redact", "ask", "block", "unscanned"]
Outcome: TypeAlias = Literal["proposed", "done", "failed", "undone"]
# `\Z`, because `$` also matches before a newline at the end.
SLUG = r"^[a-z0-9][a-z0-9._-]{0,127}\Z"
Slug: TypeAlias = Annotated[str, msgspec.Meta(pattern=SLUG)]
Moment: TypeAlias = Annotated[datetime, msgspec.Meta(tz=True)]
Rev: TypeAlias = Annotated[int, msgspec.Meta(ge=1, le=MAX_INT)]


DECISIONS = frozenset(get_args(Decision))
OUTCOMES = frozenset(get_args(Outcome))
TEXT, TEXT_OR_NONE, INT_OR_NONE = frozenset({str}), frozenset({str, NoneType}), frozenset({int, NoneType})
is_slug = re.compile(SLUG).match


class RecordTooNew(BartizanError):
    """The record was written by a later version of Bartizan."""


class Body(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, tag_field="kind"):
    """What a record says. One of the five below."""

    def plain(self) -> bool:
        """True if each field has the very type that it is read back as; then nothing that is written can be refused.

        A struct takes whatever a caller puts into it. What is not plain may be sound all the same: `encode` then
        reads the line once to find out, which costs five times as much.
        """
        return False


class Event(Body, frozen=True, tag="event"):
    """Something happened."""

    name: Slug
    data: dict[str, Json] = {}

    def __post_init__(self) -> None:
        if type(self.data) is not dict:
            raise ValueError(f"event data is a dict, not a {type(self.data).__name__}")
        _check_json(self.data, MAX_DEPTH)

    def plain(self) -> bool:
        if type(self.data) is not dict:
            return False
        _check_json(self.data, MAX_DEPTH)  # again, for a dict may have changed since
        return type(self.name) is str and is_slug(self.name) is not None


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

    def plain(self) -> bool:
        score = self.score
        return (
            type(self.said) is str
            and self.said in DECISIONS
            and type(self.did) is str
            and self.did in DECISIONS
            and type(self.reason) is str
            and type(self.rules) is tuple
            and (not self.rules or TEXT.issuperset(map(type, self.rules)))
            and (score is None or type(score) is float)
            and type(self.us) is int
        )


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

    def plain(self) -> bool:
        """As for a body."""
        return (
            type(self.path) is str
            and type(self.member) is str
            and type(self.line) in INT_OR_NONE
            and type(self.start) in INT_OR_NONE
            and type(self.end) in INT_OR_NONE
        )


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
        parts = (self.rule, asset.thing_text if asset else "", self.place.path, self.place.member, self.evidence)
        digest = hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()
        return msgspec.structs.replace(self, fingerprint=digest[:32])

    def plain(self) -> bool:
        return (
            type(self.rule) is str
            and is_slug(self.rule) is not None
            and type(self.severity) is Severity
            and type(self.message) is str
            and type(self.confidence) is Confidence
            and type(self.place) is Place
            and self.place.plain()
            and type(self.threats) is tuple
            and TEXT.issuperset(map(type, self.threats))
            and all(map(is_slug, self.threats))
            and type(self.fix) is str
            and type(self.evidence) is str
            and type(self.fingerprint) is str
        )


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

    def plain(self) -> bool:
        value, interval = self.value, self.interval
        return (
            type(self.name) is str
            and is_slug(self.name) is not None
            and (type(value) is float and math.isfinite(value) if value is not None else self.reason != "")
            and type(self.unit) is str
            and (interval is None or (type(interval) is Interval and interval.plain()))
            and type(self.n) is int
            and type(self.seed) in INT_OR_NONE
            and type(self.reason) is str
        )


class Action(Body, frozen=True, tag="action"):
    """Something was done; `undo` says how to take it back."""

    name: Slug
    target: str
    outcome: Outcome
    undo: str = ""
    reason: str = ""

    def plain(self) -> bool:
        return (
            type(self.name) is str
            and is_slug(self.name) is not None
            and type(self.target) is str
            and type(self.outcome) is str
            and self.outcome in OUTCOMES
            and type(self.undo) is str
            and type(self.reason) is str
        )


AnyBody: TypeAlias = Event | Verdict | Finding | Measure | Action
BODIES = frozenset(get_args(AnyBody))


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

    def plain(self) -> bool:
        """True if this record, as it is written, cannot be refused by a reader: see `Body.plain`."""
        body, rev, at, causes = self.body, self.rev, self.at, self.causes
        return (
            type(self.v) is int
            and self.v == VERSION
            and type(self.id) is str
            and is_id(self.id) is not None
            and type(at) is datetime
            and at.tzinfo is UTC
            and type(self.tenant) is str
            and (rev is None or (type(rev) is int and 0 < rev <= MAX_INT))
            and type(self.control) in TEXT_OR_NONE
            and type(self.asset) in TEXT_OR_NONE
            and type(self.actor) in TEXT_OR_NONE
            and type(self.payload) in TEXT_OR_NONE
            and type(self.seal) in TEXT_OR_NONE
            and type(causes) is tuple
            and _are_ids(causes)
            and type(body) in BODIES
            and body.plain()
        )


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
UNWRITABLE = (*UNREADABLE, UnicodeEncodeError, OverflowError, TypeError)
"""What a record that cannot be a line makes an encoder raise."""


def encode(record: Record) -> bytes:
    """The record as one JSON line, without the newline.

    A record that readers would stop at is refused before it is durable: one that is not plainly of the right types is
    read back here.
    """
    try:
        line = _encoder.encode(record)
        if record.plain():
            return line
        read = _decoder.decode(line)
    except UNWRITABLE as error:
        raise HostileInput(f"a record cannot be written: {error}", where=record.id) from None
    if read.v != VERSION or read.at.utcoffset():
        raise HostileInput(f"a record is written in version {VERSION} and in UTC", where=record.id)
    if not all(map(is_id, (read.id, *read.causes))):
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


def _are_ids(causes: tuple[str, ...]) -> bool:
    for cause in causes:  # noqa: SIM110 - a generator would cost more than the work
        if type(cause) is not str or is_id(cause) is None:
            return False
    return True


def _check_version(version: int) -> None:
    if version != VERSION:
        raise RecordTooNew(f"a record has version {version}, this Bartizan reads {VERSION}", todo="Upgrade Bartizan.")


def _check_finite(number: float | None) -> None:
    if number is not None and not math.isfinite(number):
        raise ValueError(f"{number} is no finite number")


def _check_json(value: Json, depth: int) -> None:
    """Refuse what JSON readers disagree about: huge and non-finite numbers, deep nesting, other types."""
    if depth == 0:
        raise ValueError(f"event data is nested deeper than {MAX_DEPTH}")
    if type(value) is dict:
        if not TEXT.issuperset(map(type, value)):
            wrong = next(key for key in value if type(key) is not str)
            raise ValueError(f"event data has a key that is no text: {wrong!r}")
        value = value.values()
    for item in value:
        kind = type(item)
        if kind is str or kind is bool or item is None:
            continue
        if kind is int:
            if not MIN_INT <= item <= MAX_INT:
                raise ValueError(f"{item} does not fit 64 bits")
        elif kind is float:
            _check_finite(item)
        elif kind is dict or kind is list or kind is tuple:
            _check_json(item, depth - 1)
        else:
            raise ValueError(f"event data holds a {kind.__name__}, which is no JSON")
