"""The guard: one exchange in, one verdict out, in-process and without I/O."""

import time
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path

from bartizan.guard.families import ATTACK, REGISTERED, USER, shipped
from bartizan.guard.profile import Profile, StageProfile, load_profile
from bartizan.guard.redaction import redacted
from bartizan.guard.scoring import Scoring
from bartizan.guard.session import Session
from bartizan.guard.stream import streamed
from bartizan.guard.verdict import STAGES, WORST, Hit, Stage, Verdict, worst
from bartizan.kernel.record import Decision
from bartizan.text.fingerprints import Fingerprints, Leak
from bartizan.text.patterns import Patterns, strongest
from bartizan.text.rule import Match, Rule
from bartizan.text.view import Views, views

MAX_CHARACTERS = 4 << 20
"""A longer text is not looked at, and so does not pass."""
PROMPTS_KEPT = 64
"""System prompts of callers whose fingerprints are kept."""


class Guard:
    """Rules, a scorer, what is registered, and a profile: loaded once and shared by all exchanges of a process."""

    def __init__(
        self,
        profile: Profile,
        patterns: Patterns,
        families: dict[str, str],
        scoring: Scoring | None = None,
        registered: Fingerprints | None = None,
    ) -> None:
        self._profile = profile
        self._patterns = patterns
        self._families = families
        self._scoring = scoring
        self._registered = registered
        self._prompt = lru_cache(PROMPTS_KEPT)(lambda text: Fingerprints.of(prompts={"system": text}))

    @classmethod
    def load(
        cls, policy: Path | None = None, *, rules: Iterable[Rule] = (), registered: Fingerprints | None = None
    ) -> "Guard":
        """The guard of the shipped rules and yours, with a profile file over the default.

        `registered` are the fingerprints of secrets, system prompts and documents that must not get out.
        """
        own = {**shipped(), USER: tuple(rules)}
        patterns = Patterns([rule for family in own.values() for rule in family])
        named = {rule.id: family for family, members in own.items() for rule in members}
        return cls(load_profile(policy), patterns, named, Scoring.load(), registered)

    @classmethod
    def of(cls, family: str) -> "Guard":
        """The guard of one family of rules alone, which redacts whatever they find."""
        rules = shipped()[family]
        profile = dict.fromkeys(STAGES, StageProfile(kinds={family: "redact"}))
        return cls(profile, Patterns(rules), dict.fromkeys((rule.id for rule in rules), family))

    def check(self, text: str, stage: Stage = "user", *, system: str = "") -> Verdict:
        """What to do about a text at this stage; an answer must not give away `system`, the application's prompt."""
        began = time.perf_counter_ns()
        profile = self._profile[stage]
        if reason := _unreadable(text):
            return _unscanned(reason, began)
        seen = views(text)
        found = self._patterns.scan(seen)
        hits = [self._judged(match, profile) for match in strongest(found.matches)]
        hits += [_leak(leak, profile) for leak in self._leaks(seen, stage, system)]
        score = max((hit.score for hit in hits if self._attacks(hit)), default=0.0)
        if profile.scored and self._scoring and (scored := self._scored(self._scoring, seen, profile)):
            score = max(score, scored.score)
            hits += [scored] if scored.action != "allow" else []
        return _verdict(text, seen.unread or found.unread, hits, score, began)

    def stream(self, pieces: Iterable[str], stage: Stage = "output", *, system: str = "") -> Iterator[str]:
        """The pieces of an answer as they may be sent: see `Stream`, which tells more."""
        return streamed(self, pieces, stage, system=system)

    def session(self, tools: Path | None = None) -> Session:
        """A conversation of one agent, in which values keep the labels of where they came from."""
        return Session(tools, secrets=self._registered)

    def _leaks(self, seen: Views, stage: Stage, system: str) -> list[Leak]:
        found = self._registered.find(seen) if self._registered else []
        return found + self._prompt(system).find(seen) if system and stage == "output" else found

    def _judged(self, match: Match, profile: StageProfile) -> Hit:
        rule = match.rule
        action: Decision = profile.act(rule.kind, self._families[rule.id]) if match.score >= profile.sure else "allow"
        return Hit(rule.kind, rule.id, match.start, match.end, match.score, action, match.how)

    def _attacks(self, hit: Hit) -> bool:
        return hit.action != "allow" and self._families.get(hit.rule) == ATTACK

    def _scored(self, scoring: Scoring, seen: Views, profile: StageProfile) -> Hit | None:
        """The scorer's hit, with a place in the text only if it counts."""
        answer = scoring.rarest(seen, profile.scored)
        if answer is None:
            return None
        counts = answer.share <= profile.ask_rate
        action: Decision = "block" if answer.share <= profile.block_rate else "ask" if counts else "allow"
        start, end = answer.span() if counts else (0, 0)
        return Hit(answer.kind, f"score.{answer.kind}", start, end, 1 - answer.share, action, answer.view.how)


def _leak(leak: Leak, profile: StageProfile) -> Hit:
    action: Decision = profile.act(REGISTERED, REGISTERED)
    return Hit(REGISTERED, f"{REGISTERED}.{leak.kind}", leak.start, leak.end, 1.0, action, leak.how)


def _unreadable(text: str) -> str:
    if len(text) > MAX_CHARACTERS:
        return f"the text has {len(text):,} characters, and no more than {MAX_CHARACTERS:,} are looked at"
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError as wrong:
            return f"the text is no Unicode at character {wrong.start}: half of a surrogate pair"
    return ""


def _unscanned(reason: str, began: int) -> Verdict:
    return Verdict("unscanned", 0.0, (), "", _us(began), reason)


def _verdict(text: str, unread: str, hits: Sequence[Hit], score: float, began: int) -> Verdict:
    """The worst action of all hits, and the text without what is to be taken out."""
    action = worst(hits)
    if unread and WORST.index(action) < WORST.index("unscanned"):
        action = "unscanned"
    passes = "" if action in ("block", "unscanned") else redacted(text, hits)
    return Verdict(action, score, tuple(hits), passes, _us(began), _reason(action, unread, hits))


def _reason(action: Decision, unread: str, hits: Iterable[Hit]) -> str:
    if action == "unscanned":
        return unread
    return ", ".join(sorted({hit.kind for hit in hits if hit.action == action})) if action != "allow" else ""


def _us(began: int) -> int:
    return (time.perf_counter_ns() - began) // 1_000
