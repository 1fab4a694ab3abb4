"""Streams of near-duplicates: who searches for an adversarial example asks about small changes of one input.

The state of a caller is a value of a few kilobytes, handed in and given back: whoever serves the model keeps it.
"""

import math
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import msgspec

from bartizan.guard.inputs import InputProfile
from bartizan.guard.inputs_schema import Column, Columns
from bartizan.guard.inputs_unusual import scales
from bartizan.guard.verdict import Hit, Verdict
from bartizan.kernel import UsageError
from bartizan.kernel.record import Decision

if TYPE_CHECKING:
    from numpy import ndarray

    Array: TypeAlias = ndarray[Any, Any]

KEPT = 128
"""Queries of a caller that a new one is compared with."""
DIRECTIONS = 16
"""Numbers kept of each: a random projection, which keeps distances roughly."""
RECENT = 32
"""Of so many last queries it is counted how many had a near neighbour."""
NEAR_RATE = 0.01
"""The share of innocent queries that have one."""
LEAST_ROWS = 2 * KEPT


class Queries(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is remembered of a caller."""

    points: bytes = b""
    near: tuple[bool, ...] = ()


class QueryWatch:
    """Tells how near innocent queries come to each other. Immutable once fitted."""

    def __init__(self, columns: Columns, numbers: "Array", names: "Array", profile: InputProfile, seed: int) -> None:
        import numpy

        self._columns = columns
        self._profile = profile
        self._middle = numpy.nan_to_num(numpy.nanmedian(numbers, axis=0)) if numbers.size else numpy.zeros(0)
        self._scale = scales(numbers, self._middle)
        random = numpy.random.default_rng(seed)
        width = max(1, numbers.shape[1] + names.shape[1])
        self._directions = random.normal(size=(numbers.shape[1], DIRECTIONS)) / width**0.5
        codes = int(names.max(initial=0)) + 2
        self._names = random.normal(size=(names.shape[1], codes, DIRECTIONS)) / width**0.5
        self.radius = self._radius(self._points(numbers, names), random)
        """Queries nearer than that are near: NEAR_RATE of innocent ones have such a neighbour among KEPT others."""

    @classmethod
    def fit(
        cls, reference: Any, *, columns: Sequence[Column] = (), profile: InputProfile | None = None, seed: int = 0
    ) -> "QueryWatch":
        """Learns from innocent inputs of different callers or times."""
        seen = Columns.of(reference, columns)
        numbers, names = seen.split(reference)
        if len(numbers) < LEAST_ROWS:
            raise UsageError(f"{len(numbers)} reference inputs are too few", todo=f"Give {LEAST_ROWS} or more.")
        return cls(seen, numbers, names, profile or InputProfile(), seed)

    def check(self, x: Any, queries: Queries) -> tuple[Verdict, Queries]:
        """The verdict on a caller's next query, and the caller's new state. The very same query again is none."""
        import numpy

        began = time.perf_counter_ns()
        numbers, names = self._columns.room(1)
        if fault := self._columns.read(x, numbers[0], names[0]):
            return Verdict("unscanned", 0.0, (), "", _us(began), fault.said), queries
        point = self._points(numbers, names)[0]
        known = numpy.frombuffer(queries.points, dtype=numpy.float32).reshape(-1, DIRECTIONS)
        distances = numpy.sqrt(((known - point) ** 2).sum(axis=1))
        if len(known) and not distances.min():
            return self._verdict(queries.near, began), queries
        near = (*queries.near, bool(len(known) and distances.min() < self.radius))[-RECENT:]
        points = numpy.concatenate([known[-(KEPT - 1) :], point[None, :]]).tobytes()
        return self._verdict(near, began), Queries(points, near)

    def _verdict(self, near: tuple[bool, ...], began: int) -> Verdict:
        share = _at_least(sum(near), len(near), NEAR_RATE)
        profile = self._profile
        action: Decision = "block" if share <= profile.block_rate else "ask" if share <= profile.ask_rate else "allow"
        said = f"{sum(near)} of the last {len(near)} queries are nearly the same as one before"
        hit = Hit("query-stream", "input.near-duplicates", 0, self._columns.count, 1 - share, action)
        hits = () if action == "allow" else (hit,)
        return Verdict(action, 1 - share, hits, "", _us(began), said if hits else "")

    def _points(self, numbers: "Array", names: "Array") -> "Array":
        import numpy

        flat = numpy.clip(numpy.nan_to_num((numbers - self._middle) / self._scale), -1e6, 1e6)
        points = flat @ self._directions
        for at in range(names.shape[1]):
            points = points + self._names[at][names[:, at]]
        rounded: Array = points.astype(numpy.float32)
        return rounded

    def _radius(self, points: "Array", random: Any) -> float:
        """The NEAR_RATE quantile of the distance to the nearest of KEPT others, rounded down."""
        import numpy

        nearest = []
        for at in random.permutation(len(points))[:2_000]:
            others = random.choice(len(points) - 1, KEPT, replace=False)
            others += others >= at
            nearest.append(float(numpy.sqrt(((points[others] - points[at]) ** 2).sum(axis=1)).min()))
        nearest.sort()
        return nearest[math.floor(NEAR_RATE * (len(nearest) + 1))]


def _at_least(hits: int, n: int, rate: float) -> float:
    """The chance of so many hits or more among n."""
    return min(1.0, sum(math.comb(n, k) * rate**k * (1 - rate) ** (n - k) for k in range(hits, n + 1)))


def _us(began: int) -> int:
    return (time.perf_counter_ns() - began) // 1_000
