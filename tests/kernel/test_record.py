import json
import math
import re
from collections.abc import Iterator
from copy import copy
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from enum import StrEnum
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bartizan.kernel import (
    Action,
    Asset,
    Confidence,
    Event,
    Finding,
    HostileInput,
    Interval,
    Measure,
    Place,
    Record,
    RecordTooNew,
    Severity,
    Stamp,
    Verdict,
    decode,
    encode,
)
from tests.kernel.strategies import ASSETS, BODIES, RECORDS


@given(RECORDS)
def test_a_record_reads_back_as_written(record: Record) -> None:
    assert decode(encode(record)) == record


@given(RECORDS)
def test_a_line_is_json_with_the_envelope_first_and_the_body_last(record: Record) -> None:
    line = encode(record)
    keys = list(json.loads(line))
    assert b"\n" not in line
    assert line.startswith(b'{"v":1,"id":')
    assert [key for key in keys if key != "causes"][-1] == "body"


@given(RECORDS, st.integers(2, 2**31))
def test_a_later_version_is_told_from_a_malformed_line(record: Record, version: int) -> None:
    later = json.dumps({**json.loads(encode(record)), "v": version, "novelty": 1}).encode()
    with pytest.raises(RecordTooNew, match=f"version {version}"):
        decode(later)


@given(RECORDS)
def test_an_unknown_key_is_refused(record: Record) -> None:
    with pytest.raises(HostileInput, match="novelty"):
        decode(json.dumps({**json.loads(encode(record)), "novelty": 1}).encode())


@given(st.binary(max_size=200))
def test_bytes_that_are_no_record_are_refused(line: bytes) -> None:
    with pytest.raises((HostileInput, RecordTooNew)):
        decode(line)


@pytest.mark.parametrize("line", [b"[" * 100_000, b'{"v":1,"body":' + b'{"a":' * 100_000])
def test_deep_nesting_is_refused_and_does_not_crash(line: bytes) -> None:
    with pytest.raises(HostileInput):
        decode(line)


@given(BODIES, ASSETS)
def test_a_stamp_says_who_when_and_about_what(body: Any, asset: Asset) -> None:
    stamp = Stamp(tenant="acme", control="a.b@1", asset=asset, actor="person:ann", causes=("x",))
    first, second = stamp(body), stamp(body, rev=7, payload="p")
    assert (first.tenant, first.control, first.asset, first.actor) == ("acme", "a.b@1", str(asset), "person:ann")
    assert (first.causes, first.rev, second.rev, second.payload) == (("x",), None, 7, "p")
    assert first.id < second.id
    assert first.at.utcoffset() is not None


FINDING = Finding("a.rule", Severity.HIGH, "bad", place=Place("m.pt", line=3))


def test_a_fingerprint_outlives_new_content_and_moved_lines() -> None:
    at_first = Stamp(asset=Asset("model-file", "m.pt", "sha256:" + "0" * 64))(FINDING).body
    moved = msgspec.structs.replace(FINDING, place=Place("m.pt", line=9), message="still bad")
    later = Stamp(asset=Asset("model-file", "m.pt", "sha256:" + "1" * 64))(moved).body
    assert at_first.fingerprint == later.fingerprint != ""


@pytest.mark.parametrize(
    "other",
    [
        msgspec.structs.replace(FINDING, rule="b.rule"),
        msgspec.structs.replace(FINDING, place=Place("n.pt", line=3)),
        msgspec.structs.replace(FINDING, place=Place("m.pt", "inner", line=3)),
        msgspec.structs.replace(FINDING, evidence="os.system"),
    ],
)
def test_another_exposure_has_another_fingerprint(other: Finding) -> None:
    assert other.identified(None).fingerprint != FINDING.identified(None).fingerprint


