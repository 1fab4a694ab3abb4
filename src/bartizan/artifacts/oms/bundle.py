"""Sigstore bundles that carry one DSSE envelope with one in-toto statement, read strictly and written plainly."""

import base64
import binascii
from typing import Any

import msgspec

from bartizan.artifacts.oms.manifest import Manifest, Resource, Serialization, Unsigned
from bartizan.kernel import HostileInput

MEDIA_TYPE = "application/vnd.dev.sigstore.bundle.v0.3+json"
PAYLOAD_TYPE = "application/vnd.in-toto+json"
STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
SIGNATURE_PREDICATE = "https://model_signing/signature/v1.0"
MAX_BUNDLE_BYTES = 256 << 20


class Statement(msgspec.Struct, frozen=True):
    """An in-toto statement about one subject."""

    subject: str
    root: str
    """SHA-256 of the subject, in hex."""
    predicate_type: str
    predicate: dict[str, Any]


class Envelope(msgspec.Struct, frozen=True):
    """What was signed, and the one signature over it."""

    payload: bytes
    signature: bytes

    @property
    def signed_bytes(self) -> bytes:
        """The DSSE pre-authentication encoding (DSSE v1.0, protocol.md)."""
        return b"DSSEv1 %d %b %d %b" % (len(PAYLOAD_TYPE), PAYLOAD_TYPE.encode(), len(self.payload), self.payload)


class KeyHint(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True, forbid_unknown_fields=True):
    """Which key signed: a hint, or in old bundles the key itself."""

    hint: str | None = None
    raw_bytes: str | None = None
    key_details: str | None = None


