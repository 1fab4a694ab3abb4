"""AdmissionReviews as the API server sends them."""

import json
from typing import Any

ANNOTATION = "bartizan.dev/models"
UID = "705ab4f5-6393-11e8-b7cc-42010a800002"
GROUPS = {
    "Pod": "", "ReplicationController": "", "Deployment": "apps", "StatefulSet": "apps", "DaemonSet": "apps",
    "ReplicaSet": "apps", "Job": "batch", "CronJob": "batch", "InferenceService": "serving.kserve.io",
}  # fmt: skip


def workload(kind: str, models: str | None) -> dict[str, Any]:
    """An object of this kind whose pods are annotated."""
    annotations = {} if models is None else {ANNOTATION: models}
    pod: dict[str, Any] = {
        "metadata": {"name": "chat", "annotations": annotations, "labels": {"app": "chat"}},
        "spec": {"containers": [{"name": "chat", "image": "registry.example/chat@sha256:" + "1" * 64}]},
    }
    if kind == "Pod":
        return {"kind": kind} | pod
    if kind == "CronJob":
        return {"kind": kind, "metadata": {"name": "chat"}, "spec": {"jobTemplate": {"spec": {"template": pod}}}}
    if kind == "InferenceService":
        predictor = {"model": {"modelFormat": {"name": "sklearn"}, "storageUri": "pvc://models/chat"}}
        return {
            "kind": kind,
            "metadata": {"name": "chat", "annotations": annotations},
            "spec": {"predictor": predictor},
        }
    return {"kind": kind, "metadata": {"name": "chat"}, "spec": {"replicas": 1, "template": pod}}


def review(kind: str = "Pod", models: str | None = None, **request: Any) -> dict[str, Any]:
    """The whole review; `request` replaces fields of its request."""
    asked = {
        "uid": UID,
        "kind": {"group": GROUPS.get(kind, "example.org"), "version": "v1", "kind": kind},
        "resource": {"group": GROUPS.get(kind, "example.org"), "version": "v1", "resource": kind.lower() + "s"},
        "name": "chat",
        "namespace": "prod",
        "operation": "CREATE",
        "userInfo": {"username": "ann", "uid": "1", "groups": ["system:authenticated"]},
        "object": workload(kind, models),
        "oldObject": None,
        "dryRun": False,
        "options": {"apiVersion": "meta.k8s.io/v1", "kind": "CreateOptions"},
    }
    return {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": asked | request}


def encoded(kind: str = "Pod", models: str | None = None, **request: Any) -> bytes:
    return json.dumps(review(kind, models, **request)).encode()
