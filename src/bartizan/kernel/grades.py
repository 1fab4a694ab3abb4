"""How bad, how sure, how precise: the three scales that all rooms share."""

import math
from enum import StrEnum

import msgspec


class _Scale(StrEnum):
    """A string that orders by its place in the scale, not by its letters."""

    @property
    def rank(self) -> int:
        return list(type(self)).index(self)

    def at_least(self, other: "_Scale") -> bool:
        return self.rank >= other.rank


class Severity(_Scale):
    INFO = "info"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


class Confidence(_Scale):
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CERTAIN = "certain"


class Interval(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A closed interval that holds the true value with probability `level`."""

    low: float
    high: float
    level: float = 0.95

    def __post_init__(self) -> None:
        if not (math.isfinite(self.low) and math.isfinite(self.high) and self.low <= self.high):
            raise ValueError(f"an interval runs from low to high, not from {self.low} to {self.high}")
        if not 0 < self.level < 1:
            raise ValueError(f"a level lies between 0 and 1, not at {self.level}")

    def plain(self) -> bool:
        """As for the body of a record."""
        if not type(self.low) is type(self.high) is type(self.level) is float:
            return False
        return math.isfinite(self.low) and math.isfinite(self.high) and self.low <= self.high and 0 < self.level < 1

    @classmethod
    def wilson(cls, hits: int, n: int, level: float = 0.95) -> "Interval":
        """The Wilson score interval of a proportion: sound at 0, at 1 and for small n."""
        if not 0 <= hits <= n or n == 0:
            raise ValueError(f"{hits} of {n} is no proportion")
        from statistics import NormalDist

        z = NormalDist().inv_cdf((1 + level) / 2)
        share = hits / n
        middle = (share + z * z / (2 * n)) / (1 + z * z / n)
        reach = z / (1 + z * z / n) * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
        low = 0.0 if hits == 0 else max(0.0, middle - reach)
        high = 1.0 if hits == n else min(1.0, middle + reach)
        return cls(low, high, level)
