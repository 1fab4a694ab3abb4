"""Personal data: rules by region and subject, and the names that Presidio gives to their kinds."""

from functools import cache
from pathlib import Path

from bartizan.text.pattern_cache import PatternCache
from bartizan.text.personal.presidio import PRESIDIO_NAMES
from bartizan.text.rule import Rule
from bartizan.text.rules import load_rules

__all__ = ["PRESIDIO_NAMES", "personal_rules"]


@cache
def personal_rules(kept: PatternCache | None = None) -> tuple[Rule, ...]:
    """Every rule for personal data; the cache spares parsing them each time."""
    return load_rules(Path(__file__).parent, kept)
