"""What a bill of materials says of its model: its digest and its licences, in CycloneDX and in SPDX 3."""

from collections.abc import Iterator
from typing import Any, TypeAlias

import msgspec

from bartizan.artifacts.json_document import unambiguous
from bartizan.kernel import HostileInput

MAX_LICENCES = 200
MAX_LICENCE_CHARS = 200

Json: TypeAlias = dict[str, Any]


class Listed(msgspec.Struct, frozen=True):
    """The model that a bill of materials is about. Nobody signed it: it is a claim."""

    root: str
    """SHA-256 in hex."""
    licences: tuple[str, ...]


def listed(bom: bytes) -> Listed:
    """The model that the document is about; HostileInput if it is no such document, or says two things."""
    document: Any = unambiguous(bom, "the bill of materials")
    try:
        if document.get("bomFormat") == "CycloneDX":
            hashes, licences = _cyclonedx(document["metadata"]["component"])
        else:
            hashes, licences = _spdx(document["@graph"])
    except (KeyError, TypeError, AttributeError, IndexError, ValueError):
        raise HostileInput("this is no bill of materials of a model, in CycloneDX or in SPDX 3") from None
    digests = {digest.lower() for digest in hashes}
    if len(digests) != 1:
        raise HostileInput(f"the bill of materials gives its model {len(digests)} SHA-256 digests, expected 1")
    if len(licences) > MAX_LICENCES or any(len(name) > MAX_LICENCE_CHARS for name in licences):
        raise HostileInput(f"a bill of materials names at most {MAX_LICENCES} licences of {MAX_LICENCE_CHARS} letters")
    return Listed(digests.pop(), tuple(sorted(set(licences))))


def _cyclonedx(component: Json) -> tuple[list[str], list[str]]:
    """The hashes and licences of the main component."""
    hashes = [_text(one["content"]) for one in component.get("hashes", []) if one["alg"] == "SHA-256"]
    return hashes, [_licence(one) for one in component.get("licenses", [])]


def _licence(choice: Json) -> str:
    """The SPDX id, the name, or the expression: CycloneDX has three ways to say it."""
    named = choice.get("license", {})
    return _text(named.get("id") or named.get("name") or choice["expression"])


def _spdx(graph: list[Json]) -> tuple[list[str], list[str]]:
    """The hashes of the document's root element, and the licences that relationships give it."""
    elements = {one["spdxId"]: one for one in graph if "spdxId" in one}
    [document] = [one for one in graph if one["type"] == "SpdxDocument"]
    [model] = document["rootElement"]
    used = [one for one in elements[model].get("verifiedUsing", []) if one["algorithm"] == "sha256"]
    licences = [
        _text(elements[licence]["simplelicensing_licenseExpression"])
        for one in _relationships(graph, model)
        for licence in one["to"]
    ]
    return [_text(one["hashValue"]) for one in used], licences


def _relationships(graph: list[Json], model: str) -> Iterator[Json]:
    kinds = {"hasDeclaredLicense", "hasConcludedLicense"}
    for one in graph:
        if one["type"] == "Relationship" and one["from"] == model and one["relationshipType"] in kinds:
            yield one


def _text(value: object) -> str:
    """The value, if it is text that can be written as UTF-8."""
    if not isinstance(value, str):
        raise TypeError
    value.encode()
    return value