@pytest.mark.parametrize(
    "make",
    [
        lambda: Event("x", {"a": float("nan")}),
        lambda: Event("x", {"a": [1, {"b": float("inf")}]}),
        lambda: Event("x", {"a": 2**63}),
        lambda: Event("x", {"a": {1: 2}}),
        lambda: Event("x", {"a": object()}),
        lambda: Verdict("allow", "allow", score=float("nan")),
        lambda: Measure("x", float("inf")),
        lambda: Measure("x", None),
    ],
)
def test_values_that_readers_disagree_about_are_refused(make: Any) -> None:
    with pytest.raises(ValueError, match=r"finite|64 bits|no text|no JSON|neither a value"):
        make()


def test_endless_nesting_is_refused() -> None:
    loop: dict[str, Any] = {}
    loop["again"] = loop
    with pytest.raises(ValueError, match="nested deeper"):
        Event("x", loop)


def test_a_lone_surrogate_is_refused_with_the_id_of_the_record() -> None:
    record = Stamp()(Event("x", {"a": "\ud800"}))
    with pytest.raises(HostileInput, match=record.id):
        encode(record)


SOUND = Stamp()(Event("x"))


@pytest.mark.parametrize(
    ("record", "said"),
    [
        (Stamp()(Event("Not a slug")), "regex"),
        (Stamp()(Event("newline\n")), "regex"),
        (Stamp()(msgspec.structs.replace(FINDING, rule="../..")), "regex"),
        (Stamp()(msgspec.structs.replace(FINDING, threats=("A b",))), "regex"),
        (Stamp()(msgspec.structs.replace(FINDING, severity="dire")), "dire"),
        (Stamp()(msgspec.structs.replace(FINDING, message=7)), "Expected `str`"),
        (Stamp()(Verdict("perhaps", "allow")), "perhaps"),  # type: ignore[arg-type]
        (Stamp(tenant=None)(Event("x")), "Expected `str`"),  # type: ignore[arg-type]
        (msgspec.structs.replace(SOUND, at=datetime(2026, 1, 1)), "timezone"),
        (msgspec.structs.replace(SOUND, at=datetime(2026, 1, 1, tzinfo=timezone(timedelta(hours=2)))), "UTC"),
        (msgspec.structs.replace(SOUND, rev=2**63), "<="),
        (msgspec.structs.replace(SOUND, rev=0), ">="),
        (msgspec.structs.replace(SOUND, v=2), "version 1"),
        (msgspec.structs.replace(SOUND, id="mine"), "UUID"),
        (msgspec.structs.replace(SOUND, causes=(SOUND.id, "because")), "UUID"),
        (msgspec.structs.replace(SOUND, body={"kind": "event", "name": "X Y"}), "regex"),
    ],
)
def test_what_could_not_be_read_again_is_not_written(record: Record, said: str) -> None:
    with pytest.raises(HostileInput, match=said) as refused:
        encode(record)
    assert refused.value.where == record.id


class Text(str):
    """Text to those who look at what it is, and not to those who look at what it is made of."""


class Kind(StrEnum):
    ALLOW = "allow"


class OtherEvent(Event, frozen=True, tag="event"):
    """A body that Bartizan does not know."""


# fmt: off
ODD = (
    None, True, 0, 1, -1, 2**63 - 1, 2**63, 2**64, -(2**63) - 1, 0.5, math.nan, math.inf, Decimal(1), object(), b"x",
    "", "x", "x\n", "\ud800", "Not a slug", "allow", "high", "done", SOUND.id, SOUND.id.upper(), Text("x"),
    Text("allow"), Kind.ALLOW, Severity.LOW, Confidence.LOW, [], ["x"], set(), (), ("x",), ("X y",), ("x", None),
    (SOUND.id,), (SOUND.id, 7), (Text(SOUND.id),), {}, {"a": 1}, {1: 2}, {"a": object()}, {"a": {"b": [math.nan]}},
    {"a": 2**63}, date(2026, 1, 1), datetime(2026, 1, 1), datetime(1, 1, 1, tzinfo=UTC),
    datetime(2026, 1, 1, tzinfo=timezone(timedelta(0))), datetime(2026, 1, 1, tzinfo=timezone(timedelta(hours=1))),
    Place("a", "b", 1), Interval(0.0, 1.0), Interval(0, 1), Event("x"), OtherEvent("x"),
)
# fmt: on


