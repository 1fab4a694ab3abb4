"""Findings as SARIF 2.1.0 (OASIS), for code hosts and editors."""

from collections.abc import Iterable, Mapping
from typing import Any, Literal, TypeAlias
from urllib.parse import quote

import msgspec

from bartizan.kernel import Finding, Place, Severity

VERSION = "2.1.0"
SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"

Standing: TypeAlias = Literal["open", "fixed", "accepted", "baseline"]

LEVELS = {
    Severity.INFO: "note",
    Severity.LOW: "note",
    Severity.MEDIUM: "warning",
    Severity.HIGH: "error",
    Severity.CRITICAL: "error",
}
# Code hosts sort by this property, on the scale of CVSS.
SCORES = {
    Severity.INFO: "0.0",
    Severity.LOW: "3.0",
    Severity.MEDIUM: "5.5",
    Severity.HIGH: "8.0",
    Severity.CRITICAL: "9.5",
}


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """A finding at an asset, with what was decided about it."""

    finding: Finding
    asset: str = ""
    status: Standing = "open"
    reason: str = ""
    """Why it was accepted, or is known."""


def sarif(
    findings: Iterable[Found], rules: Mapping[str, str], tool_version: str, *, complete: bool = True
) -> dict[str, Any]:
    """One SARIF log with one run; `rules` says in a sentence what each rule is about, as far as known.

    `complete` is False if something could not be looked at.
    """
    listed = list(findings)
    named = sorted({found.finding.rule for found in listed})
    places = {rule: place for place, rule in enumerate(named)}
    worst: dict[str, Severity] = {}
    for found in listed:
        severity = found.finding.severity
        worst[found.finding.rule] = max(severity, worst.get(found.finding.rule, severity), key=lambda one: one.rank)
    driver = {
        "name": "Bartizan",
        "version": tool_version,
        "rules": [_rule(rule, rules.get(rule, rule), worst[rule]) for rule in named],
    }
    run = {
        "tool": {"driver": driver},
        "invocations": [{"executionSuccessful": complete}],
        "results": [_result(found, places[found.finding.rule]) for found in listed],
    }
    return {"$schema": SCHEMA, "version": VERSION, "runs": [run]}


def _rule(id: str, about: str, severity: Severity) -> dict[str, Any]:
    return {
        "id": id,
        "shortDescription": {"text": about},
        "defaultConfiguration": {"level": LEVELS[severity]},
        "properties": {"tags": ["security"], "security-severity": SCORES[severity]},
    }


def _result(found: Found, rule_place: int) -> dict[str, Any]:
    finding = found.finding
    properties: dict[str, Any] = {
        "severity": finding.severity.value,
        "confidence": finding.confidence.value,
        "status": found.status,
    }
    properties |= {"asset": found.asset} if found.asset else {}
    properties |= {"threats": list(finding.threats)} if finding.threats else {}
    properties |= {"fix": finding.fix} if finding.fix else {}
    result: dict[str, Any] = {
        "ruleId": finding.rule,
        "ruleIndex": rule_place,
        "level": LEVELS[finding.severity],
        "message": {"text": finding.message or finding.rule},
        "locations": [_location(finding.place, found.asset)] if finding.place != Place() or found.asset else [],
        "properties": properties,
    }
    if finding.fingerprint:
        result["fingerprints"] = {"bartizan/v1": finding.fingerprint}
    if found.status == "fixed":
        result |= {"kind": "pass", "level": "none"}
    if found.status in ("accepted", "baseline"):
        justification = found.reason or "known when the baseline was taken"
        result["suppressions"] = [{"kind": "external", "status": "accepted", "justification": justification}]
    return result


def _location(place: Place, asset: str) -> dict[str, Any]:
    location: dict[str, Any] = {}
    if place.path:
        physical: dict[str, Any] = {"artifactLocation": {"uri": _uri(place.path)}}
        if region := _region(place):
            physical["region"] = region
        location["physicalLocation"] = physical
    if asset or place.member:
        names = [part for part in (asset, place.member) if part]
        location["logicalLocations"] = [{"fullyQualifiedName": "!".join(names)}]
    return location


def _region(place: Place) -> dict[str, int]:
    """The region of the file itself; a line or span inside an archive's member lies in no file."""
    if place.member:
        return {}
    if place.line is not None and place.line >= 1:
        return {"startLine": place.line}
    if place.start is None or place.start < 0:
        return {}
    length = {} if place.end is None or place.end < place.start else {"byteLength": place.end - place.start}
    return {"byteOffset": place.start, **length}


def _uri(path: str) -> str:
    """The path as a URI reference that no reader takes for another scheme or host."""
    quoted = quote(path.encode("utf-8", "surrogatepass"), safe="/")
    return f"file://{quoted}" if path.startswith("/") and not path.startswith("//") else quoted.lstrip("/")
