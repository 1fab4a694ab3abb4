"""An MLflow model registry over its REST API 2.0: what an alias or a stage serves, and how to take it out."""

from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any, Protocol, TypeVar
from urllib.parse import quote, urlencode, urlsplit

import msgspec

from bartizan.artifacts.paths import leaves_folder
from bartizan.kernel import BartizanError, Budget, HostileInput, Meter, UsageError

API = "/api/2.0/mlflow"
PROXY = "/api/2.0/mlflow-artifacts/artifacts"
PROXIED = "mlflow-artifacts"
PAGE = 100
MAX_PAGES = 10_000
MAX_ANSWER_BYTES = 16 << 20
MAX_TAG_CHARS = 4_000
"""Every back end of MLflow keeps a tag of 5,000 bytes."""
NO_STAGE = "None"

T = TypeVar("T")


class Http(Protocol):
    """Requests as this gate needs them; both raise a BartizanError where there is no whole answer."""

    def ask(self, method: str, url: str, body: bytes | None, limit: int) -> tuple[int, bytes]:
        """Status and body of the answer."""
        ...

    def save(self, url: str, into: Path, limit: int) -> int:
        """Writes the body of an answer of status 200 to a new file; how many bytes it has."""
        ...


class MlflowError(BartizanError):
    """The registry did not answer as MLflow does."""


class _Pair(msgspec.Struct, frozen=True):
    key: str
    value: str = ""


class Version(msgspec.Struct, frozen=True):
    """One version of a registered model."""

    name: str
    version: str
    source: str = ""
    current_stage: str = NO_STAGE
    tags: tuple[_Pair, ...] = ()

    def tag(self, key: str) -> str | None:
        """The value of a tag; HostileInput if there are two."""
        values = [pair.value for pair in self.tags if pair.key == key]
        if len(values) > 1:
            raise HostileInput(f"the tag {key} is there {len(values)} times", where=self)
        return values[0] if values else None

    def __str__(self) -> str:
        return f"{self.name} version {self.version}"


class Registry:
    """The registry at one address."""

    def __init__(self, url: str, http: Http) -> None:
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
            raise UsageError("this is no address of an MLflow server", todo="Write https://HOST[:PORT][/PREFIX]")
        self._url = url.rstrip("/")
        self._http = http

    def behind(self, alias: str) -> Iterator[Version]:
        """The version behind this alias of every model that has one."""
        for model in self._pages("registered-models/search", "registered_models", _Model):
            if any(one.alias == alias for one in model.aliases):
                yield self._get("registered-models/alias", _Found, name=model.name, alias=alias).model_version

    def in_stage(self, stage: str) -> Iterator[Version]:
        """Every version in this stage, by any case of its letters."""
        for version in self._pages("model-versions/search", "model_versions", Version):
            if version.current_stage.casefold() == stage.casefold():
                yield version

    def location(self, version: Version) -> str:
        """From where MLflow itself would load this version."""
        asked = {"name": version.name, "version": version.version}
        return self._get("model-versions/get-download-uri", _Uri, **asked).artifact_uri

    def set_tag(self, version: Version, key: str, value: str) -> None:
        named = {"name": version.name, "version": version.version}
        self._send("POST", "model-versions/set-tag", named | {"key": key, "value": value[:MAX_TAG_CHARS]})

    def remove_alias(self, version: Version, alias: str) -> None:
        self._send("DELETE", "registered-models/alias", {"name": version.name, "alias": alias})

    def leave_stage(self, version: Version) -> None:
        named = {"name": version.name, "version": version.version}
        stage = {"stage": NO_STAGE, "archive_existing_versions": False}
        self._send("POST", "model-versions/transition-stage", named | stage)

    def download(self, location: str, into: Path, budget: Budget) -> None:
        """The files that lie at a location `mlflow-artifacts:/...`, which the server hands out itself."""
        parts = urlsplit(location)
        root = parts.path.strip("/")
        if parts.scheme != PROXIED or not root or leaves_folder(root):
            raise HostileInput("the server hands out no files from there", where=location)
        meter = Meter(budget, location)
        for path in self._files(root, PurePosixPath(), meter, 0):
            target = into / path
            target.parent.mkdir(parents=True, exist_ok=True)
            url = f"{self._url}{PROXY}/{quote(f'{root}/{path}')}"
            meter.spend("bytes", self._http.save(url, target, meter.left("bytes")))
            meter.check_time()

    def _files(self, root: str, folder: PurePosixPath, meter: Meter, depth: int) -> Iterator[PurePosixPath]:
        """The paths of all files below, relative to the root."""
        asked = root if folder == PurePosixPath() else f"{root}/{folder}"
        for file in self._ask("GET", f"{PROXY}?{urlencode({'path': asked})}", None, _Listing).files:
            meter.spend("members")
            # The server names paths relative to what was asked for; nothing else is believed.
            if not file.path or "/" in file.path or leaves_folder(file.path) or file.path == ".":
                raise HostileInput(f"the server lists the path {file.path[:80]!r}", where=asked)
            if file.is_dir:
                yield from self._files(root, folder / file.path, meter, meter.deeper(depth))
            else:
                yield folder / file.path

    def _pages(self, path: str, field: str, kind: type[T]) -> Iterator[T]:
        token = ""
        for _ in range(MAX_PAGES):
            page = self._get(path, dict[str, Any], max_results=PAGE, **({"page_token": token} if token else {}))
            yield from _converted(page.get(field, []), list[kind], path)  # type: ignore[valid-type]
            token = page.get("next_page_token") or ""
            if not token:
                return
        raise MlflowError(f"the registry has more than {MAX_PAGES:,} pages", where=path)

    def _get(self, path: str, kind: type[T], **query: object) -> T:
        return self._ask("GET", f"{API}/{path}?{urlencode(query)}", None, kind)

    def _send(self, method: str, path: str, body: dict[str, Any]) -> None:
        self._ask(method, f"{API}/{path}", msgspec.json.encode(body), dict[str, Any])

    def _ask(self, method: str, target: str, body: bytes | None, kind: type[T]) -> T:
        status, answer = self._http.ask(method, self._url + target, body, MAX_ANSWER_BYTES)
        where = target.partition("?")[0]
        if status != 200:
            raise MlflowError(f"the registry answered {method} with status {status}", where=where)
        try:
            return msgspec.json.decode(answer or b"{}", type=kind)
        except (msgspec.MsgspecError, ValueError, RecursionError) as error:
            raise MlflowError(f"the registry answered otherwise than MLflow: {error}", where=where) from None


class _Alias(msgspec.Struct):
    alias: str


class _Model(msgspec.Struct):
    name: str
    aliases: list[_Alias] = []


class _Found(msgspec.Struct):
    model_version: Version


class _Uri(msgspec.Struct):
    artifact_uri: str


class _File(msgspec.Struct):
    path: str
    is_dir: bool = False


class _Listing(msgspec.Struct):
    files: list[_File] = []


def _converted(value: object, kind: type[T], where: str) -> T:
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        raise MlflowError(f"the registry answered otherwise than MLflow: {error}", where=where) from None
