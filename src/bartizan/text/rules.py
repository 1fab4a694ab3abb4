"""Rule files: TOML with one `[[rule]]` after the other. The package's are believed; a user's are looked at first."""

import hashlib
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec

from bartizan.kernel.errors import UsageError
from bartizan.text.compiled import MAX_POSITIONS
from bartizan.text.judge import check_named
from bartizan.text.pattern_cache import PatternCache
from bartizan.text.re2_regex import MAX_PROGRAM, BadPattern, Regex
from bartizan.text.regex import Unknown, parse
from bartizan.text.regex_hint import hint
from bartizan.text.regex_measure import positions, widths
from bartizan.text.rule import Rule

MAX_FILE_BYTES = 4 << 20
MAX_RULES = 5_000


class Refusal(NamedTuple):
    """A rule that is not used."""

    id: str
    why: str

    def __str__(self) -> str:
        return f"{self.id}: {self.why}"


class RefusedRules(UsageError):
    """Rules of a user's that cannot be used; `refusals` has them all."""

    def __init__(self, refusals: list[Refusal], where: object) -> None:
        more = f" (and {len(refusals) - 1} more)" if len(refusals) > 1 else ""
        super().__init__(f"rule {refusals[0]}{more}", where=where, todo="Correct the rule or take it out.")
        self.refusals = refusals


def load_rules(place: Path, cache: PatternCache | None = None) -> tuple[Rule, ...]:
    """The package's own rules out of a file or a folder of files. The cache spares parsing them each time."""
    files = sorted(place.rglob("*.toml")) if place.is_dir() else [place]
    texts = [file.read_bytes() for file in files]
    key = hashlib.sha256(b"rules-1" + b"".join(hashlib.sha256(text).digest() for text in texts)).hexdigest()[:32]
    if cache and (kept := cache.get(key)):
        return msgspec.msgpack.decode(kept, type=tuple[Rule, ...])
    rules = tuple(rule for file, text in zip(files, texts, strict=True) for rule in _rules(text, file))
    if cache:
        without = (msgspec.structs.replace(rule, matches=(), misses=()) for rule in rules)
        cache.put(key, msgspec.msgpack.encode(tuple(without)))
    return rules


def user_rules(file: Path) -> tuple[Rule, ...]:
    """The rules of a user's file, if each of them can be used; raises RefusedRules otherwise."""
    size = file.stat().st_size
    if size > MAX_FILE_BYTES:
        raise UsageError(f"the file has {size:,} bytes, more than {MAX_FILE_BYTES:,}", where=file)
    entries = _entries(file.read_bytes(), file)
    rules, refusals = [], []
    for number, entry in enumerate(entries, 1):
        name = str(entry.get("id", f"number {number}")) if isinstance(entry, dict) else f"number {number}"
        try:
            rules.append(msgspec.convert(entry, Rule))
        except msgspec.ValidationError as error:
            refusals.append(Refusal(name, str(error)))
    refusals += refused(rules)
    if refusals:
        raise RefusedRules(refusals, file)
    return tuple(rules)


def refused(rules: Iterable[Rule]) -> list[Refusal]:
    """The rules that cannot be used, each with the reason."""
    seen = set[str]()
    refusals = []
    for rule in rules:
        why = "another rule has this id" if rule.id in seen else next(_faults(rule), "")
        seen.add(rule.id)
        if why:
            refusals.append(Refusal(rule.id, why))
    return refusals


def _faults(rule: Rule) -> Iterator[str]:
    try:
        pattern = Regex(rule.pattern)
    except BadPattern as error:
        yield f"RE2 does not take the pattern: {error}"
        return
    if pattern.program > MAX_PROGRAM:
        yield f"the pattern needs a program of {pattern.program:,} steps, more than {MAX_PROGRAM:,}"
    if not 0 <= rule.part <= pattern.groups:
        yield f"the pattern has {pattern.groups} groups, and part is {rule.part}"
    try:
        node = parse(rule.pattern)
        if widths(node)[0] == 0:
            yield "the pattern matches the empty string"
        if positions(hint(node)) > MAX_POSITIONS:
            yield f"the pattern needs an automaton of {positions(hint(node)):,} states, more than {MAX_POSITIONS:,}"
    except Unknown as error:
        if pattern.finds(""):
            yield f"the pattern matches the empty string, and has {error}"
    for allowed in rule.allow:
        try:
            Regex(allowed)
        except BadPattern as error:
            yield f"RE2 does not take a pattern of allow: {error}"
    if rule.check:
        try:
            check_named(rule.check)
        except UsageError as error:
            yield error.what
    if not 0 <= rule.score <= 1:
        yield f"a score of {rule.score:g} is not between 0 and 1"
    if rule.entropy < 0:
        yield "the entropy is below 0"
    if "" in (*rule.keywords, *rule.context, *rule.against):
        yield "an empty word is in every text"


def _rules(text: bytes, file: Path) -> tuple[Rule, ...]:
    try:
        return msgspec.convert(_entries(text, file), tuple[Rule, ...])
    except msgspec.ValidationError as error:
        raise UsageError(f"a rule is malformed: {error}", where=file) from None


def _entries(text: bytes, file: Path) -> list[object]:
    try:
        content = tomllib.loads(text.decode())
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise UsageError(f"not a TOML file: {error}", where=file) from None
    entries = content.pop("rule", [])
    if content or not isinstance(entries, list):
        raise UsageError("a rule file has `[[rule]]` tables and nothing else", where=file)
    if len(entries) > MAX_RULES:
        raise UsageError(f"{len(entries):,} rules, more than {MAX_RULES:,}", where=file)
    return entries
