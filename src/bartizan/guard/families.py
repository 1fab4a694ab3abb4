"""The families of rules that the guard knows: what each is about decides what a profile says of all its kinds."""

from pathlib import Path

from bartizan.text.pattern_cache import PatternCache, default_folder
from bartizan.text.personal import personal_rules
from bartizan.text.rule import Rule
from bartizan.text.rules import load_rules
from bartizan.text.secret_rules import secret_rules

SECRET, PERSONAL, ATTACK, USER, REGISTERED = "secret", "personal", "attack", "user", "registered"
RULES = Path(__file__).parent / "rules"


def shipped() -> dict[str, tuple[Rule, ...]]:
    """The rules of the package by family."""
    kept = PatternCache(default_folder())
    return {SECRET: secret_rules(kept), PERSONAL: personal_rules(kept), ATTACK: load_rules(RULES, kept)}
