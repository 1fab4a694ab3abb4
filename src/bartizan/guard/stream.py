"""Streams: an answer that is guarded while it is written, and of which nothing is sent that would be taken out later.

A piece is released once so much text follows it that no match can reach back to it. What is still being written stays:
a run of letters without a blank, a key that has begun and not ended.
"""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from bartizan.guard.redaction import redacted
from bartizan.guard.verdict import Hit, Stage, Verdict, worst

if TYPE_CHECKING:
    from bartizan.guard.guard import Guard

HOLD_BACK_CHARS = 1_024
"""No match but of unbroken text or of a key block is wider: eight words in binary digits are half of that."""
LOOK_BACK_CHARS = 1_024
"""Released text that is looked at again, since what stands before a match is part of its shape."""
STEP_CHARS = 128
"""So much has to be new for another look."""
UNBROKEN_CHARS = 16_384
"""A longer run without a blank is no token of anybody's."""
KEY_BEGINS, KEY_ENDS = "-----BEGIN ", "-----END "


class Stream:
    """One answer on its way: `feed` pieces of it, send what comes back, and `close` it."""

    def __init__(self, guard: "Guard", stage: Stage = "output", *, system: str = "") -> None:
        self._guard = guard
        self._stage: Stage = stage
        self._system = system
        self._sent = ""
        """The end of what was released, as it came."""
        self._held = ""
        self._looked = 0
        """Characters of the held text at the last look."""
        self._offset = 0
        """Where in the answer the held text begins."""
        self._hits: dict[tuple[str, int, int], Hit] = {}
        self._us = 0
        self._reason = ""
        self.blocked = False

    def feed(self, piece: str) -> str:
        """What may be sent now; nothing any more once the answer is blocked."""
        if self.blocked:
            return ""
        self._held += piece
        if len(self._held) < max(HOLD_BACK_CHARS, self._looked) + STEP_CHARS:
            return ""
        return self._release(whole=False)

    def close(self) -> str:
        """The rest of the answer."""
        return "" if self.blocked else self._release(whole=True)

    @property
    def verdict(self) -> Verdict:
        """The verdict on all that was fed so far; its text is empty, for it has been sent."""
        hits = tuple(self._hits.values())
        action = "block" if self.blocked else worst(hits)
        return Verdict(action, 0.0, hits, "", self._us, self._reason)

    def _release(self, *, whole: bool) -> str:
        text = self._sent + self._held
        first = len(self._sent)
        verdict = self._guard.check(text, self._stage, system=self._system)
        self._us += verdict.us
        self._looked = len(self._held)
        self._keep(verdict, self._offset - first)
        if not verdict.passes:
            self.blocked, self._reason, self._held = True, verdict.reason, ""
            return ""
        cut = len(text) if whole else _cut(text, first, verdict.findings)
        released = redacted(text, verdict.findings, first, cut)
        self._offset += cut - first
        self._sent, self._held = text[max(0, cut - LOOK_BACK_CHARS) : cut], text[cut:]
        self._looked = len(self._held)
        return released

    def _keep(self, verdict: Verdict, shift: int) -> None:
        """The findings of this look, at their places in the whole answer."""
        for hit in verdict.findings:
            start, end = hit.start + shift, hit.end + shift
            if end > self._offset:
                self._hits = {
                    key: kept for key, kept in self._hits.items() if not (key[0] == hit.rule and key[1] == start)
                }
                self._hits[hit.rule, start, end] = Hit(hit.kind, hit.rule, start, end, hit.score, hit.action, hit.how)


def streamed(guard: "Guard", pieces: Iterable[str], stage: Stage = "output", *, system: str = "") -> Iterator[str]:
    """The pieces as they may be sent, ended where the guard blocks."""
    stream = Stream(guard, stage, system=system)
    for piece in pieces:
        if ready := stream.feed(piece):
            yield ready
        if stream.blocked:
            return
    if ready := stream.close():
        yield ready


def _cut(text: str, first: int, hits: Iterable[Hit]) -> int:
    """Up to where the text may go now."""
    cut = max(first, len(text) - HOLD_BACK_CHARS)
    begun = text.rfind(KEY_BEGINS, max(first, cut - UNBROKEN_CHARS))
    if begun >= 0 and text.find(KEY_ENDS, begun) < 0 and len(text) - begun < UNBROKEN_CHARS:
        cut = min(cut, begun)
    cut = max(_run_begins(text, cut), first)
    for hit in hits:
        if hit.action == "redact" and hit.start < cut < hit.end:
            cut = max(hit.start, first)
    return cut


def _run_begins(text: str, cut: int) -> int:
    """Where the run of letters without a blank begins that the cut would divide."""
    lowest = max(0, cut - UNBROKEN_CHARS)
    start = cut
    while start > lowest and not text[start - 1].isspace():
        start -= 1
    return start if start > lowest else cut
