"""gitleaks: rules out of its TOML. Its regular expressions are Go's, which are RE2's."""

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path

from bartizan.kernel.errors import UsageError
from bartizan.text.adapters.imported import Collector, Imported, slug
from bartizan.text.re2_regex import BadPattern, Regex
from bartizan.text.rule import Rule

SCORE = 0.8
Table = Mapping[str, object]


def from_gitleaks(file: Path, *, score: float = SCORE) -> Imported:
    """The rules of a gitleaks file; what is said of paths, commits and other files is left."""
    try:
        config = tomllib.loads(file.read_text("utf-8"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise UsageError(f"not a TOML file: {error}", where=file) from None
    found = Collector()
    for key in ("extend", "paths"):
        if key in config:
            found.leave(key, "other files and paths are not read")
    everywhere = [allowlist for allowlist in _allowlists(config) if not allowlist.get("targetRules")]
    targeted = [allowlist for allowlist in _allowlists(config) if allowlist.get("targetRules")]
    for entry in _tables(config.get("rules")):
        name = str(entry.get("id") or entry.get("description") or "unnamed")
        mine = [allowlist for allowlist in targeted if name in _texts(allowlist.get("targetRules"))]
        _take(name, entry, [*everywhere, *mine, *_allowlists(entry)], score, found)
    return found.result()


def _take(name: str, entry: Table, allowlists: list[Table], score: float, found: Collector) -> None:
    pattern = entry.get("regex")
    if not isinstance(pattern, str) or not pattern:
        found.leave(name, "it has no regex and looks at paths only")
        return
    if entry.get("path"):
        found.leave(name, "it is for some paths, and holds for every text here")
    for key in ("required", "skipReport"):
        if entry.get(key):
            found.leave(name, f"`{key}` is not known here")
    part = _part(name, entry, pattern, found)
    allow = tuple(text for allowlist in allowlists for text in _allowed(name, allowlist, part, found))
    found.add(
        Rule(
            id=slug(name),
            kind="secret",
            pattern=pattern,
            part=part,
            keywords=tuple(text for text in _texts(entry.get("keywords")) if text),
            entropy=float(entropy) if isinstance(entropy := entry.get("entropy"), int | float) else 0.0,
            allow=allow,
            score=score,
        )
    )


def _part(name: str, entry: Table, pattern: str, found: Collector) -> int:
    """The group that is the secret: the one that is named, else the first."""
    group = entry.get("secretGroup")
    if isinstance(group, int) and group > 0:
        return group
    try:
        groups = Regex(pattern).groups
    except BadPattern:
        return 0
    if groups > 1:
        found.leave(name, f"of its {groups} groups the first counts, also where that is empty")
    return min(groups, 1)


def _allowed(name: str, allowlist: Table, part: int, found: Collector) -> list[str]:
    """The patterns of harmless values that an allowlist has."""
    for key in ("paths", "commits"):
        if allowlist.get(key):
            found.leave(name, f"the {key} of an allowlist are not looked at")
    regexes, stopwords = _texts(allowlist.get("regexes")), _texts(allowlist.get("stopwords"))
    if str(allowlist.get("condition", "OR")).upper() in ("AND", "&&"):
        kinds = [key for key in ("paths", "commits", "regexes", "stopwords") if allowlist.get(key)]
        if len(kinds) > 1:
            found.leave(name, f"an allowlist that asks for {' and '.join(kinds)} at once is not used")
            return []
    target = str(allowlist.get("regexTarget") or "secret")
    if regexes and not (target == "secret" or (target == "match" and part == 0)):
        found.leave(name, f"an allowlist for the {target} is not used: only the secret is looked at")
        regexes = []
    words = [f"(?i){'|'.join(map(re.escape, stopwords))}"] if stopwords else []
    return regexes + words


def _allowlists(table: Table) -> list[Table]:
    return [*_tables(table.get("allowlists")), *_tables(table.get("allowlist"))]


def _tables(value: object) -> list[Table]:
    entries = value if isinstance(value, list) else [value]
    return [entry for entry in entries if isinstance(entry, Mapping)]


def _texts(value: object) -> list[str]:
    return [text for text in value if isinstance(text, str)] if isinstance(value, list) else []
