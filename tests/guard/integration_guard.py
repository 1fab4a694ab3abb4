"""A guard of four rules, whose verdicts a test knows by heart."""

from bartizan.guard import Guard
from bartizan.guard.profile import StageProfile
from bartizan.guard.verdict import STAGES
from bartizan.text.patterns import Patterns
from bartizan.text.rule import Rule

BAD, ODD, KEY = "forbidden fruit", "odd request", "KEY-0123456789"
HALF = "\ud800"
"""No Unicode: what the guard cannot look at."""
RULES = (
    Rule(id="test.bad", kind="attack", pattern=r"forbidden\s+fruit"),
    Rule(id="test.odd", kind="odd", pattern="odd request"),
    Rule(id="test.key", kind="key", pattern=r"KEY-\d{10}"),
    Rule(id="test.user", kind="users-only", pattern="do as I say"),
)


def small_guard() -> Guard:
    """Blocks BAD, asks about ODD and redacts KEY at each stage; blocks `do as I say` of a user alone."""
    kinds = {"attack": "block", "odd": "ask", "key": "redact"}
    profile = {stage: StageProfile(kinds=kinds) for stage in STAGES}
    profile["user"] = StageProfile(kinds={**kinds, "users-only": "block"})
    return Guard(profile, Patterns(RULES), dict.fromkeys((rule.id for rule in RULES), "test"), None)
