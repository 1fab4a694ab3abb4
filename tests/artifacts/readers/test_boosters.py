"""Boosted trees: formats that hold numbers, and layouts that do not fit the file."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bartizan.artifacts import Held, Report, scan
from bartizan.artifacts.artifact import Artifact
from bartizan.artifacts.reader import Look
from bartizan.artifacts.ubjson import walk
from bartizan.kernel import Budget, Meter
from tests.artifacts.readers.fuzzing import mutants, survives


def key(name: str) -> bytes:
    raw = name.encode()
    return b"L" + struct.pack(">q", len(raw)) + raw


def text(value: str) -> bytes:
    return b"S" + key(value)


def ubjson(value: object) -> bytes:
    """UBJSON as XGBoost writes it."""
    if isinstance(value, dict):
        return b"{" + b"".join(key(name) + ubjson(inner) for name, inner in value.items()) + b"}"
    if isinstance(value, list):
        return b"[#L" + struct.pack(">q", len(value)) + b"".join(map(ubjson, value))
    if isinstance(value, bytes):
        return b"[$U#L" + struct.pack(">q", len(value)) + value
    if isinstance(value, bool):
        return b"T" if value else b"F"
    return b"l" + struct.pack(">i", value) if isinstance(value, int) else text(str(value))


XGBOOST = ubjson(
    {
        "learner": {"attributes": {}, "trees": [{"id": 1, "weights": bytes(40), "deep": [[True], "x"]}]},
        "version": [2, 0],
    }
)
LIGHTGBM = b"tree\nversion=v4\nnum_class=1\n\nTree=0\nnum_leaves=3\n\nend of trees\n"
CATBOOST = b"CBM1" + struct.pack("<I", 64) + bytes(64)
LEGACY = bytes(136) + struct.pack("<Q", 15) + b"binary:logistic" + bytes(100)


def scanned(data: bytes) -> Report:
    return scan(Held("model", data))


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (XGBOOST, "xgboost"),
        (LIGHTGBM, "lightgbm"),
        (CATBOOST, "catboost"),
        (LEGACY, "xgboost-legacy"),
        (b"binf" + LEGACY, "xgboost-legacy"),
    ],
)
def test_models_are_recognised_and_allowed(data: bytes, name: str) -> None:
    report = scanned(data)
    assert (report.format, report.verdict, report.facts) == (name, "allow", ())


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        (XGBOOST[:-3], "broken"), (XGBOOST + b"more", "trailing"), (CATBOOST[:-1], "broken"),
        (LIGHTGBM + b"\0", "broken"),
        (XGBOOST.replace(struct.pack(">q", 40), struct.pack(">q", 1 << 60)), "broken"),
        (b"{" + key("learner") + b"[" * 5000, "bomb"),
    ],
)  # fmt: skip
def test_layouts_that_do_not_fit_are_told(data: bytes, rule: str) -> None:
    report = scanned(data)
    assert [fact.rule for fact in report.facts] == [rule]


VALUES = st.recursive(
    st.integers(-(2**31), 2**31 - 1) | st.booleans() | st.text() | st.binary(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
)


@given(value=VALUES, rest=st.binary(max_size=4))
def test_a_walk_ends_where_the_value_ends(value: object, rest: bytes) -> None:
    data = ubjson(value)
    artifact: Artifact = Held("value", data + rest)
    assert walk(artifact, Look(Meter(Budget()))) == len(data)


@given(data=mutants(XGBOOST))
def test_no_mutant_breaks_the_scan(data: bytes) -> None:
    survives(data)
