"""Budgets: how much a look at hostile data may cost, and the meter that enforces it."""

import time

import msgspec

from bartizan.kernel.errors import OutOfBudget

MIB = 1 << 20


class Budget(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The most that one look may cost."""

    bytes: int = 1024 * MIB
    """Bytes unpacked or held, counted over all members."""
    depth: int = 16
    """Levels of nesting."""
    members: int = 100_000
    """Members of archives, nodes of trees."""
    steps: int = 50_000_000
    """Steps of an interpreter or a parser."""
    seconds: float = 60.0


class Meter:
    """What is left of a budget; each `spend` raises OutOfBudget at the first unit too many."""

    def __init__(self, budget: Budget, where: object = "") -> None:
        self.budget = budget
        self.where = where
        self._left = {"bytes": budget.bytes, "members": budget.members, "steps": budget.steps}
        self._deadline = time.monotonic() + budget.seconds

    def spend(self, unit: str, amount: int = 1) -> None:
        """Count `amount` of bytes, members or steps."""
        left = self._left[unit] - amount
        self._left[unit] = left
        if left < 0:
            raise OutOfBudget(f"more than {getattr(self.budget, unit):,} {unit}", where=self.where)

    def left(self, unit: str) -> int:
        return max(0, self._left[unit])

    def deeper(self, depth: int) -> int:
        """`depth` + 1, if that is still within the budget."""
        if depth >= self.budget.depth:
            raise OutOfBudget(f"nested deeper than {self.budget.depth}", where=self.where)
        return depth + 1

    def check_time(self) -> None:
        if time.monotonic() > self._deadline:
            raise OutOfBudget(f"more than {self.budget.seconds:g} seconds", where=self.where)
