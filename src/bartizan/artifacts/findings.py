"""From reports to findings: each fact that the profile does not allow, said for the ledger and for CI."""

from collections.abc import Iterator

from bartizan.artifacts.fact import AnyFact
from bartizan.artifacts.profile import Profile, said
from bartizan.artifacts.report import Report, Verdict
from bartizan.kernel import Confidence, Finding, Place, Severity

SEVERITIES: dict[Verdict, Severity] = {
    "warn": Severity.LOW,
    "unscanned": Severity.MEDIUM,
    "block": Severity.HIGH,
}
# What opening the file does at once is worse than what it may lead to.
CRITICAL = {"Calls.code", "Calls.computed", "Template.escape"}

THREATS: dict[str, tuple[str, ...]] = {
    "Calls": ("unsafe-deserialization", "supply-chain"),
    "Imports": ("unsafe-deserialization", "supply-chain"),
    "Opaque": ("unsafe-deserialization", "supply-chain"),
    "Template": ("supply-chain",),
}
OTHER_THREATS = ("supply-chain",)

FIXES = {
    "Calls": "Do not load this file. Ask its maker for safetensors, or open it with `bartizan load`.",
    "Imports": "Load it with `bartizan load`, or have its maker leave the name out.",
    "ReadsPath": "Keep the file where it cannot reach others, or remove the path.",
    "WritesPath": "Do not unpack this archive; have it made again with paths inside its folder.",
    "FetchesUrl": "Check the address, and keep what it serves beside the model under a digest.",
    "Template": "Replace the template by one that only formats messages.",
    "Structure": "Have the file saved again by the library that wrote it.",
    "Opaque": "Do not load this file: what it does is not known until it runs.",
    "Budget": "Scan it again with a larger --budget if you expect a file of this size; otherwise do not load it.",
}


def findings(report: Report, profile: Profile) -> Iterator[Finding]:
    """The findings of a report and of its members."""
    yield from _findings(report, profile, report.path, "")


def rule_of(fact: AnyFact) -> str:
    """The rule that a finding of this fact breaks: `artifacts.calls-code`."""
    return f"artifacts.{kind_of(fact).lower()}-{fact.rule}"


def kind_of(fact: AnyFact) -> str:
    return str(type(fact).__struct_config__.tag)


def _findings(report: Report, profile: Profile, path: str, member: str) -> Iterator[Finding]:
    for fact in report.facts:
        verdict = profile.judge(fact)
        if verdict == "allow":
            continue
        kind = kind_of(fact)
        critical = verdict == "block" and f"{kind}.{fact.rule}" in CRITICAL
        yield Finding(
            rule_of(fact),
            Severity.CRITICAL if critical else SEVERITIES[verdict],
            said(fact),
            confidence=Confidence.CERTAIN if critical else Confidence.HIGH,
            place=Place(path, member, start=fact.at),
            threats=THREATS.get(kind, OTHER_THREATS),
            fix=FIXES[kind],
            evidence=fact.what,
        )
    for inner in report.members:
        yield from _findings(inner, profile, path, f"{member}!{inner.path}" if member else inner.path)