class RawCertificate(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """A certificate in DER, as base64."""

    raw_bytes: str


class Chain(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The signer's certificate, and those that vouch for it."""

    certificates: list[RawCertificate]


class Material(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True, forbid_unknown_fields=True):
    """Who says that they signed: exactly one of a key's hint, a certificate chain, or a keyless certificate."""

    public_key: KeyHint | None = None
    x509_certificate_chain: Chain | None = None
    certificate: RawCertificate | None = None
    tlog_entries: list[dict[str, Any]] = []
    timestamp_verification_data: dict[str, Any] | None = None

    def __post_init__(self) -> None:
        if sum(one is not None for one in (self.public_key, self.x509_certificate_chain, self.certificate)) != 1:
            raise ValueError("a bundle names exactly one of a public key, a certificate chain and a certificate")


class Bundle(msgspec.Struct, frozen=True):
    """One parsed bundle; `raw` is what was parsed."""

    material: Material
    envelope: Envelope
    raw: bytes = b""

    @classmethod
    def parse(cls, raw: bytes) -> "Bundle":
        """The bundle in these bytes; nothing in it is trusted yet."""
        if len(raw) > MAX_BUNDLE_BYTES:
            raise HostileInput(f"a signature bundle is larger than {MAX_BUNDLE_BYTES >> 20} MiB")
        try:
            outer = msgspec.json.decode(raw, type=_Outer)
        except (msgspec.MsgspecError, ValueError, RecursionError) as error:
            raise HostileInput(f"this is no signature bundle: {error}") from None
        if outer.media_type != MEDIA_TYPE:
            raise HostileInput(f"bundle type is {outer.media_type!r}, expected {MEDIA_TYPE!r}")
        inner = outer.dsse_envelope
        if inner.payload_type != PAYLOAD_TYPE:
            raise HostileInput(f"payload type is {inner.payload_type!r}, expected {PAYLOAD_TYPE!r}")
        if len(inner.signatures) != 1:
            raise HostileInput(f"a bundle has {len(inner.signatures)} signatures, expected 1")
        envelope = Envelope(unbase64(inner.payload), unbase64(inner.signatures[0].sig))
        return cls(outer.verification_material, envelope, raw)

    def encode(self) -> bytes:
        """The bundle as JSON."""
        material = {"tlogEntries": self.material.tlog_entries, **msgspec.to_builtins(self.material)}
        signature = {"sig": base64.b64encode(self.envelope.signature).decode(), "keyid": ""}
        payload = base64.b64encode(self.envelope.payload).decode()
        envelope = {"payload": payload, "payloadType": PAYLOAD_TYPE, "signatures": [signature]}
        return msgspec.json.encode(
            {"mediaType": MEDIA_TYPE, "verificationMaterial": material, "dsseEnvelope": envelope}
        )

    def statement(self) -> Statement:
        """What the payload says; call it only when the signature was verified."""
        try:
            said = msgspec.json.decode(self.envelope.payload, type=_Statement)
        except (msgspec.MsgspecError, ValueError, RecursionError) as error:
            raise HostileInput(f"the payload is no in-toto statement: {error}") from None
        if said.type != STATEMENT_TYPE:
            raise HostileInput(f"statement type is {said.type!r}, expected {STATEMENT_TYPE!r}")
        if len(said.subject) != 1:
            raise HostileInput(f"a statement is about {len(said.subject)} subjects, expected 1")
        subject = said.subject[0]
        return Statement(subject.name, subject.digest.get("sha256", ""), said.predicate_type, said.predicate)


def statement_payload(statement: Statement) -> bytes:
    """The statement as an in-toto JSON payload."""
    return msgspec.json.encode(
        {
            "_type": STATEMENT_TYPE,
            "subject": [{"name": statement.subject, "digest": {"sha256": statement.root}}],
            "predicateType": statement.predicate_type,
            "predicate": statement.predicate,
        }
    )


def manifest_statement(manifest: Manifest) -> Statement:
    """What a signature of a model says."""
    predicate = {
        "serialization": msgspec.to_builtins(manifest.serialization),
        "resources": msgspec.to_builtins(manifest.resources),
    }
    return Statement(manifest.model, manifest.root, SIGNATURE_PREDICATE, predicate)


def signed_manifest(statement: Statement) -> Manifest:
    """The manifest that a verified statement lists."""
    if statement.predicate_type != SIGNATURE_PREDICATE:
        raise Unsigned(f"predicate type is {statement.predicate_type!r}, expected {SIGNATURE_PREDICATE!r}")
    try:
        predicate = msgspec.convert(statement.predicate, _Predicate)
        resources = tuple(_resource(listed, predicate.serialization) for listed in predicate.resources)
        manifest = Manifest(statement.subject, predicate.serialization, resources)
        root = manifest.root
    except (msgspec.MsgspecError, ValueError) as error:
        raise HostileInput(f"the statement is no model signature: {error}") from None
    names = {resource.name for resource in manifest.resources}
    if len(names) != len(manifest.resources):
        raise HostileInput("the statement lists a file twice")
    if root != statement.root:
        raise HostileInput(f"the statement's root is {statement.root}, but its files hash to {root}")
    return manifest


def unbase64(text: str) -> bytes:
    """The bytes, if the text is their one canonical base64 form."""
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise HostileInput("a bundle holds text that is no base64") from None
    if base64.b64encode(raw).decode() != text:
        raise HostileInput("a bundle holds base64 that is not in its one canonical form")
    return raw


class _Signature(msgspec.Struct, forbid_unknown_fields=True):
    sig: str
    keyid: str | None = None


class _Envelope(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    payload: str
    payload_type: str
    signatures: list[_Signature]


class _Outer(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    media_type: str
    verification_material: Material
    dsse_envelope: _Envelope


class _Subject(msgspec.Struct):
    name: str
    digest: dict[str, str]


class _Statement(msgspec.Struct, rename={"type": "_type", "predicate_type": "predicateType"}):
    type: str
    subject: list[_Subject]
    predicate_type: str
    predicate: dict[str, Any]


class _Resource(msgspec.Struct):
    name: str
    digest: str
    algorithm: str


class _Predicate(msgspec.Struct):
    serialization: Serialization
    resources: tuple[_Resource, ...]


def _resource(listed: _Resource, serialization: Serialization) -> Resource:
    """The resource, if it was hashed as the statement says; the reference names shards `sha256-sharded-<size>`."""
    hash_type = serialization.hash_type
    if listed.algorithm not in {hash_type, f"{hash_type}-sharded-{serialization.shard_bytes}"}:
        raise ValueError(f"{listed.name} is hashed by {listed.algorithm!r}, expected {hash_type!r}")
    return Resource(listed.name, listed.digest, hash_type)
