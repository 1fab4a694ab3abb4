"""Trust: whose signatures count. Each kind verifies one bundle, or raises with what it expected and what it got."""

import warnings
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol, TypeVar

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from cryptography.x509 import verification
from cryptography.x509.oid import ExtendedKeyUsageOID

from bartizan.artifacts.oms.bundle import Bundle, unbase64
from bartizan.artifacts.oms.manifest import Unsigned
from bartizan.artifacts.oms.signer import algorithm, checked_key, key_hint, reason
from bartizan.kernel import HostileInput, MissingExtra, UsageError

E = TypeVar("E", bound=x509.ExtensionType)


class Trust(Protocol):
    """A rule for whose signatures count."""

    def verify(self, bundle: Bundle) -> str:
        """Who signed the bundle; raises `Unsigned` if it was nobody that this rule trusts."""
        ...


class TrustedKey:
    """Trusts one public key."""

    def __init__(self, public_key: ec.EllipticCurvePublicKey) -> None:
        self._key = public_key

    @classmethod
    def load(cls, path: Path) -> "TrustedKey":
        """Trust in the PEM public key at `path`."""
        try:
            key = load_pem_public_key(path.read_bytes())
        except (OSError, ValueError) as error:
            raise UsageError(f"the public key cannot be read: {reason(error)}", where=path) from None
        return cls(checked_key(key, "public key"))

    def verify(self, bundle: Bundle) -> str:
        named, mine = bundle.material.public_key, key_hint(self._key)
        if named is None:
            raise Unsigned("the bundle was signed with a certificate, expected a key")
        if named.hint not in {None, mine}:
            raise Unsigned(f"the bundle names key {named.hint}, expected {mine}")
        _check_signature(self._key, bundle)
        return f"key:{mine}"


class TrustedRoots:
    """Trusts every code-signing certificate that these roots vouch for, as of the time it became valid.

    Without a trusted time stamp nobody knows when a bundle was signed, so an expired certificate still counts; name
    the holder to narrow the trust.
    """

    def __init__(self, roots: Iterable[x509.Certificate], *, holder: str | None = None) -> None:
        self._roots = list(roots)
        self._holder = holder

    @classmethod
    def load(cls, paths: Iterable[Path], *, holder: str | None = None) -> "TrustedRoots":
        """Trust in the PEM certificates in these files."""
        roots: list[x509.Certificate] = []
        for path in paths:
            try:
                roots += x509.load_pem_x509_certificates(path.read_bytes())
            except (OSError, ValueError) as error:
                raise UsageError(f"a root certificate cannot be read: {reason(error)}", where=path) from None
        return cls(roots, holder=holder)

    def verify(self, bundle: Bundle) -> str:
        leaf, *between = _certificates(bundle)
        _check_chain(leaf, between, self._roots)
        _check_usage(leaf)
        holder = leaf.subject.rfc4514_string()
        if self._holder is not None and holder != self._holder:
            raise Unsigned(f"the certificate is that of {holder!r}, expected {self._holder!r}")
        _check_signature(checked_key(leaf.public_key(), "certificate's key"), bundle)
        return f"certificate:{holder}"


class TrustedIdentity:
    """Trusts one identity at one issuer, as Sigstore's certificate authority and transparency log saw it."""

    def __init__(self, identity: str, issuer: str, trusted_root: Path) -> None:
        self._identity = identity
        self._issuer = issuer
        self._trusted_root = trusted_root

    def verify(self, bundle: Bundle) -> str:
        try:
            from sigstore.errors import Error
            from sigstore.models import Bundle as SigstoreBundle
            from sigstore.models import InvalidBundle, TrustedRoot
            from sigstore.verify import Verifier, policy
        except ImportError:
            raise MissingExtra("sigstore", "keyless verification") from None
        try:
            verifier = Verifier(trusted_root=TrustedRoot.from_file(str(self._trusted_root)))
            wanted = policy.Identity(identity=self._identity, issuer=self._issuer)
            _, payload = verifier.verify_dsse(SigstoreBundle.from_json(bundle.raw), wanted)
        except InvalidBundle as error:
            raise HostileInput(f"this is no keyless bundle: {error}") from None
        except (Error, ValueError, OSError) as error:
            raise Unsigned(f"the bundle is not signed by {self._identity} of {self._issuer}: {error}") from None
        if payload != bundle.envelope.payload:
            raise HostileInput("the bundle reads in two ways")
        return f"identity:{self._identity}"


def _check_signature(key: ec.EllipticCurvePublicKey, bundle: Bundle) -> None:
    try:
        key.verify(bundle.envelope.signature, bundle.envelope.signed_bytes, algorithm(key))
    except InvalidSignature:
        raise Unsigned("the signature is not that of the named key over this payload") from None


def _certificates(bundle: Bundle) -> list[x509.Certificate]:
    chain = bundle.material.x509_certificate_chain
    if chain is None or not chain.certificates:
        raise Unsigned("the bundle carries no certificate chain")
    return [_certificate(unbase64(one.raw_bytes)) for one in chain.certificates]


def _certificate(der: bytes) -> x509.Certificate:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            certificate = x509.load_der_x509_certificate(der)
    except Exception as error:  # ValueError, InvalidVersion, and warnings of what RFC 5280 disallows
        raise HostileInput(f"the bundle holds a malformed certificate: {error}") from None
    # The signature is a bit string of whole bytes; the parser lets unused bits pass, which would make it malleable.
    if not der.endswith(b"\0" + certificate.signature):
        raise HostileInput("the bundle holds a certificate that is not in its one canonical form")
    return certificate


def _check_chain(leaf: x509.Certificate, between: list[x509.Certificate], roots: list[x509.Certificate]) -> None:
    """Raise unless the roots vouch for the leaf (RFC 5280, 6) by way of every certificate that was sent along."""
    any_leaf = verification.ExtensionPolicy.permit_all()
    signs_others = verification.ExtensionPolicy.permit_all().require_present(
        x509.BasicConstraints, verification.Criticality.AGNOSTIC, _must_be_authority
    )
    builder = (
        verification.PolicyBuilder()
        .store(verification.Store(roots))
        .time(_start(leaf))
        .extension_policies(ca_policy=signs_others, ee_policy=any_leaf)
    )
    try:
        verified = builder.build_client_verifier().verify(leaf, between)
    except (verification.VerificationError, ValueError) as error:
        reason = " ".join(str(error).split())
        raise Unsigned(f"no trusted root vouches for the certificate: {reason}") from None
    if any(one not in verified.chain for one in between):
        raise HostileInput("the bundle holds certificates that have no part in its chain")


def _must_be_authority(policy: object, certificate: x509.Certificate, constraints: x509.BasicConstraints) -> None:  # noqa: ARG001
    if not constraints.ca:
        raise ValueError("a certificate in the chain is none of an authority")


def _start(leaf: x509.Certificate) -> datetime:
    return leaf.not_valid_before_utc.astimezone(UTC).replace(tzinfo=None)


def _check_usage(leaf: x509.Certificate) -> None:
    """Raise unless the certificate says that its key may sign."""
    usage = _extension(leaf, x509.KeyUsage)
    purposes = _extension(leaf, x509.ExtendedKeyUsage)
    if not ((usage and usage.digital_signature) or (purposes and ExtendedKeyUsageOID.CODE_SIGNING in purposes)):
        raise Unsigned("the certificate may not be used for signing")


def _extension(leaf: x509.Certificate, kind: type[E]) -> E | None:
    try:
        return leaf.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None