def set_past_all_checks(value: Any, path: tuple[str, ...], odd: Any) -> Any:
    """The struct with the field at the end of the path set to something odd, which its constructor would not take."""
    changed = copy(value)
    field = odd if len(path) == 1 else set_past_all_checks(getattr(value, path[0]), path[1:], odd)
    msgspec.structs.force_setattr(changed, path[0], field)
    return changed


def paths(value: msgspec.Struct) -> Iterator[tuple[str, ...]]:
    """Every field of a struct, and of the structs in it."""
    for name in value.__struct_fields__:
        yield (name,)
        if isinstance(held := getattr(value, name), msgspec.Struct):
            yield from ((name, *path) for path in paths(held))


def read_back(record: Record) -> bytes | None:
    """The line, by the one sure way to know: read it again. None if it is refused, or if no event takes its data."""
    try:
        if type(record.body) is Event and type(record.body.data) is dict:
            Event("x", record.body.data)
        line = msgspec.json.encode(record)
        read = msgspec.json.decode(line, type=Record)
    except (msgspec.MsgspecError, ValueError, RecursionError, OverflowError, TypeError):
        return None
    names = (read.id, *read.causes)
    named = all(re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", name) for name in names)
    return line if named and read.v == 1 and not read.at.utcoffset() else None


def written(record: Record) -> bytes | None:
    try:
        return encode(record)
    except HostileInput:
        return None


@pytest.mark.parametrize(
    "body",
    [
        Event("x", {"a": 1}),
        Verdict("allow", "ask", "why", ("a", "b"), 0.5, 3),
        msgspec.structs.replace(FINDING, threats=("a", "b")),
        Measure("x", 1.0, "s", Interval(0.0, 2.0), 3, 4),
        Measure("x", None, reason="why"),
        Action("x", "y", "done", "undo", "why"),
    ],
)
def test_exactly_what_reads_back_is_written_whichever_field_is_odd(body: Any) -> None:
    sound = msgspec.structs.replace(SOUND, body=body, rev=3, causes=(SOUND.id,))
    assert sound.plain()
    for path in paths(sound):
        for odd in ODD:
            record = set_past_all_checks(sound, path, odd)
            assert (path, odd, written(record)) == (path, odd, read_back(record))


@st.composite
def odd_records(draw: st.DrawFn) -> Record:
    record: Record = draw(RECORDS)
    for _ in range(draw(st.integers(0, 3))):
        record = set_past_all_checks(record, draw(st.sampled_from(list(paths(record)))), draw(st.sampled_from(ODD)))
    return record


@given(odd_records())
def test_exactly_what_reads_back_is_written(record: Record) -> None:
    assert written(record) == read_back(record)


@given(RECORDS)
def test_a_record_as_our_own_code_makes_it_is_plain(record: Record) -> None:
    assert record.plain()


def test_data_that_changed_since_it_was_checked_is_checked_again() -> None:
    data: dict[str, Any] = {"a": 1}
    record = Stamp()(Event("x", data))
    data["a"] = [[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]
    with pytest.raises(HostileInput, match="nested deeper"):
        encode(record)


def test_what_was_not_assessed_says_why() -> None:
    assert decode(encode(Stamp()(Measure("x", None, reason="no labels")))).body == Measure(
        "x", None, reason="no labels"
    )


@pytest.mark.parametrize(
    ("place", "text"),
    [
        (Place("a.zip", "b.pkl", line=3), "a.zip!b.pkl:3"),
        (Place("a.pkl", start=17), "a.pkl+17"),
        (Place(), ""),
    ],
)
def test_a_place_reads_like_a_path(place: Place, text: str) -> None:
    assert str(place) == text
