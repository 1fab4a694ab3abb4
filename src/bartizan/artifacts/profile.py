"""Profiles: from facts to a verdict, with reasons. A profile is data; the default one is `default.toml`."""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Self

import msgspec

from bartizan.artifacts.fact import AnyFact
from bartizan.artifacts.report import VERDICTS, Verdict, worst
from bartizan.kernel import UsageError

ANY_RULE = "*"
MAX_REASONS = 20
KINDS = (
    "Calls", "Imports", "ReadsPath", "WritesPath", "FetchesUrl", "Template", "Structure", "Opaque", "Budget",
)  # fmt: skip


class Profile(msgspec.Struct, frozen=True):
    """For each kind of fact: its rules, and the verdict of each."""

    name: str
    rules: Mapping[str, Mapping[str, Verdict]]

    @classmethod
    def parse(cls, text: bytes, where: object = "") -> Self:
        """The profile in this TOML: `name`, and one table per kind with a verdict per rule and for `*`."""
        try:
            data = msgspec.toml.decode(text, type=dict[str, str | dict[str, Verdict]])
        except (msgspec.MsgspecError, ValueError) as error:
            raise UsageError(f"this is no profile: {error}", where=where) from None
        name, rules = data.get("name", ""), {kind: rules for kind, rules in data.items() if isinstance(rules, dict)}
        lacking = [kind for kind in KINDS if ANY_RULE not in rules.get(kind, {})]
        unknown = sorted(set(rules) - set(KINDS))
        if lacking or unknown or not isinstance(name, str):
            fault = f"no verdict for {', '.join(lacking)} = *" if lacking else f"no kind of fact is named {unknown}"
            raise UsageError(f"this is no profile: {fault}", where=where, todo="See artifacts/default.toml.")
        return cls(name, rules)

    def judge(self, fact: AnyFact) -> Verdict:
        """What this profile makes of one fact."""
        rules = self.rules[_kind(fact)]
        return rules.get(fact.rule) or rules[ANY_RULE]

    def weigh(self, facts: Iterable[AnyFact]) -> tuple[Verdict, tuple[str, ...]]:
        """The verdict over all facts, and the reasons for it, the worst first."""
        judged = [(self.judge(fact), fact) for fact in facts]
        judged = [pair for pair in judged if pair[0] != "allow"]
        if not judged:
            return "allow", ()
        judged.sort(key=lambda pair: -VERDICTS.index(pair[0]))
        reasons = tuple(dict.fromkeys(f"{verdict}: {said(fact)}" for verdict, fact in judged))
        if len(reasons) > MAX_REASONS:
            reasons = (*reasons[:MAX_REASONS], f"... and {len(reasons) - MAX_REASONS} more")
        return worst(verdict for verdict, _ in judged), reasons


SENTENCES = {
    "Calls": "calls {what} ({rule})",
    "Imports": "names {what} ({rule})",
    "ReadsPath": "reads the file {what} ({rule})",
    "WritesPath": "writes the file {what} ({rule})",
    "FetchesUrl": "fetches {what} ({rule})",
    "Template": "template: {what} ({rule})",
    "Structure": "{rule}: {what}",
    "Opaque": "cannot be computed: {what} ({rule})",
    "Budget": "not looked at to the end: {what}",
}


def said(fact: AnyFact) -> str:
    """The fact as a sentence of one line."""
    sentence = SENTENCES[_kind(fact)].format(what=fact.what, rule=fact.rule)
    offset = "" if fact.at is None else f"at {fact.at:,}"
    place = " ".join(part for part in (fact.where, offset) if part)
    return f"{sentence}, {place}" if place else sentence


@lru_cache
def default_profile() -> Profile:
    """The profile that holds unless another is named."""
    path = Path(__file__).with_name("default.toml")
    return Profile.parse(path.read_bytes(), path)


def _kind(fact: AnyFact) -> str:
    return str(type(fact).__struct_config__.tag)
