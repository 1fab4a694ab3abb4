"""Inputs of a classic model, judged before `predict`: shape and values, how unusual it is, how its answer holds.

Conformal: an input is as unusual as the share of held-back reference inputs that are at least as unusual, so a profile
asks for a share of innocent inputs and gets it, as long as these are drawn like the reference.
"""

import math
import time
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import msgspec

from bartizan.guard.calibration import Curve, curve
from bartizan.guard.inputs_schema import Column, Columns, Fault
from bartizan.guard.inputs_squeeze import Predict, disagreement
from bartizan.guard.inputs_unusual import Unusual
from bartizan.guard.verdict import Hit, Verdict
from bartizan.kernel import UsageError
from bartizan.kernel.record import Decision

if TYPE_CHECKING:
    from numpy import ndarray

    Array: TypeAlias = ndarray[Any, Any]

LEAST_ROWS = 60
"""Fewer reference inputs say nothing about rare ones."""
SQUEEZED = "squeeze"


class InputProfile(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What is done about inputs, by the share of innocent inputs that it may happen to."""

    ask_rate: float = 0.01
    block_rate: float = 0.001

    def __post_init__(self) -> None:
        if not 0 <= self.block_rate <= self.ask_rate < 1:
            raise UsageError("block_rate lies between 0 and ask_rate, and ask_rate below 1")


class InputGuard:
    """What the inputs of one model look like. Immutable once fitted; threads may share it."""

    def __init__(
        self, columns: Columns, unusual: Unusual, predict: Predict | None, profile: InputProfile, seed: int
    ) -> None:
        self._columns = columns
        self._unusual = unusual
        self._predict = predict
        self._profile = profile
        self._seed = seed
        self._curves: Mapping[str, Curve] = {}
        self._ordered: Sequence[float] = ()
        self._tail = 1.0

    @classmethod
    def fit(
        cls,
        reference: Any,
        *,
        columns: Sequence[Column] = (),
        predict: Predict | None = None,
        profile: InputProfile | None = None,
        seed: int = 0,
    ) -> "InputGuard":
        """Learns from innocent inputs: an array with one input a row, or a list of rows with numbers and names.

        `columns` declares what is known; the rest is learned. With `predict`, which takes a list or array of inputs
        and gives an array of probabilities for each, it is also asked whether its answer holds if the input is
        squeezed. Half of the reference is learned from, a quarter sets the scales, a quarter the shares.
        """
        import numpy

        seen = Columns.of(reference, columns)
        numbers, names = seen.split(reference)
        if len(numbers) < LEAST_ROWS:
            raise UsageError(f"{len(numbers)} reference inputs are too few", todo=f"Give {LEAST_ROWS} or more.")
        order = numpy.random.default_rng(seed).permutation(len(numbers))
        half, quarter = len(order) // 2, 3 * len(order) // 4
        learn, scale, shares = order[:half], order[half:quarter], order[quarter:]
        guard = cls(seen, Unusual.fit(numbers[learn], names[learn], seen), predict, profile or InputProfile(), seed)
        guard._calibrate(numbers, names, scale, shares)
        return guard

    def check(self, x: Any) -> Verdict:
        """The verdict on one input; `score` is 1 - p, and a finding's span is one of columns."""
        return self.check_many([x])[0]

    def check_many(self, inputs: Any) -> list[Verdict]:
        """The verdicts on several inputs, in order."""
        began = time.perf_counter_ns()
        rows = list(inputs)
        faults: list[Fault | None] = []
        numbers, names = self._columns.room(len(rows))
        for at, row in enumerate(rows):
            faults.append(self._columns.read(row, numbers[at], names[at]))
        good = [at for at, fault in enumerate(faults) if fault is None]
        scored = dict(zip(good, self._scored(numbers[good], names[good]), strict=True)) if good else {}
        us = (time.perf_counter_ns() - began) // 1_000 // max(1, len(rows))
        return [_refused(fault, us) if fault else self._judged(scored[at], us) for at, fault in enumerate(faults)]

    def _scored(self, numbers: "Array", names: "Array") -> list[dict[str, tuple[float, int, int]] | str]:
        """For each input what each test says, with the columns that say it; or why a test could not be made."""
        try:
            tests = self._unusual.tests(numbers, names)
            if self._predict is not None:
                values = disagreement(self._predict, numbers, self._columns, self._unusual)
                tests[SQUEEZED] = [(value, 0, self._columns.count) for value in values]
        except Exception as wrong:  # the model is the user's, and whatever it raises says nothing about the input
            return [f"{type(wrong).__name__} while looking"] * len(numbers)
        made = [{name: found[at] for name, found in tests.items()} for at in range(len(numbers))]
        return [
            one if all(math.isfinite(value) for value, _, _ in one.values()) else "a test gave no number"
            for one in made
        ]

    def _calibrate(self, numbers: "Array", names: "Array", scale: "Array", shares: "Array") -> None:
        """The scale of each test, and the shares of the strongest of all."""
        scaled = self._plain(self._scored(numbers[scale], names[scale]))
        self._curves = {name: curve([one[name][0] for one in scaled]) for name in scaled[0]}
        ordered = sorted(
            max(self._strength(one).values()) for one in self._plain(self._scored(numbers[shares], names[shares]))
        )
        beyond = ordered[-max(2, len(ordered) // 20) :]
        self._ordered = ordered
        self._tail = max(sum(value - beyond[0] for value in beyond) / len(beyond), 0.1)

    def _plain(
        self, scored: "list[dict[str, tuple[float, int, int]] | str]"
    ) -> list[dict[str, tuple[float, int, int]]]:
        for one in scored:
            if isinstance(one, str):
                raise UsageError(f"the reference cannot be judged: {one}")
        return [one for one in scored if not isinstance(one, str)]

    def _strength(self, one: dict[str, tuple[float, int, int]]) -> dict[str, float]:
        """How rare each test finds it, as a logarithm, on a scale that all share."""
        return {name: -math.log(max(self._curves[name].share(value), 1e-300)) for name, (value, _, _) in one.items()}

    def _share(self, strength: float) -> float:
        """The share of innocent inputs that are at least so unusual; beyond them all it falls off as their tail."""
        n = len(self._ordered)
        above = n - bisect_left(self._ordered, strength)
        if above:
            return (1 + above) / (n + 1)
        return math.exp((self._ordered[-1] - strength) / self._tail) / (n + 1)

    def _judged(self, one: dict[str, tuple[float, int, int]] | str, us: int) -> Verdict:
        if isinstance(one, str):
            return Verdict("unscanned", 0.0, (), "", us, one)
        strengths = self._strength(one)
        strongest = max(strengths.values())
        share = self._share(strongest)
        profile = self._profile
        action: Decision = "block" if share <= profile.block_rate else "ask" if share <= profile.ask_rate else "allow"
        hits = []
        for name, strength in sorted(strengths.items(), key=lambda pair: -pair[1]):
            p = self._share(strength)
            if p <= profile.ask_rate:
                _, start, end = one[name]
                hits.append(Hit("unusual-input", f"input.{name}", start, end, 1 - p, action))
        return Verdict(action, 1 - share, tuple(hits), "", us, ", ".join(hit.rule for hit in hits))


def _refused(fault: Fault, us: int) -> Verdict:
    """Of an input that cannot be one of the model's."""
    hit = Hit("malformed-input", f"input.{fault.rule}", fault.column, fault.column + 1, 1.0, "block")
    return Verdict("block", 1.0, (hit,), "", us, fault.said)
