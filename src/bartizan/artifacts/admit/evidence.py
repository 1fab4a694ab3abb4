"""Evidence: what can be shown of a model before it is let in, and what could not be had."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import msgspec

from bartizan.artifacts.admit.listed import Listed, listed
from bartizan.artifacts.admit.papers import Papers
from bartizan.artifacts.admit.reference import Reference, checked_root
from bartizan.artifacts.oms import Trust, Unsigned, Verified, verify
from bartizan.artifacts.oms.bundle import Bundle, signed_manifest
from bartizan.artifacts.oms.manifest import GIT_PATHS, Manifest, Serialization, list_model
from bartizan.artifacts.scanned import Scanned, attested_scan, scan_model
from bartizan.kernel import BartizanError, HostileInput

HERE = "here"
"""Who stated a scan that was made for this very decision."""
MAX_CLOCK_DIFFERENCE = timedelta(minutes=10)
PLAIN = Serialization("files", "sha256", False, ignore_paths=GIT_PATHS)


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of one model. What could not be had is absent, and `problems` say why."""

    model: str
    """Its name as the signature has it, or else as it is called here."""
    root: str
    """SHA-256 over the digests of its files, in hex: the digest of the model."""
    signer: str | None = None
    scanned: Scanned | None = None
    scanner: str | None = None
    """Who stated the scan."""
    bom: bool = False
    licences: tuple[str, ...] = ()
    uncovered: tuple[str, ...] = ()
    """Paths in the model that the signature leaves out, and with it the scan."""
    problems: tuple[str, ...] = ()
    contradicted: bool = False
    """True if some paper is there and does not hold: of another model, changed, or by nobody trusted."""


def of_digest(reference: Reference, papers: Papers, trust: Trust, *, now: datetime) -> Evidence:
    """What the papers show of the model of this digest, whose files are not here."""
    case = _Gathering(reference.name or reference.root[:12], reference.root)
    if papers.signature is None:
        case.lacks("no signature is published under this digest")
    else:
        with case.holding("signature"):
            signer, manifest = _signed(papers.signature, trust)
            if manifest.root != case.root:
                raise Unsigned(f"it is about model {manifest.root}")
            case.signer, case.model = signer, manifest.model
            # Whether these paths exist is unknown here, so they count.
            case.uncovered = tuple(path for path in manifest.serialization.ignore_paths if path not in GIT_PATHS)
    if papers.scan is None:
        case.lacks("no signed scan is published under this digest")
    else:
        case.take_scan(papers.scan, trust, now)
    case.take_bom(papers.bom)
    return case.evidence()


def of_files(
    model: Path, papers: Papers, trust: Trust, *, now: datetime, beside: Iterable[Path] = (), rescan: bool = False
) -> Evidence:
    """What the model's own files and its papers show; scanned now if no signed scan came with it, or with `rescan`.

    `beside` are the paths of the papers, which are no part of the model.
    """
    beside = tuple(beside)
    case = _Gathering(model.resolve().name, "")
    verified: Verified | None = None
    if papers.signature is None:
        case.lacks("no signature came with the model")
    else:
        with case.holding("signature"):
            _signed(papers.signature, trust)
            verified = verify(model, papers.signature, trust, beside=beside)
            case.signer, case.model = verified.signer, verified.model
            case.uncovered = tuple(path for path in verified.uncovered if path not in GIT_PATHS)
    case.root = verified.root if verified else list_model(model, PLAIN, beside=beside).root
    if papers.scan is None or rescan:
        ignored = verified.uncovered if verified else ()
        case.scanned, case.scanner = scan_model(model, ignore=ignored, beside=beside), HERE
        if case.scanned.root != case.root:
            raise BartizanError("the model changed while it was looked at", where=model)
    else:
        case.take_scan(papers.scan, trust, now)
    case.take_bom(papers.bom)
    return case.evidence()


class _Gathering:
    """Evidence while it is gathered."""

    def __init__(self, model: str, root: str) -> None:
        self.model, self.root = model, root
        self.signer: str | None = None
        self.scanned: Scanned | None = None
        self.scanner: str | None = None
        self.bom: Listed | None = None
        self.uncovered: tuple[str, ...] = ()
        self._problems: list[str] = []
        self._contradicted = False

    def lacks(self, what: str) -> None:
        self._problems.append(what)

    @contextmanager
    def holding(self, paper: str) -> Iterator[None]:
        """Within it, an error means that this paper does not hold."""
        try:
            yield
        except BartizanError as error:
            self._problems.append(f"the {paper} does not hold: {error}")
            self._contradicted = True

    def take_scan(self, bundle: bytes, trust: Trust, now: datetime) -> None:
        with self.holding("signed scan"):
            signer, scanned = attested_scan(bundle, self.root, trust)
            if scanned.at.tzinfo is None or scanned.at > now + MAX_CLOCK_DIFFERENCE:
                raise HostileInput(f"it says that it was made at {scanned.at}, which has not been")
            self.scanner, self.scanned = signer, scanned

    def take_bom(self, bom: bytes | None) -> None:
        if bom is None:
            return
        with self.holding("bill of materials"):
            found = listed(bom)
            if found.root != self.root:
                raise Unsigned(f"it is about model {found.root[:80]}")
            self.bom = found

    def evidence(self) -> Evidence:
        return Evidence(
            model=self.model,
            root=checked_root(self.root),
            signer=self.signer,
            scanned=self.scanned,
            scanner=self.scanner,
            bom=self.bom is not None,
            licences=self.bom.licences if self.bom else (),
            uncovered=self.uncovered,
            problems=tuple(self._problems),
            contradicted=self._contradicted,
        )


def _signed(bundle: bytes, trust: Trust) -> tuple[str, Manifest]:
    """Who signed which files; nothing of the bundle is read as a statement before its signature holds."""
    parsed = Bundle.parse(bundle)
    signer = trust.verify(parsed)
    manifest = signed_manifest(parsed.statement())
    if (manifest.serialization.method, manifest.serialization.hash_type) != ("files", "sha256"):
        # Scans and bills of materials name a model by the SHA-256 digests of its files.
        raise Unsigned("it lists shards or other digests than SHA-256", todo="Sign it with `bartizan sign`")
    return signer, manifest
