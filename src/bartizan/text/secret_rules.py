"""The secrets that are known: the rules of `secrets/*.toml`, and one rule for each line of `secrets/named.tsv`.

The lines are of issuers whose tokens have no mark of their own: 32 hexadecimal digits are a secret because
`DATADOG_API_KEY` stands before them. So a line has words of the name and the form of the value, and all lines share one
pattern.
"""

from pathlib import Path
from typing import NamedTuple

from bartizan.text.pattern_cache import PatternCache
from bartizan.text.rule import Rule
from bartizan.text.rules import load_rules

FOLDER = Path(__file__).parent / "secrets"
_NAMED = (
    r"(?i:[\w.-]{{0,32}}(?:{names})[\w.-]{{0,40}})(?: [\w-]{{1,16}}){{0,2}}[\"'`\])]{{0,3}}\s{{0,4}}"
    r"(?:=>|[:=?]{{1,4}}|>|,|\()\s{{0,4}}[\"'`(\[{{@\\]{{0,4}}({value})(?:[^\w+/=-]|$)"
)
_NAMED_SCORE = 0.9


class Line(NamedTuple):
    """One issuer in the table."""

    id: str
    names: str
    value: str
    example_name: str
    example_value: str


def secret_rules(cache: PatternCache | None = None) -> tuple[Rule, ...]:
    """All rules that find secrets; the cache spares parsing most of them each time."""
    return load_rules(FOLDER, cache) + tuple(map(_rule, lines()))


def lines() -> list[Line]:
    """The table of issuers, without its heading."""
    _, *rows = (FOLDER / "named.tsv").read_text("ascii").splitlines()
    return [Line(*row.split("\t")) for row in rows]


def _rule(line: Line) -> Rule:
    return Rule(
        id=line.id,
        kind="secret",
        pattern=_NAMED.format(names=line.names, value=line.value),
        part=1,
        check="assigned.of_issuer",
        whole=True,
        score=_NAMED_SCORE,
        matches=(f"{line.example_name}={line.example_value}", f'"{line.example_name}": "{line.example_value}"'),
        misses=(f"{line.example_name}_ID={line.example_value}", f"{line.example_name}=${{{{{line.example_name}}}"),
    )
