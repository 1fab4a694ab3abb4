"""Hypothesis strategies for the kernel's nouns, shared by the tests of all rooms."""

from datetime import UTC, datetime

from hypothesis import strategies as st

from bartizan.kernel import (
    Action,
    Asset,
    Confidence,
    Event,
    Finding,
    Interval,
    Measure,
    Place,
    Record,
    Severity,
    Verdict,
)

SLUGS = st.from_regex(r"[a-z0-9][a-z0-9._-]{0,20}", fullmatch=True)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
FINITE = st.floats(allow_nan=False, allow_infinity=False)
INT64 = st.integers(-(2**63), 2**63 - 1)
DIGESTS = st.from_regex(r"sha256:[0-9a-f]{64}", fullmatch=True)
NAMES = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9:@/._ -]{0,20}[A-Za-z0-9]", fullmatch=True)

JSON = st.recursive(
    st.none() | st.booleans() | INT64 | FINITE | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)
ASSETS = st.builds(
    Asset,
    SLUGS.filter(lambda s: s[0].isalpha()).map(lambda s: s.replace(".", "-").replace("_", "-")),
    NAMES,
    st.none() | DIGESTS,
)
PLACES = st.builds(Place, TEXTS, TEXTS, *[st.none() | st.integers(0, 2**40)] * 3)
EVENTS = st.builds(Event, SLUGS, st.dictionaries(TEXTS, JSON, max_size=4))
DECISIONS = st.sampled_from(["allow", "redact", "ask", "block", "unscanned"])
VERDICTS = st.builds(
    Verdict,
    DECISIONS,
    DECISIONS,
    TEXTS,
    st.lists(SLUGS, max_size=3).map(tuple),
    st.none() | FINITE,
    st.integers(0, 10**9),
)
FINDINGS = st.builds(
    Finding,
    rule=SLUGS,
    severity=st.sampled_from(Severity),
    message=TEXTS,
    confidence=st.sampled_from(Confidence),
    place=PLACES,
    threats=st.lists(SLUGS, max_size=2).map(tuple),
    fix=TEXTS,
    evidence=TEXTS,
)
INTERVALS = st.tuples(FINITE, FINITE).map(sorted).map(lambda ends: Interval(ends[0], ends[1]))
MEASURES = st.builds(Measure, SLUGS, FINITE, TEXTS, st.none() | INTERVALS, st.integers(0, 10**12), st.none() | INT64)
ACTIONS = st.builds(Action, SLUGS, TEXTS, st.sampled_from(["proposed", "done", "failed", "undone"]), TEXTS, TEXTS)
BODIES = EVENTS | VERDICTS | FINDINGS | MEASURES | ACTIONS
TIMES = st.datetimes(datetime(2020, 1, 1), datetime(2100, 1, 1)).map(lambda at: at.replace(tzinfo=UTC))
RECORDS = st.builds(
    Record,
    v=st.just(1),
    id=st.uuids(version=4).map(str),
    at=TIMES,
    tenant=SLUGS,
    rev=st.none() | st.integers(1, 2**62),
    control=st.none() | SLUGS,
    asset=st.none() | ASSETS.map(str),
    actor=st.none() | TEXTS,
    payload=st.none() | TEXTS,
    seal=st.none() | TEXTS,
    body=BODIES,
    causes=st.lists(st.uuids(version=4).map(str), max_size=3).map(tuple),
)
