"""The gate before an MLflow registry: what an alias or a stage serves is judged, tagged, and taken out."""

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

import msgspec

from bartizan.artifacts.admit.admission import Admission
from bartizan.artifacts.admit.evidence import PLAIN, Evidence
from bartizan.artifacts.admit.gate import Gate
from bartizan.artifacts.admit.mlflow import PROXIED, Registry, Version
from bartizan.artifacts.admit.reference import Reference, checked_root
from bartizan.artifacts.oms.manifest import Unsigned, list_model
from bartizan.kernel import BartizanError, Budget, HostileInput, OutOfBudget, UsageError
from bartizan.text import visible

ACTOR = "service:mlflow"
ROOT_TAG = "bartizan.root"
VERDICT_TAG = "bartizan.verdict"
REASONS_TAG = "bartizan.reasons"
UNNAMED = "no digest is known of it: it has no tag bartizan.root, and its files are not where this gate may read them"


class Standing(msgspec.Struct, frozen=True):
    """How one version stands before the gate."""

    model: str
    version: str
    verdict: str
    """`allowed`, `denied`, or `unknown` where the gate could not look: then nothing is taken out."""
    reasons: tuple[str, ...]
    by: str = ""
    """Whether its `files` were looked at, or its `tag` was believed."""
    removed: bool = False
    admission: Admission | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MlflowGate:
    """Judges the versions behind one alias, or in one stage."""

    registry: Registry
    gate: Gate
    alias: str = ""
    stage: str = ""
    enforce: bool = False
    """Take denied versions out: remove the alias, or move them to no stage."""
    folder: Path | None = None
    """The only folder whose files are read where a version's location is a path of this machine."""
    download: Budget | None = None
    """Fetch files that the server hands out, at this cost at most."""

    def __post_init__(self) -> None:
        if bool(self.alias) == bool(self.stage):
            raise UsageError("which versions?", todo="Name an alias or a stage")

    def check(self) -> Iterator[Standing]:
        """How each version stands, as it is judged; each is tagged with that."""
        found = self.registry.behind(self.alias) if self.alias else self.registry.in_stage(self.stage)
        for version in found:
            try:
                yield self._tell(version, self._judge(version))
            except (BartizanError, OSError) as error:
                yield Standing(version.name, version.version, "unknown", (visible(error),))

    def _judge(self, version: Version) -> Standing:
        try:
            evidence, by = self._evidence(version)
        except (HostileInput, OutOfBudget, Unsigned, UsageError, ValueError, RuntimeError) as error:
            # What the version itself brought on, such as a location that no path or URL can be made of: it must not
            # stay because nobody could look at it.
            return Standing(version.name, version.version, "denied", (visible(error),))
        if evidence is None:
            return Standing(version.name, version.version, "denied", (UNNAMED,))
        if evidence.signer is None:
            evidence = msgspec.structs.replace(evidence, model=version.name)
        admission = self.gate.decide(
            evidence,
            actor=ACTOR,
            action="deploy",
            environment=self.gate.terms.environment_of(self.alias or self.stage),
        )
        reasons = tuple(visible(reason.what) for reason in admission.reasons)
        verdict = "allowed" if admission.allowed else "denied"
        return Standing(version.name, version.version, verdict, reasons, by, admission=admission)

    def _evidence(self, version: Version) -> tuple[Evidence | None, str]:
        """From the version's files, if they can be had; else by the digest that its tag claims."""
        claimed = version.tag(ROOT_TAG)
        location = self.registry.location(version)
        local = self._local(location)
        if local is not None:
            return self._of_files(local, claimed), "files"
        if self.download is not None and urlsplit(location).scheme == PROXIED:
            with tempfile.TemporaryDirectory(prefix="bartizan-") as folder:
                self.registry.download(location, Path(folder), self.download)
                return self._of_files(Path(folder), claimed), "files"
        if claimed is None:
            return None, ""
        return self.gate.digest(Reference(checked_root(claimed.removeprefix("sha256:")))), "tag"

    def _local(self, location: str) -> Path | None:
        """The path that the location is, if it lies in the folder that may be read."""
        parts = urlsplit(location)
        if parts.scheme not in {"", "file"} or parts.netloc not in {"", "localhost"}:
            return None
        path = Path(unquote(parts.path) if parts.scheme else location)
        if self.folder is None or not path.is_absolute():
            return None
        path = path.resolve()
        return path if path.is_relative_to(self.folder.resolve()) and path.exists() else None

    def _of_files(self, model: Path, claimed: str | None) -> Evidence:
        """What the files show, with the papers that the store has of just these files."""
        evidence = self.gate.files(model, self.gate.store.papers(list_model(model, PLAIN).root))
        if claimed is None or claimed.removeprefix("sha256:") == evidence.root:
            return evidence
        problem = f"the tag {ROOT_TAG} says {claimed[:80]}, the files are sha256:{evidence.root}"
        return msgspec.structs.replace(evidence, problems=(*evidence.problems, problem), contradicted=True)

    def _tell(self, version: Version, standing: Standing) -> Standing:
        """Takes a denied version out if that is to be enforced, and tags it with how it stands."""
        removed = standing.verdict == "denied" and self.enforce
        if removed and self.alias:
            self.registry.remove_alias(version, self.alias)
        elif removed:
            self.registry.leave_stage(version)
        self.registry.set_tag(version, VERDICT_TAG, standing.verdict)
        self.registry.set_tag(version, REASONS_TAG, "; ".join(standing.reasons))
        return msgspec.structs.replace(standing, removed=removed)
