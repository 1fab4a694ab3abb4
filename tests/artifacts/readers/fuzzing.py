"""Mutants of a valid file: none may make `scan` raise, and none may keep it long."""

import time

from hypothesis import strategies as st

from bartizan.artifacts import Held, Report, scan
from bartizan.kernel import Budget

BUDGET = Budget(seconds=5.0, bytes=64 << 20)


def mutants(valid: bytes) -> st.SearchStrategy[bytes]:
    """The file cut off, with bytes changed, or with a stretch put elsewhere."""
    at = st.integers(0, max(0, len(valid) - 1))
    changed = st.lists(st.tuples(at, st.integers(0, 255)), min_size=1, max_size=8).map(
        lambda edits: _edited(valid, edits)
    )
    moved = st.tuples(at, at, at).map(lambda places: _moved(valid, *places))
    return st.one_of(at.map(lambda end: valid[:end]), changed, moved)


def survives(data: bytes) -> Report:
    """The report on the mutant, which came in time."""
    begun = time.monotonic()
    report = scan(Held("mutant", data), budget=BUDGET)
    assert time.monotonic() - begun < 8
    return report


def _edited(data: bytes, edits: list[tuple[int, int]]) -> bytes:
    edited = bytearray(data)
    for place, byte in edits:
        edited[place] = byte
    return bytes(edited)


def _moved(data: bytes, start: int, end: int, to: int) -> bytes:
    start, end = sorted((start, end))
    return data[:to] + data[start:end] + data[to:]
