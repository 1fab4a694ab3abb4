"""OpenSSF Model Signing v1.0: sign a model's files, and verify that they are what was signed."""

from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec

from bartizan.artifacts.oms.bundle import Bundle, Statement, manifest_statement, signed_manifest, statement_payload
from bartizan.artifacts.oms.manifest import GIT_PATHS, Serialization, Unsigned, list_model, uncovered
from bartizan.artifacts.oms.signer import CertificateSigner, KeySigner, Signer
from bartizan.artifacts.oms.trust import Trust, TrustedIdentity, TrustedKey, TrustedRoots

SHOWN_DIFFERENCES = 3


class Verified(msgspec.Struct, frozen=True):
    """A model whose files are those that somebody trusted signed."""

    model: str
    root: str
    """The digest of the model: SHA-256 over the digests of its files."""
    signer: str
    files: int
    uncovered: tuple[str, ...] = ()
    """Paths beside the model's files that the signature leaves out."""


def sign(model: Path, signer: Signer, *, ignore: Iterable[str] = (), beside: Iterable[Path] = ()) -> bytes:
    """A bundle over every file of the model; `ignore` is left out and named in the bundle, `beside` are signatures."""
    serialization = Serialization("files", "sha256", False, ignore_paths=(*GIT_PATHS, *ignore))
    manifest = list_model(model, serialization, beside=beside)
    return signer.sign(statement_payload(manifest_statement(manifest))).encode()


def verify(model: Path, bundle: bytes, trust: Trust, *, beside: Iterable[Path] = ()) -> Verified:
    """Who signed the model, if it is still what they signed; raises `Unsigned` with the first differences."""
    parsed = Bundle.parse(bundle)
    signer = trust.verify(parsed)
    signed = signed_manifest(parsed.statement())
    found = list_model(model, signed.serialization, beside=beside)
    differences = list(islice(signed.differences(found), SHOWN_DIFFERENCES))
    if differences:
        raise Unsigned("the model is not what was signed: " + "; ".join(differences), where=model)
    return Verified(
        found.model, found.root, signer, len(found.resources), tuple(uncovered(model, signed.serialization))
    )


def attest(model: str, root: str, predicate_type: str, predicate: dict[str, Any], signer: Signer) -> bytes:
    """A bundle with a statement about the model of this digest, such as what a scan found in it."""
    return signer.sign(statement_payload(Statement(model, root, predicate_type, predicate))).encode()


def attested(bundle: bytes, root: str, predicate_type: str, trust: Trust) -> tuple[str, dict[str, Any]]:
    """Who stated it, and the predicate; raises `Unsigned` if it is about another model or of another type."""
    parsed = Bundle.parse(bundle)
    signer = trust.verify(parsed)
    statement = parsed.statement()
    if statement.predicate_type != predicate_type:
        raise Unsigned(f"the statement is of type {statement.predicate_type!r}, expected {predicate_type!r}")
    if statement.root != root:
        raise Unsigned(f"the statement is about model {statement.root}, expected {root}")
    return signer, statement.predicate


__all__ = [
    "CertificateSigner",
    "KeySigner",
    "Signer",
    "Trust",
    "TrustedIdentity",
    "TrustedKey",
    "TrustedRoots",
    "Unsigned",
    "Verified",
    "attest",
    "attested",
    "sign",
    "verify",
]
