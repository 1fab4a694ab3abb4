"""Personal data: rules by region and subject, and the names that Presidio gives to their kinds."""

from functools import cache
from pathlib import Path

from bartizan.text.personal.presidio import PRESIDIO_NAMES
from bartizan.text.rule import Rule
from bartizan.text.rules import load_rules

__all__ = ["PRESIDIO_NAMES", "personal_rules"]


@cache
def personal_rules() -> tuple[Rule, ...]:
    """Every rule for personal data."""
    return load_rules(Path(__file__).parent)
