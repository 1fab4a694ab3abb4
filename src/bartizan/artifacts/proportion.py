"""What a look may cost in proportion to the file: a bomb is a small file whose cost is out of all proportion.

A step is about a microsecond of one core. What files in use need is in `docs/artifacts.md`: between a hundredth of a
step and two steps for a byte, up to five times that where they are compressed.
"""

from msgspec import structs

from bartizan.kernel import Budget

LEAST_STEPS = 50_000
STEPS_PER_BYTE = 5
LEAST_MEMBERS = 1_000
BYTES_PER_MEMBER = 256
"""Of an archive's own bytes. An empty member takes about a hundred; nothing that a model consists of is so small."""


def proportionate(budget: Budget, size: int, effort: float = 1.0) -> Budget:
    """The budget for a file of this size, never more than `budget`."""
    steps = int((LEAST_STEPS + size * STEPS_PER_BYTE) * effort)
    members = int((LEAST_MEMBERS + size // BYTES_PER_MEMBER) * effort)
    return structs.replace(budget, steps=min(budget.steps, steps), members=min(budget.members, members))
