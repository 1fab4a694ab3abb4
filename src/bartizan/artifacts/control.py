"""The control of this room: a model file is scanned, and what it can do becomes findings."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bartizan.artifacts.artifact import Artifact, Held
from bartizan.artifacts.findings import findings
from bartizan.artifacts.profile import default_profile
from bartizan.artifacts.report import Report
from bartizan.artifacts.scan import scan as scan_artifact
from bartizan.kernel import Asset, Context, Finding, HostileInput, control

# `os.system("true")` by protocol 0, and its innocent neighbour, a dictionary. Neither is ever loaded.
CALLS_SYSTEM = b"cos\nsystem\n(S'true'\ntR."
PLAIN = b"(dS'weights'\n(lF0.5\nass."


@dataclass(frozen=True, slots=True)
class ModelFile:
    """A model file as a subject: where it is, or its bytes, or the report if it was scanned already."""

    name: str
    content: Path | Artifact | Report

    @property
    def asset(self) -> Asset:
        digest = self.content.digest if isinstance(self.content, Report) else None
        return Asset("model-file", self.name, digest)


@control(
    "artifacts.scan",
    on=ModelFile,
    counters=["unsafe-deserialization", "supply-chain"],
    canary=lambda: ModelFile("canary", Held("canary", CALLS_SYSTEM)),
    quiet=lambda: ModelFile("quiet", Held("quiet", PLAIN)),
)
def scan(file: ModelFile, ctx: Context) -> Iterator[Finding]:
    """Finds what a model file would do to whoever opens it."""
    profile = default_profile()
    report = file.content if isinstance(file.content, Report) else scan_artifact(file.content, budget=ctx.budget)
    if not report.format:
        raise HostileInput("the file has no report", where=file.name)
    yield from findings(report, profile)
