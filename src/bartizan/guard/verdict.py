"""The verdict on one exchange: what to do, why, and the text with what must not pass taken out."""

from collections.abc import Iterable
from typing import Literal, TypeAlias, get_args

import msgspec

from bartizan.kernel import Verdict as Said
from bartizan.kernel.record import Decision

Stage: TypeAlias = Literal["user", "system", "retrieved", "tool_result", "tool_call", "output"]
STAGES: tuple[Stage, ...] = get_args(Stage)
"""Where a text comes from, and so what it may do."""

WORST: tuple[Decision, ...] = ("allow", "redact", "ask", "unscanned", "block")
"""Actions, the mildest first."""


class Hit(msgspec.Struct, frozen=True):
    """One thing found in the text, at these characters of it."""

    kind: str
    rule: str
    start: int
    end: int
    score: float
    action: Decision = "allow"
    """What the profile does about it."""
    how: tuple[str, ...] = ()
    """The decodings that lead to it."""


def worst(hits: Iterable[Hit]) -> Decision:
    """The action that goes furthest."""
    return max((hit.action for hit in hits), key=WORST.index, default="allow")


class Verdict(msgspec.Struct, frozen=True):
    """What the guard says about one text."""

    action: Decision
    score: float
    """1 - p, where p is the share of innocent texts that look at least as much like an attack."""
    findings: tuple[Hit, ...]
    text: str
    """The text with what is to be redacted taken out; empty if it is blocked or was not looked at."""
    us: int
    """Microseconds that the judgement took."""
    reason: str = ""
    """In words, for a person: what decided."""

    @property
    def passes(self) -> bool:
        """True if the text, as it stands in the verdict, may go on."""
        return self.action in ("allow", "redact")

    def said(self, did: Decision | None = None) -> Said:
        """The verdict as a record holds it: without the text."""
        rules = tuple(sorted({hit.rule for hit in self.findings if hit.action != "allow"}))
        return Said(self.action, did or self.action, self.reason, rules, self.score, self.us)
