"""A look at one value: every string in it is judged, and what is to be redacted is taken out of a copy."""

import re
from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate, pairwise
from typing import Any, NamedTuple, TypeAlias

from bartizan.guard.guard import Guard
from bartizan.guard.integrations.errors import Refused
from bartizan.guard.redaction import redacted
from bartizan.guard.verdict import Hit, Stage, Verdict
from bartizan.kernel import Budget, Meter, OutOfBudget

BUDGET = Budget(bytes=8 << 20, depth=64, members=4_096, seconds=30.0)
"""Characters, levels, strings and seconds of one value."""
PLAIN_KEY = re.compile(r"[a-z][A-Za-z0-9_]{0,31}\Z")
"""A key of this shape is a name of a field; any other is a text like the values."""
SEPARATORS = ("", "\n")
"""How models put the parts of a message together."""

Stages: TypeAlias = tuple[Stage, ...]


class Asked(NamedTuple):
    """A text about which somebody has to be asked."""

    text: str
    """As it came."""
    verdict: Verdict
    stage: Stage
    path: str


class Look:
    """One value on its way. A refusal ends the look; what is to be asked is gathered in `asked`."""

    def __init__(self, guard: Guard, system: str = "", budget: Budget = BUDGET) -> None:
        self._guard = guard
        self._system = system
        self._meter = Meter(budget)
        self.asked: list[Asked] = []

    def text(self, text: str, stages: Stages, path: str = "") -> str:
        """The text as it may go on."""
        return redacted(text, self._hits(text, stages, path))

    def parts(self, parts: Sequence[str], stages: Stages, path: str = "") -> list[str]:
        """The parts of one message, judged one by one and also as the text that they make together."""
        if len(parts) < 2:
            return [self.text(part, stages, path) for part in parts]
        starts = _starts(parts, "")
        hits: list[Hit] = []
        for start, part in zip(starts, parts, strict=False):
            hits += [_moved(hit, start, start) for hit in self._hits(part, stages, path)]
        asks = len(self.asked)
        for separator in SEPARATORS:
            joined = _starts(parts, separator)
            for hit in self._hits(separator.join(parts), stages, path, quiet=asks > 0):
                begin, end = _apart(hit.start, joined, starts), _apart(hit.end, joined, starts)
                hits.append(_moved(hit, begin - hit.start, end - hit.end))
        whole = "".join(parts)
        return [redacted(whole, hits, first, last) for first, last in pairwise(starts)]

    def value(self, value: Any, stages: Stages, path: str = "", depth: int = 0) -> Any:
        """A value of strings, numbers, lists and mappings, with each string judged; refuses what else there is."""
        if isinstance(value, str):
            return self.text(value, stages, path)
        if value is None or isinstance(value, bool | int | float):
            return value
        depth = self.deeper(depth, stages, path)
        if type(value) in (list, tuple):
            items = [self.value(item, stages, f"{path}[{at}]", depth) for at, item in enumerate(value)]
            return items if isinstance(value, list) else tuple(items)
        if type(value) is dict:
            return {
                self.key(key, stages, path): self.value(item, stages, f"{path}.{shown(key)}", depth)
                for key, item in value.items()
            }
        raise Refused("unscanned", stages[0], f"a {type(value).__name__} is no text", path)

    def key(self, key: Any, stages: Stages, path: str = "") -> Any:
        """A key of a mapping: a text as well, unless it is a plain name. Of a key nothing can be taken out."""
        if not isinstance(key, str) or PLAIN_KEY.match(key):
            return key
        if self.text(key, stages, f"{path}: a key") != key:
            raise Refused("redact", stages[0], "a key", path)
        return key

    def deeper(self, depth: int, stages: Stages, path: str) -> int:
        try:
            return self._meter.deeper(depth)
        except OutOfBudget as over:
            raise Refused("unscanned", stages[0], over.what, path) from None

    def _hits(self, text: str, stages: Stages, path: str, *, quiet: bool = False) -> list[Hit]:
        """What was found at all of these stages; `quiet` asks no second time about a text that was asked about."""
        if not text:
            return []
        hits: list[Hit] = []
        for stage in stages:
            self._spend(text, stage, path)
            verdict = self._guard.check(text, stage, system=self._system)
            if verdict.action in ("block", "unscanned"):
                raise Refused(verdict.action, stage, verdict.reason, path)
            if verdict.action == "ask" and not quiet:
                self.asked.append(Asked(text, verdict, stage, path))
            hits += verdict.findings
        return hits

    def _spend(self, text: str, stage: Stage, path: str) -> None:
        try:
            self._meter.spend("members")
            self._meter.spend("bytes", len(text))
            self._meter.check_time()
        except OutOfBudget as over:
            raise Refused("unscanned", stage, over.what, path) from None


def shown(key: object) -> str:
    """A key as a path shows it: keys come from outside."""
    return key if isinstance(key, str) and PLAIN_KEY.match(key) else f"({len(str(key)[:9999])} characters)"


def _starts(parts: Sequence[str], separator: str) -> list[int]:
    """Where each part begins in their join, and where the join ends."""
    return list(accumulate((len(part) + len(separator) for part in parts), initial=0))


def _apart(position: int, joined: Sequence[int], starts: Sequence[int]) -> int:
    """A position of the join with separators as one of the join without."""
    part = min(bisect_right(joined, position), len(joined) - 1) - 1
    return min(position - joined[part] + starts[part], starts[part + 1])


def _moved(hit: Hit, by_start: int, by_end: int) -> Hit:
    return Hit(hit.kind, hit.rule, hit.start + by_start, hit.end + by_end, hit.score, hit.action, hit.how)
