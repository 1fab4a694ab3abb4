"""Calibration: from a raw score to the share of innocent texts that reach it, in English and in all other languages.

Conformal: the share is counted on innocent texts that the scorer did not learn from. Beyond the highest of them the
tail goes on as an exponential, so that scores stay comparable where no innocent text has been.
"""

import bisect
import math
from collections.abc import Mapping, Sequence

import msgspec

SHARES = (0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001)
"""The upper quantiles that are kept."""
ALL = "*"


class Curve(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The raw scores that each of SHARES of innocent texts reach, and how the tail falls off."""

    at: tuple[float, ...]
    tail: float
    """How far up the raw score goes while the share falls to 1/e of itself."""
    n: int

    def share(self, raw: float) -> float:
        """The share of innocent texts whose raw score is at least this high."""
        at = self.at
        if raw >= at[-1]:
            return SHARES[len(at) - 1] * math.exp((at[-1] - raw) / self.tail)
        if raw <= at[0]:
            return 1.0
        upper = bisect.bisect_right(at, raw)
        low, high = at[upper - 1], at[upper]
        part = (raw - low) / (high - low)
        return float(SHARES[upper - 1] * (SHARES[upper] / SHARES[upper - 1]) ** part)


class Calibration(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A curve for each group of texts; what belongs to none is judged by the curve of all."""

    curves: Mapping[str, Curve]

    def share(self, raw: float, group: str) -> float:
        return (self.curves.get(group) or self.curves[ALL]).share(raw)


def group(text: str) -> str:
    """The group of texts that this one is judged among. Finer ones, by length, rested on too few kinds of texts."""
    return "english" if text.isascii() else "other"


def curve(raw: Sequence[float]) -> Curve:
    """The curve of these raw scores of innocent texts; with few of them only the shares that they can show."""
    ordered = sorted(raw, reverse=True)
    n = len(ordered)
    shown = [share for share in SHARES if share * (n + 1) >= 1] or [SHARES[0]]
    at: list[float] = []
    for share in shown:
        value = ordered[max(0, math.floor(share * (n + 1)) - 1)]
        at.append(max(value, at[-1] + 1e-6) if at else value)
    beyond = ordered[: max(1, n // 50)]
    tail = sum(value - beyond[-1] for value in beyond) / len(beyond)
    return Curve(tuple(at), max(tail, 0.1), n)
