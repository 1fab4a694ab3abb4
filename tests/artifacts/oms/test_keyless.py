import json
from pathlib import Path
from typing import Any

import pytest

from bartizan.artifacts.oms import TrustedIdentity, TrustedKey, TrustedRoots, Unsigned, verify
from bartizan.artifacts.oms.bundle import manifest_statement, statement_payload
from bartizan.artifacts.oms.manifest import GIT_PATHS, Serialization, list_model
from bartizan.kernel import BartizanError
from tests.artifacts.oms.keyless import Sigstore
from tests.artifacts.oms.test_signing import KEY, ROOT

ANN, HUB = "ann@example.org", "https://accounts.example.org"
SIGSTORE, OTHER = Sigstore.make(), Sigstore.make()


@pytest.fixture
def model(tmp_path: Path) -> Path:
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "weights.bin").write_bytes(bytes(range(256)))
    return folder


@pytest.fixture
def trusted_root(tmp_path: Path) -> Path:
    path = tmp_path / "trusted_root.json"
    path.write_bytes(SIGSTORE.trusted_root())
    return path


def signed(model: Path, sigstore: Sigstore = SIGSTORE, identity: str = ANN, issuer: str = HUB) -> bytes:
    manifest = list_model(model, Serialization("files", "sha256", False, ignore_paths=GIT_PATHS))
    return sigstore.sign(statement_payload(manifest_statement(manifest)), identity, issuer)


def test_a_model_signed_without_a_key_verifies_by_identity(model: Path, trusted_root: Path) -> None:
    verified = verify(model, signed(model), TrustedIdentity(ANN, HUB, trusted_root))
    assert (verified.signer, verified.files) == (f"identity:{ANN}", 1)


@pytest.mark.parametrize(
    ("sigstore", "identity", "issuer"),
    [(SIGSTORE, "eve@example.org", HUB), (SIGSTORE, ANN, "https://evil.example.org"), (OTHER, ANN, HUB)],
    ids=["another identity", "another issuer", "another authority"],
)
def test_others_are_refused(model: Path, trusted_root: Path, sigstore: Sigstore, identity: str, issuer: str) -> None:
    with pytest.raises(Unsigned, match=f"not signed by {ANN}"):
        verify(model, signed(model, sigstore, identity, issuer), TrustedIdentity(ANN, HUB, trusted_root))


def test_a_changed_model_is_refused(model: Path, trusted_root: Path) -> None:
    bundle = signed(model)
    (model / "weights.bin").write_bytes(b"other")
    with pytest.raises(Unsigned, match=r"weights\.bin was changed"):
        verify(model, bundle, TrustedIdentity(ANN, HUB, trusted_root))


def flipped(value: Any, path: list[Any]) -> None:
    """Change one character of the text at this place."""
    *way, last = path
    for step in way:
        value = value[step]
    text = value[last]
    middle = len(text) // 2
    value[last] = text[:middle] + ("A" if text[middle] != "A" else "B") + text[middle + 1 :]


ENTRY = ["verificationMaterial", "tlogEntries", 0]


@pytest.mark.parametrize(
    "path",
    [
        ["dsseEnvelope", "payload"],
        ["dsseEnvelope", "signatures", 0, "sig"],
        ["verificationMaterial", "certificate", "rawBytes"],
        [*ENTRY, "canonicalizedBody"],
        [*ENTRY, "logId", "keyId"],
        [*ENTRY, "inclusionPromise", "signedEntryTimestamp"],
        [*ENTRY, "inclusionProof", "rootHash"],
        [*ENTRY, "inclusionProof", "checkpoint", "envelope"],
    ],
    ids=lambda path: str(path[-1]),
)
def test_each_part_of_a_keyless_bundle_counts(model: Path, trusted_root: Path, path: list[Any]) -> None:
    bundle = json.loads(signed(model))
    flipped(bundle, path)
    with pytest.raises(BartizanError):
        verify(model, json.dumps(bundle).encode(), TrustedIdentity(ANN, HUB, trusted_root))


def test_a_keyless_bundle_is_none_for_other_kinds_of_trust(model: Path) -> None:
    for trust in (TrustedKey(KEY.public_key()), TrustedRoots([ROOT.certificate])):
        with pytest.raises(Unsigned):
            verify(model, signed(model), trust)


@pytest.mark.parametrize("root", [b"", b"{}", b"not json"])
def test_a_broken_trusted_root_is_a_one_line_error(model: Path, tmp_path: Path, root: bytes) -> None:
    (tmp_path / "root.json").write_bytes(root)
    with pytest.raises(BartizanError):
        verify(model, signed(model), TrustedIdentity(ANN, HUB, tmp_path / "root.json"))
