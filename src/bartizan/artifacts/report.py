"""The report of one artifact: what it is, what it can do, and what the profile makes of that."""

from collections.abc import Iterator
from typing import Literal, TypeAlias

import msgspec

from bartizan.artifacts.fact import AnyFact

Verdict: TypeAlias = Literal["allow", "warn", "unscanned", "block"]
VERDICTS: tuple[Verdict, ...] = ("allow", "warn", "unscanned", "block")
"""From the best to the worst; not having looked is worse than something to look at."""


class Report(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What one look found. Two looks at the same bytes give the same report, on every machine."""

    path: str
    format: str
    verdict: Verdict
    size: int
    digest: str | None = None
    """`sha256:...` of the whole; None for members, and where not all bytes were here (`unverified`)."""
    unverified: bool = False
    """True if only parts were read, over the net: such an artifact cannot be admitted."""
    profile: str = ""
    facts: tuple[AnyFact, ...]
    reasons: tuple[str, ...] = ()
    """Why the verdict is not `allow`, the worst first, one line each."""
    members: "tuple[Report, ...]" = ()

    def walk(self) -> "Iterator[Report]":
        """This report and those of all members below."""
        yield self
        for member in self.members:
            yield from member.walk()


def worst(verdicts: "Iterator[Verdict]") -> Verdict:
    """The verdict that counts when there are several."""
    return max(verdicts, key=VERDICTS.index, default="allow")
