"""A small Sigstore of our own: an authority that names identities, and the logs of certificates and signatures."""

import base64
import hashlib
import json
import struct
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, ObjectIdentifier

from bartizan.artifacts.oms.bundle import MEDIA_TYPE, PAYLOAD_TYPE, Envelope
from tests.artifacts.oms.pki import Holder, issue, key_usage

SCT_LIST = ObjectIdentifier("1.3.6.1.4.1.11129.2.4.2")
ISSUER = ObjectIdentifier("1.3.6.1.4.1.57264.1.1")
MINUTES = timedelta(minutes=1)
ORIGIN = "log.example.org - 1"


def der(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def key_id(key: ec.EllipticCurvePrivateKey) -> bytes:
    return hashlib.sha256(der(key)).digest()


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def signed(key: ec.EllipticCurvePrivateKey, data: bytes) -> bytes:
    return key.sign(data, ec.ECDSA(hashes.SHA256()))


@dataclass(frozen=True)
class Sigstore:
    """The keys of the three services."""

    authority: Holder
    certificates_log: ec.EllipticCurvePrivateKey
    signatures_log: ec.EllipticCurvePrivateKey

    @classmethod
    def make(cls) -> "Sigstore":
        curve = ec.SECP256R1()
        authority = issue("Authority", authority=True)
        return cls(authority, ec.generate_private_key(curve), ec.generate_private_key(curve))

    def trusted_root(self) -> bytes:
        """What a verifier must know of the services, as Sigstore writes it."""
        since = {"start": (datetime.now(UTC) - timedelta(days=20)).strftime("%Y-%m-%dT%H:%M:%SZ")}
        certificate = self.authority.certificate.public_bytes(serialization.Encoding.DER)
        authority = {
            "subject": {"organization": "example.org", "commonName": "Authority"},
            "uri": "https://authority.example.org",
            "certChain": {"certificates": [{"rawBytes": b64(certificate)}]},
            "validFor": since,
        }
        root = {
            "mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
            "tlogs": [_log(self.signatures_log, "https://log.example.org", since)],
            "certificateAuthorities": [authority],
            "ctlogs": [_log(self.certificates_log, "https://certificates.example.org", since)],
            "timestampAuthorities": [],
        }
        return json.dumps(root).encode()

    def sign(self, payload: bytes, identity: str, issuer: str) -> bytes:
        """A keyless bundle over the payload: a fresh key, its certificate, and the log's word on the signature."""
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = self._certify(key, identity, issuer)
        signature = signed(key, Envelope(payload, b"").signed_bytes)
        envelope = {
            "payload": b64(payload),
            "payloadType": PAYLOAD_TYPE,
            "signatures": [{"sig": b64(signature), "keyid": ""}],
        }
        material = {
            "certificate": {"rawBytes": b64(certificate.public_bytes(serialization.Encoding.DER))},
            "tlogEntries": [self._entry(payload, signature, certificate)],
        }
        bundle = {"mediaType": MEDIA_TYPE, "verificationMaterial": material, "dsseEnvelope": envelope}
        return json.dumps(bundle).encode()

    def _certify(self, key: ec.EllipticCurvePrivateKey, identity: str, issuer: str) -> x509.Certificate:
        """A certificate of ten minutes, with the certificate log's promise inside (RFC 6962, 3.3)."""
        at = datetime.now(UTC).replace(microsecond=0)
        draft = self._certificate(key, identity, issuer, at, b"\0" * 8)
        milliseconds = int(at.timestamp() * 1000)
        tbs = draft.tbs_precertificate_bytes
        issuer_hash = key_id(self.authority.key)
        entry = struct.pack("!BBQH", 0, 0, milliseconds, 1) + issuer_hash + len(tbs).to_bytes(3) + tbs + b"\0\0"
        signature = signed(self.certificates_log, entry)
        log = key_id(self.certificates_log)
        sct = b"\0" + log + struct.pack("!QHBBH", milliseconds, 0, 4, 3, len(signature)) + signature
        listed = struct.pack("!HH", len(sct) + 2, len(sct)) + sct
        return self._certificate(key, identity, issuer, at, listed, serial=draft.serial_number)

    def _certificate(
        self,
        key: ec.EllipticCurvePrivateKey,
        identity: str,
        issuer: str,
        at: datetime,
        scts: bytes,
        *,
        serial: int | None = None,
    ) -> x509.Certificate:
        octets = b"\x04" + _der_length(len(scts)) + scts
        by = self.authority
        return (
            x509.CertificateBuilder(
                by.certificate.subject,
                x509.Name([]),
                key.public_key(),
                serial or x509.random_serial_number(),
            )
            .not_valid_before(at - MINUTES)
            .not_valid_after(at + 10 * MINUTES)
            .add_extension(key_usage(signs=True), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CODE_SIGNING]), critical=False)
            .add_extension(x509.SubjectAlternativeName([x509.RFC822Name(identity)]), critical=True)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(by.key.public_key()), critical=False)
            .add_extension(x509.UnrecognizedExtension(ISSUER, issuer.encode()), critical=False)
            .add_extension(x509.UnrecognizedExtension(SCT_LIST, octets), critical=False)
            .sign(by.key, hashes.SHA256())
        )

    def _entry(self, payload: bytes, signature: bytes, certificate: x509.Certificate) -> dict[str, Any]:
        """The signature log's entry, alone in its tree, with a promise and a signed checkpoint."""
        spec = {
            "envelopeHash": {"algorithm": "sha256", "value": "0" * 64},
            "payloadHash": {"algorithm": "sha256", "value": hashlib.sha256(payload).hexdigest()},
            "signatures": [
                {"signature": b64(signature), "verifier": b64(certificate.public_bytes(serialization.Encoding.PEM))}
            ],
        }
        body = json.dumps({"apiVersion": "0.0.1", "kind": "dsse", "spec": spec}).encode()
        root, log = hashlib.sha256(b"\0" + body).digest(), key_id(self.signatures_log)
        now = int(datetime.now(UTC).timestamp())
        promised = {"body": b64(body), "integratedTime": now, "logID": log.hex(), "logIndex": 0}
        promise = signed(self.signatures_log, json.dumps(promised, separators=(",", ":")).encode())
        note = f"{ORIGIN}\n1\n{b64(root)}\n"
        mark = b64(log[:4] + signed(self.signatures_log, note.encode()))
        return {
            "logIndex": "0",
            "logId": {"keyId": b64(log)},
            "kindVersion": {"kind": "dsse", "version": "0.0.1"},
            "integratedTime": str(now),
            "inclusionPromise": {"signedEntryTimestamp": b64(promise)},
            "inclusionProof": {
                "logIndex": "0",
                "rootHash": b64(root),
                "treeSize": "1",
                "hashes": [],
                "checkpoint": {"envelope": f"{note}\n\u2014 log.example.org {mark}\n"},
            },
            "canonicalizedBody": b64(body),
        }


def _log(key: ec.EllipticCurvePrivateKey, url: str, since: dict[str, str]) -> dict[str, Any]:
    public = {"rawBytes": b64(der(key)), "keyDetails": "PKIX_ECDSA_P256_SHA_256", "validFor": since}
    return {"baseUrl": url, "hashAlgorithm": "SHA2_256", "publicKey": public, "logId": {"keyId": b64(key_id(key))}}


def _der_length(length: int) -> bytes:
    if length < 128:
        return bytes([length])
    return bytes([0x81, length]) if length < 256 else b"\x82" + length.to_bytes(2)
