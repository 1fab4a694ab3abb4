"""SPDX 3.0.1 with its AI profile, as JSON-LD: the model as an AI package that contains its files."""

import re
import uuid
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from bartizan.artifacts.bom.model import SPDX_LICENCES, File, Model

CONTEXT = "https://spdx.org/rdf/3.0.1/spdx-context.jsonld"
CREATION = "_:creation"


def spdx(model: Model, *, at: datetime, tool_version: str) -> dict[str, Any]:
    """The bill of materials; equal but for its time for equal models."""
    base = f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, model.root)}"
    elements = list(_elements(model, base, at, tool_version))
    document = {
        **_element("SpdxDocument", f"{base}#document", f"Bill of materials of {model.name}"),
        "profileConformance": ["core", "software", "ai", "simpleLicensing"],
        "rootElement": [f"{base}#model"],
        "element": [one["spdxId"] for one in elements],
    }
    creation = {
        "type": "CreationInfo",
        "@id": CREATION,
        "specVersion": "3.0.1",
        "created": at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "createdBy": [f"{base}#agent"],
        "createdUsing": [f"{base}#tool"],
    }
    return {"@context": CONTEXT, "@graph": [creation, document, *elements]}


def _elements(model: Model, base: str, at: datetime, tool_version: str) -> Iterator[dict[str, Any]]:
    yield _element("SoftwareAgent", f"{base}#agent", "bartizan")
    yield _element("Tool", f"{base}#tool", f"bartizan {tool_version}")
    yield _package(model, f"{base}#model", at)
    for number, file in enumerate(model.files):
        yield _file(file, f"{base}#file-{number}")
    files = [f"{base}#file-{number}" for number in range(len(model.files))]
    yield _relationship(f"{base}#contains", f"{base}#model", "contains", files)
    for number, name in enumerate(model.licences):
        licence = _element("simplelicensing_LicenseExpression", f"{base}#licence-{number}", "")
        yield {**licence, "simplelicensing_licenseExpression": _expression(name)}
        yield _relationship(f"{base}#licensed-{number}", f"{base}#model", "hasDeclaredLicense", [licence["spdxId"]])
    for kind, names in (("trainedOn", model.datasets), ("descendantOf", model.base_models)):
        for number, name in enumerate(names):
            yield _element("software_Package", f"{base}#{kind}-{number}", name)
            yield _relationship(f"{base}#{kind}-{number}-link", f"{base}#model", kind, [f"{base}#{kind}-{number}"])


def _element(kind: str, id: str, name: str) -> dict[str, Any]:
    element = {"type": kind, "spdxId": id, "creationInfo": CREATION}
    return element | ({"name": name} if name else {})


def _package(model: Model, id: str, at: datetime) -> dict[str, Any]:
    package: dict[str, Any] = {
        **_element("ai_AIPackage", id, model.name),
        "verifiedUsing": [_hash(model.root)],
        "software_primaryPurpose": "model",
        "software_packageVersion": model.root[:12],
        "software_downloadLocation": f"urn:sha256:{model.root}",
        "releaseTime": at.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    if model.family or model.architecture:
        package["ai_typeOfModel"] = [one for one in (model.family, model.architecture) if one]
    if model.task:
        package["ai_domain"] = [model.task]
    if model.parameters is not None:
        entry = {"type": "DictionaryEntry", "key": "parameters", "value": str(model.parameters)}
        package["ai_hyperparameter"] = [entry]
    return package


def _file(file: File, id: str) -> dict[str, Any]:
    return {
        **_element("software_File", id, file.path),
        "verifiedUsing": [_hash(file.sha256)],
        "software_primaryPurpose": "model" if file.format not in {"data", "json", "empty"} else "other",
        "comment": f"format {file.format}, {file.size} bytes, scanned: {file.verdict}",
    }


def _hash(sha256: str) -> dict[str, str]:
    return {"type": "Hash", "algorithm": "sha256", "hashValue": sha256}


def _relationship(id: str, source: str, kind: str, targets: list[str]) -> dict[str, Any]:
    return {**_element("Relationship", id, ""), "from": source, "relationshipType": kind, "to": targets}


def _expression(name: str) -> str:
    """The SPDX id, or a reference of our own for a licence that SPDX does not name."""
    return name if name in SPDX_LICENCES.values() else "LicenseRef-" + re.sub(r"[^A-Za-z0-9.-]+", "-", name)
