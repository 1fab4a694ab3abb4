"""The scan of a whole model as a statement that can be signed beside the model's own signature."""

from collections.abc import Iterable
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path, PurePosixPath
from typing import Any

import msgspec

from bartizan import __version__
from bartizan.artifacts.many import Task, find_files, scan_many
from bartizan.artifacts.oms import Signer, Trust, Unsigned, attest, attested
from bartizan.artifacts.oms.manifest import GIT_PATHS
from bartizan.artifacts.profile import default_profile
from bartizan.artifacts.report import VERDICTS, Report, Verdict, worst
from bartizan.kernel import Budget, HostileInput

PREDICATE = "urn:bartizan:scan:v1"
MAX_REASONS = 20


class Scanned(msgspec.Struct, frozen=True, kw_only=True):
    """What a scan of a whole model found."""

    model: str
    root: str
    """The digest of the model, as its signature has it: SHA-256 over the digests of its files."""
    verdict: Verdict
    reasons: tuple[str, ...] = ()
    formats: tuple[str, ...] = ()
    files: int
    at: datetime
    scanner: str = f"bartizan {__version__}"


def scan_model(model: Path, *, ignore: Iterable[str] = (), beside: Iterable[Path] = ()) -> Scanned:
    """The scan of the files that a signature of the model covers: not what it ignores, nor the signatures beside it."""
    files = model_files(model, ignore=ignore, beside=beside)
    reports = list(scan_many(list(files.values()), Task(default_profile(), Budget())))
    return Scanned(
        model=model.resolve().name,
        root=_root(reports),
        verdict=worst(report.verdict for report in reports),
        reasons=_reasons(files, reports)[:MAX_REASONS],
        formats=tuple(sorted({one.format for report in reports for one in report.walk()})),
        files=len(reports),
        at=datetime.now(UTC).replace(microsecond=0),
    )


def model_files(model: Path, *, ignore: Iterable[str] = (), beside: Iterable[Path] = ()) -> dict[str, Path]:
    """The files that a signature of the model covers, by their names in it, in the order of their paths."""
    base = model if model.is_dir() else model.parent
    left_out = [PurePosixPath(path) for path in (*GIT_PATHS, *ignore)]
    others = {path.resolve() for path in beside}
    files = {PurePosixPath(path.relative_to(base).as_posix()): path for path in find_files(model)}
    return {
        str(name): files[name]
        for name in sorted(files)
        if files[name].resolve() not in others and not any(name.is_relative_to(one) for one in left_out)
    }


def attest_scan(scanned: Scanned, signer: Signer) -> bytes:
    """A bundle with the scan as a signed statement about the model."""
    return attest(scanned.model, scanned.root, PREDICATE, msgspec.to_builtins(scanned), signer)


def attested_scan(bundle: bytes, root: str, trust: Trust) -> tuple[str, Scanned]:
    """Who stated what a scan of the model of this digest found; raises `Unsigned` if nobody trusted did."""
    signer, predicate = attested(bundle, root, PREDICATE, trust)
    scanned = _scanned(predicate)
    if scanned.root != root:
        raise HostileInput(f"the scan is of model {scanned.root}, its statement about {root}")
    return signer, scanned


def _reasons(names: Iterable[str], reports: Iterable[Report]) -> tuple[str, ...]:
    """What was found, each with the name of its file, of the worst files first."""
    named = sorted(zip(names, reports, strict=True), key=lambda pair: -VERDICTS.index(pair[1].verdict))
    return tuple(f"{name}: {reason}" for name, report in named for reason in report.reasons)


def _scanned(predicate: dict[str, Any]) -> Scanned:
    try:
        return msgspec.convert(predicate, Scanned)
    except msgspec.ValidationError as error:
        raise HostileInput(f"the statement is no scan: {error}") from None


def _root(reports: Iterable[Report]) -> str:
    root = sha256()
    for report in reports:
        if report.digest is None:
            raise Unsigned("a file of the model could not be read", where=report.path)
        root.update(bytes.fromhex(report.digest.removeprefix("sha256:")))
    return root.hexdigest()
