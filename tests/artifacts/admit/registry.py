"""A model registry on loopback that speaks the part of MLflow's REST API 2.0 that the gate uses.

Paths, methods and field names are those of MLflow 3.17 (mlflow/protos/*.proto): GET takes a query, POST and DELETE a
JSON body, numbers of versions are text, a page ends with `next_page_token`.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

API = "/api/2.0/mlflow/"
FILES = "/api/2.0/mlflow-artifacts/artifacts"


@dataclass
class Shelf:
    """What the registry holds, and what it was asked to change."""

    files: Path
    """The folder behind `mlflow-artifacts:/`."""
    versions: list[dict[str, Any]] = field(default_factory=list)
    aliases: dict[tuple[str, str], str] = field(default_factory=dict)
    page: int = 2
    broken: bool = False
    token: str = ""
    listed: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    """Listings that it answers with, whatever the folder holds."""
    url: str = ""

    def add(self, name: str, source: str, *, alias: str = "", stage: str = "None", **tags: str) -> dict[str, Any]:
        number = str(1 + sum(one["name"] == name for one in self.versions))
        pairs = [{"key": f"bartizan.{key}", "value": value} for key, value in tags.items()]
        made = {
            "name": name, "version": number, "creation_timestamp": 1, "current_stage": stage, "source": source,
            "run_id": "r1", "status": "READY", "tags": pairs,
        }  # fmt: skip
        self.versions.append(made)
        if alias:
            self.aliases[name, alias] = number
        return made

    def tags(self, name: str, version: str = "1") -> dict[str, str]:
        return {pair["key"]: pair["value"] for pair in self.version(name, version)["tags"]}

    def version(self, name: str, version: str) -> dict[str, Any]:
        return next(one for one in self.versions if (one["name"], one["version"]) == (name, version))

    def answer(self, method: str, path: str, asked: dict[str, Any]) -> dict[str, Any] | None:
        """The body of the answer, None for what is not there."""
        match method, path:
            case "GET", "registered-models/search":
                names = sorted({one["name"] for one in self.versions})
                models = [
                    {
                        "name": name,
                        "aliases": [
                            {"alias": alias, "version": v} for (of, alias), v in self.aliases.items() if of == name
                        ],
                    }
                    for name in names
                ]
                return self._paged("registered_models", models, asked)
            case "GET", "model-versions/search":
                return self._paged("model_versions", self.versions, asked)
            case "GET", "registered-models/alias":
                number = self.aliases.get((asked["name"], asked["alias"]))
                return {"model_version": self.version(asked["name"], number)} if number else None
            case "GET", "model-versions/get-download-uri":
                return {"artifact_uri": self.version(asked["name"], asked["version"])["source"]}
            case "POST", "model-versions/set-tag":
                tags = self.version(asked["name"], asked["version"])["tags"]
                tags[:] = [one for one in tags if one["key"] != asked["key"]]
                tags.append({"key": asked["key"], "value": asked["value"]})
                return {}
            case "DELETE", "registered-models/alias":
                return None if self.aliases.pop((asked["name"], asked["alias"]), None) is None else {}
            case "POST", "model-versions/transition-stage":
                version = self.version(asked["name"], asked["version"])
                version["current_stage"] = asked["stage"]
                return {"model_version": version}
        return None

    def _paged(self, name: str, rows: list[dict[str, Any]], asked: dict[str, Any]) -> dict[str, Any]:
        start = int(asked.get("page_token", "0"))
        end = start + min(self.page, int(asked["max_results"]))
        more = {"next_page_token": str(end)} if end < len(rows) else {}
        return {name: rows[start:end]} | more

    def file(self, path: str, query: dict[str, Any]) -> bytes | None:
        """The bytes of a file, or the listing of a folder."""
        inside = unquote(path.removeprefix(FILES)).strip("/")
        if inside:
            found = self.files / inside
            return found.read_bytes() if found.is_file() else None
        asked = query["path"]
        entries = sorted((self.files / asked).iterdir()) if asked not in self.listed else []
        listed = self.listed.get(asked) or [
            {"path": one.name, "is_dir": one.is_dir()} | ({} if one.is_dir() else {"file_size": one.stat().st_size})
            for one in entries
        ]
        return json.dumps({"files": listed}).encode()


@contextmanager
def served(shelf: Shelf) -> Iterator[Shelf]:
    """The registry while it answers, under `shelf.url`."""

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            parts = urlsplit(self.path)
            query: dict[str, Any] = {key: values[0] for key, values in parse_qs(parts.query).items()}
            body = self.rfile.read(int(self.headers.get("content-length", "0")))
            said = self._said(parts.path, query, body)
            self.send_response(200 if said is not None else 401 if shelf.token and not self._known() else 404)
            content = b"{}" if said is None else said
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_DELETE = _answer

        def _known(self) -> bool:
            return not shelf.token or self.headers.get("authorization") == f"Bearer {shelf.token}"

        def _said(self, path: str, query: dict[str, Any], body: bytes) -> bytes | None:
            if not self._known():
                return None
            if shelf.broken:
                return b"<html>"
            if path.startswith(FILES):
                return shelf.file(path, query)
            asked = query if self.command == "GET" else json.loads(body)
            said = shelf.answer(self.command, path.removeprefix(API), asked)
            return None if said is None else json.dumps(said).encode()

        def log_message(self, format: str, *args: Any) -> None:
            """Keep the test's output clean."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    shelf.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield shelf
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
