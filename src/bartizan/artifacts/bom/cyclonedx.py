"""CycloneDX 1.6 and 1.7: the model as a machine-learning-model component with its model card."""

import uuid
from datetime import datetime
from typing import Any, Literal, TypeAlias

from bartizan.artifacts.bom.model import SPDX_LICENCES, File, Model

Version: TypeAlias = Literal["1.6", "1.7"]


def cyclonedx(model: Model, *, at: datetime, tool_version: str, version: Version = "1.6") -> dict[str, Any]:
    """The bill of materials; equal but for its time for equal models."""
    ref = f"model:{model.root}"
    files = [_file(file) for file in model.files]
    bases = [_base(name) for name in model.base_models]
    return {
        "$schema": f"http://cyclonedx.org/schema/bom-{version}.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": version,
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, ref)}",
        "version": 1,
        "metadata": {
            "timestamp": at.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "tools": {"components": [{"type": "application", "name": "bartizan", "version": tool_version}]},
            "component": _model(model, ref),
        },
        "components": files + bases,
        "dependencies": [{"ref": ref, "dependsOn": [part["bom-ref"] for part in files + bases]}],
    }


def _model(model: Model, ref: str) -> dict[str, Any]:
    component: dict[str, Any] = {
        "type": "machine-learning-model",
        "bom-ref": ref,
        "name": model.name,
        "hashes": [{"alg": "SHA-256", "content": model.root}],
        "modelCard": {"modelParameters": _parameters(model)},
    }
    if model.licences:
        component["licenses"] = [{"license": _licence(one)} for one in model.licences]
    properties = [("languages", ", ".join(model.languages)), ("library", model.library)]
    if model.parameters is not None:
        properties.append(("parameters", str(model.parameters)))
    component["properties"] = [{"name": f"bartizan:{name}", "value": value} for name, value in properties if value]
    return component


def _parameters(model: Model) -> dict[str, Any]:
    stated = {"task": model.task, "architectureFamily": model.family, "modelArchitecture": model.architecture}
    parameters: dict[str, Any] = {name: value for name, value in stated.items() if value}
    if model.datasets:
        parameters["datasets"] = [{"type": "dataset", "name": name} for name in model.datasets]
    return parameters


def _licence(name: str) -> dict[str, str]:
    return {"id": name} if name in SPDX_LICENCES.values() else {"name": name}


def _file(file: File) -> dict[str, Any]:
    return {
        "type": "file",
        "bom-ref": f"file:{file.path}",
        "name": file.path,
        "hashes": [{"alg": "SHA-256", "content": file.sha256}],
        "properties": [
            {"name": "bartizan:format", "value": file.format},
            {"name": "bartizan:size", "value": str(file.size)},
            {"name": "bartizan:verdict", "value": file.verdict},
        ],
    }


def _base(name: str) -> dict[str, Any]:
    return {"type": "machine-learning-model", "bom-ref": f"base:{name}", "name": name}
