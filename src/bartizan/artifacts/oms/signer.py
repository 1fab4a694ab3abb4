"""Signers: a private key, alone or with the certificate that names its holder."""

import base64
import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Protocol

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from bartizan.artifacts.oms.bundle import Bundle, Chain, Envelope, KeyHint, Material, RawCertificate
from bartizan.kernel import UsageError

CURVE_HASHES: dict[str, type[hashes.HashAlgorithm]] = {
    "secp256r1": hashes.SHA256,
    "secp384r1": hashes.SHA384,
    "secp521r1": hashes.SHA512,
}


class Signer(Protocol):
    """Whatever can put its name to a payload."""

    def sign(self, payload: bytes) -> Bundle: ...


class KeySigner:
    """Signs with an elliptic-curve private key; the bundle carries only a hint of its public half."""

    def __init__(self, private_key: ec.EllipticCurvePrivateKey) -> None:
        self._key = private_key
        self.public_key = checked_key(private_key.public_key(), "private key")

    @classmethod
    def load(cls, path: Path, password: bytes | None = None) -> "KeySigner":
        """The signer for the PEM file at `path`."""
        return cls(load_private_key(path, password))

    def sign(self, payload: bytes) -> Bundle:
        envelope = Envelope(payload, b"")
        signature = self._key.sign(envelope.signed_bytes, algorithm(self.public_key))
        return Bundle(self._material(), Envelope(payload, signature))

    def _material(self) -> Material:
        return Material(public_key=KeyHint(key_hint(self.public_key)))


class CertificateSigner(KeySigner):
    """Signs with a private key and shows the chain of certificates that leads to its holder."""

    def __init__(self, private_key: ec.EllipticCurvePrivateKey, chain: Iterable[x509.Certificate]) -> None:
        super().__init__(private_key)
        self._chain = list(chain)
        if not self._chain or self._chain[0].public_key() != self.public_key:
            raise UsageError("the first certificate is not that of the private key")

    @classmethod
    def load_chain(cls, key: Path, chain: Iterable[Path], password: bytes | None = None) -> "CertificateSigner":
        """The signer for a PEM key and the PEM certificates of its chain, its own first."""
        certificates: list[x509.Certificate] = []
        for path in chain:
            try:
                certificates += x509.load_pem_x509_certificates(path.read_bytes())
            except (OSError, ValueError) as error:
                raise UsageError(f"a certificate cannot be read: {reason(error)}", where=path) from None
        return cls(load_private_key(key, password), certificates)

    def _material(self) -> Material:
        ders = [one.public_bytes(serialization.Encoding.DER) for one in self._chain]
        certificates = [RawCertificate(base64.b64encode(der).decode()) for der in ders]
        return Material(x509_certificate_chain=Chain(certificates))


def reason(error: Exception) -> str:
    """Why a PEM file cannot be read: what the system says, or the first sentence of what the parser says."""
    return (error.strerror or str(error)) if isinstance(error, OSError) else str(error).partition(". ")[0]


def load_private_key(path: Path, password: bytes | None = None) -> ec.EllipticCurvePrivateKey:
    """The elliptic-curve key in a PEM file."""
    try:
        key = serialization.load_pem_private_key(path.read_bytes(), password)
    except (OSError, ValueError, TypeError) as error:
        raise UsageError(f"the private key cannot be read: {reason(error)}", where=path) from None
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise UsageError("the private key is on no elliptic curve", where=path, todo="Use P-256, P-384 or P-521.")
    return key


def checked_key(key: object, what: str) -> ec.EllipticCurvePublicKey:
    """The key, if it is on one of the three curves that model signatures use."""
    if not isinstance(key, ec.EllipticCurvePublicKey) or key.curve.name not in CURVE_HASHES:
        raise UsageError(f"the {what} is on none of the curves P-256, P-384 and P-521")
    return key


def algorithm(key: ec.EllipticCurvePublicKey) -> ec.ECDSA:
    return ec.ECDSA(CURVE_HASHES[key.curve.name]())


def key_hint(key: ec.EllipticCurvePublicKey) -> str:
    """SHA-256 of the public key's PEM text, by which a bundle names its key."""
    pem = key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(pem).hexdigest()
