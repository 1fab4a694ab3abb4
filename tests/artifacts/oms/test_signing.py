import json
import os
import shutil
from pathlib import Path

import jsonschema
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from referencing import Registry, Resource

from bartizan.artifacts.oms import (
    CertificateSigner,
    KeySigner,
    Trust,
    TrustedKey,
    TrustedRoots,
    Unsigned,
    attest,
    attested,
    sign,
    verify,
)
from bartizan.artifacts.oms.bundle import Bundle
from bartizan.kernel import BartizanError, HostileInput, UsageError
from tests.artifacts.oms.pki import issue, private_pem, public_pem

SCHEMAS = Path(__file__).parents[4] / "shared/data/schemas/oms-v1.0"

KEY = ec.generate_private_key(ec.SECP256R1())
TRUST = TrustedKey(KEY.public_key())
ROOT = issue("Root", authority=True)
BETWEEN = issue("Between", ROOT, authority=True)
LEAF = issue("Model team", BETWEEN)
CHAIN = CertificateSigner(LEAF.key, [LEAF.certificate, BETWEEN.certificate])
ROOTS = TrustedRoots([ROOT.certificate])


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A model whose paths sort by their parts and not by their text."""
    folder = tmp_path / "model"
    (folder / "sub").mkdir(parents=True)
    (folder / "weights.bin").write_bytes(bytes(range(256)) * 64)
    (folder / "sub/config.json").write_text("{}")
    (folder / "sub.txt").write_text("beside")
    (folder / "empty").write_bytes(b"")
    return folder


@pytest.mark.parametrize("curve", [ec.SECP256R1(), ec.SECP384R1(), ec.SECP521R1()], ids=lambda curve: curve.name)
def test_a_signed_model_verifies_with_its_key(model: Path, curve: ec.EllipticCurve) -> None:
    key = ec.generate_private_key(curve)
    verified = verify(model, sign(model, KeySigner(key)), TrustedKey(key.public_key()))
    assert (verified.model, verified.files, verified.uncovered) == ("model", 4, ())
    assert verified.signer.startswith("key:")


def test_a_single_file_is_a_model_too(model: Path) -> None:
    bundle = sign(model / "weights.bin", KeySigner(KEY))
    assert verify(model / "weights.bin", bundle, TRUST).files == 1
    shutil.copy(model / "weights.bin", model / "renamed.bin")
    assert verify(model / "renamed.bin", bundle, TRUST).files == 1


def test_a_moved_model_still_verifies(model: Path) -> None:
    bundle = sign(model, KeySigner(KEY))
    moved = model.rename(model.parent / "elsewhere")
    assert verify(moved, bundle, TRUST).model == "elsewhere"


def test_certificates_verify_up_to_a_trusted_root(model: Path) -> None:
    bundle = sign(model, CHAIN)
    assert verify(model, bundle, ROOTS).signer == "certificate:CN=Model team"
    assert verify(model, bundle, TrustedRoots([ROOT.certificate], holder="CN=Model team")).files == 4


def test_certificates_are_refused_outside_their_trust(model: Path) -> None:
    bundle = sign(model, CHAIN)
    with pytest.raises(Unsigned, match="no trusted root"):
        verify(model, bundle, TrustedRoots([issue("Root", authority=True).certificate]))
    with pytest.raises(Unsigned, match="is that of 'CN=Model team', expected 'CN=Others'"):
        verify(model, bundle, TrustedRoots([ROOT.certificate], holder="CN=Others"))
    with pytest.raises(Unsigned, match="expected a key"):
        verify(model, bundle, TRUST)


def test_a_leaf_cannot_vouch_for_others(model: Path) -> None:
    forged = issue("Forged", LEAF)
    bundle = sign(model, CertificateSigner(forged.key, [forged.certificate, LEAF.certificate, BETWEEN.certificate]))
    with pytest.raises(Unsigned, match="no trusted root"):
        verify(model, bundle, ROOTS)


def test_a_certificate_that_may_not_sign_is_refused(model: Path) -> None:
    sealed = issue("Sealed", BETWEEN, signs=False)
    bundle = sign(model, CertificateSigner(sealed.key, [sealed.certificate, BETWEEN.certificate]))
    with pytest.raises(Unsigned, match="may not be used for signing"):
        verify(model, bundle, ROOTS)


def test_a_certificate_without_a_part_in_the_chain_is_refused(model: Path) -> None:
    stray = issue("Stray", authority=True)
    chain = [LEAF.certificate, BETWEEN.certificate, stray.certificate]
    with pytest.raises(HostileInput, match="no part in its chain"):
        verify(model, sign(model, CertificateSigner(LEAF.key, chain)), ROOTS)


def test_another_key_is_refused(model: Path) -> None:
    bundle = sign(model, KeySigner(KEY))
    other = ec.generate_private_key(ec.SECP256R1())
    with pytest.raises(Unsigned, match="the bundle names key"):
        verify(model, bundle, TrustedKey(other.public_key()))
    hint = json.loads(sign(model, KeySigner(other)))["verificationMaterial"]["publicKey"]
    forged = json.loads(bundle) | {"verificationMaterial": {"publicKey": hint, "tlogEntries": []}}
    with pytest.raises(Unsigned, match="the signature is not that"):
        verify(model, json.dumps(forged).encode(), TrustedKey(other.public_key()))


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda folder: (folder / "sub.txt").write_text("other"), "sub.txt was changed"),
        (lambda folder: (folder / "sub.txt").unlink(), "sub.txt is missing"),
        (lambda folder: (folder / "sub/added").write_text(""), "sub/added was not signed"),
        (lambda folder: (folder / "sub.txt").rename(folder / "sup.txt"), "sub.txt is missing; sup.txt was not signed"),
    ],
)
def test_a_changed_model_is_refused_with_the_difference(model: Path, spoil: object, said: str) -> None:
    bundle = sign(model, KeySigner(KEY))
    spoil(model)  # type: ignore[operator]
    with pytest.raises(Unsigned, match=said):
        verify(model, bundle, TRUST)


@pytest.mark.parametrize(("signer", "trust"), [(KeySigner(KEY), TRUST), (CHAIN, ROOTS)], ids=["key", "certificate"])
def test_a_flipped_bit_in_any_byte_of_a_bundle_refuses(model: Path, signer: KeySigner, trust: Trust) -> None:
    bundle = sign(model, signer)
    for at in range(len(bundle)):
        flipped = bundle[:at] + bytes([bundle[at] ^ 1 << at % 8]) + bundle[at + 1 :]
        with pytest.raises(BartizanError):
            verify(model, flipped, trust)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(at=st.integers(0, 256 * 64 - 1), bit=st.integers(0, 7))
def test_one_flipped_bit_anywhere_in_a_model_refuses(model: Path, at: int, bit: int) -> None:
    weights = model / "weights.bin"
    before = weights.read_bytes()
    bundle = sign(model, KeySigner(KEY))
    weights.write_bytes(before[:at] + bytes([before[at] ^ 1 << bit]) + before[at + 1 :])
    with pytest.raises(Unsigned, match=r"weights\.bin was changed"):
        verify(model, bundle, TRUST)
    weights.write_bytes(before)


@settings(max_examples=200)
@given(st.binary(max_size=300))
def test_bytes_that_are_no_bundle_are_refused(raw: bytes) -> None:
    with pytest.raises(HostileInput):
        Bundle.parse(raw)


def test_links_are_never_followed(model: Path) -> None:
    (model / "link").symlink_to("/etc/hostname")
    with pytest.raises(Unsigned, match=r"links and special files .*link"):
        sign(model, KeySigner(KEY))


def test_special_files_are_refused(model: Path) -> None:
    os.mkfifo(model / "pipe")
    with pytest.raises(Unsigned, match="special files"):
        sign(model, KeySigner(KEY))


def test_an_empty_folder_cannot_be_signed(tmp_path: Path) -> None:
    with pytest.raises(Unsigned, match="no file"):
        sign(tmp_path, KeySigner(KEY))
    with pytest.raises(Unsigned, match="no such model"):
        sign(tmp_path / "absent", KeySigner(KEY))


def test_a_signature_inside_the_model_is_no_part_of_it(model: Path) -> None:
    inside = model / "model.sig"
    inside.write_bytes(sign(model, KeySigner(KEY), beside=[inside]))
    assert verify(model, inside.read_bytes(), TRUST, beside=[inside]).files == 4


def test_what_a_signature_leaves_out_is_named(model: Path) -> None:
    bundle = sign(model, KeySigner(KEY), ignore=["sub"])
    (model / ".git").mkdir()
    verified = verify(model, bundle, TRUST)
    assert (verified.files, verified.uncovered) == (3, (".git", "sub"))


def test_a_statement_counts_for_its_model_and_type_alone(model: Path) -> None:
    root = verify(model, sign(model, KeySigner(KEY)), TRUST).root
    bundle = attest("model", root, "urn:example:scan", {"verdict": "allow"}, KeySigner(KEY))
    assert attested(bundle, root, "urn:example:scan", TRUST)[1] == {"verdict": "allow"}
    with pytest.raises(Unsigned, match="about model"):
        attested(bundle, "0" * 64, "urn:example:scan", TRUST)
    with pytest.raises(Unsigned, match="of type"):
        attested(bundle, root, "urn:example:other", TRUST)
    with pytest.raises(Unsigned, match="predicate type"):
        verify(model, bundle, TRUST)


@pytest.mark.parametrize(
    "pem",
    [b"", b"no pem", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"],
    ids=["empty", "text", "torn"],
)
def test_a_broken_key_file_is_wrong_usage(tmp_path: Path, pem: bytes) -> None:
    (tmp_path / "key.pem").write_bytes(pem)
    with pytest.raises(UsageError, match="private key"):
        KeySigner.load(tmp_path / "key.pem")
    with pytest.raises(UsageError, match="public key"):
        TrustedKey.load(tmp_path / "key.pem")


def test_other_kinds_of_key_are_wrong_usage(tmp_path: Path) -> None:
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    other = ed25519.Ed25519PrivateKey.generate()
    (tmp_path / "key.pem").write_bytes(other.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    with pytest.raises(UsageError, match="on no elliptic curve"):
        KeySigner.load(tmp_path / "key.pem")
    (tmp_path / "key.pem").write_bytes(private_pem(ec.generate_private_key(ec.SECP256K1())))
    with pytest.raises(UsageError, match="none of the curves"):
        KeySigner.load(tmp_path / "key.pem")


def test_the_reference_implementation_verifies_our_key_bundles(model: Path, tmp_path: Path) -> None:
    from model_signing import verifying

    (tmp_path / "key.pub").write_bytes(public_pem(KEY))
    signature = tmp_path / "model.sig"
    signature.write_bytes(sign(model, KeySigner(KEY)))
    config = verifying.Config().use_elliptic_key_verifier(public_key=tmp_path / "key.pub")
    config.verify(model, signature)
    (model / "sub.txt").write_text("other")
    with pytest.raises(ValueError, match=r"sub\.txt"):
        config.verify(model, signature)


def test_the_reference_implementation_verifies_our_certificate_bundles(model: Path, tmp_path: Path) -> None:
    from model_signing import verifying

    (tmp_path / "root.pem").write_bytes(ROOT.pem)
    signature = tmp_path / "model.sig"
    signature.write_bytes(sign(model, CHAIN))
    verifying.Config().use_certificate_verifier(certificate_chain=[tmp_path / "root.pem"]).verify(model, signature)


@pytest.mark.parametrize("method", ["files", "shards"])
@pytest.mark.parametrize("hash_type", ["sha256", "blake2"])
def test_bundles_of_the_reference_implementation_verify_here(
    model: Path, tmp_path: Path, method: str, hash_type: str
) -> None:
    from model_signing import hashing, signing

    (tmp_path / "key.pem").write_bytes(private_pem(KEY))
    listing = hashing.Config()
    if method == "files":
        listing.use_file_serialization(hashing_algorithm=hash_type)  # type: ignore[arg-type]
    else:
        listing.use_shard_serialization(hashing_algorithm=hash_type, shard_size=1000)  # type: ignore[arg-type]
    signature = tmp_path / "model.sig"
    config = signing.Config().set_hashing_config(listing).use_elliptic_key_signer(private_key=tmp_path / "key.pem")
    config.sign(model, signature)
    assert verify(model, signature.read_bytes(), TRUST).model == "model"
    (model / "weights.bin").write_bytes(b"other")
    with pytest.raises(Unsigned, match=r"weights\.bin"):
        verify(model, signature.read_bytes(), TRUST)


def test_certificate_bundles_of_the_reference_implementation_verify_here(model: Path, tmp_path: Path) -> None:
    from model_signing import signing

    for name, pem in (("key", private_pem(LEAF.key)), ("leaf", LEAF.pem), ("between", BETWEEN.pem)):
        (tmp_path / f"{name}.pem").write_bytes(pem)
    signature = tmp_path / "model.sig"
    signing.Config().use_certificate_signer(
        private_key=tmp_path / "key.pem",
        signing_certificate=tmp_path / "leaf.pem",
        certificate_chain=[tmp_path / "between.pem"],
    ).sign(model, signature)
    assert verify(model, signature.read_bytes(), ROOTS).signer == "certificate:CN=Model team"


@pytest.mark.skipif(not SCHEMAS.exists(), reason="the official schemas are not here")
@pytest.mark.parametrize("signer", [KeySigner(KEY), CHAIN], ids=["key", "certificate"])
def test_bundles_and_statements_are_valid_by_the_official_schemas(model: Path, signer: KeySigner) -> None:
    schemas = [json.loads(path.read_bytes()) for path in SCHEMAS.glob("*.schema.json")]
    registry: Registry = Registry().with_resources((one["$id"], Resource.from_contents(one)) for one in schemas)
    bundle = sign(model, signer)
    for name, document in (
        ("bundle", json.loads(bundle)),
        ("statement", json.loads(Bundle.parse(bundle).envelope.payload)),
    ):
        schema = next(one for one in schemas if one["$id"] == f"https://model_signing/{name}/v1.0/schema")
        jsonschema.Draft202012Validator(schema, registry=registry).validate(document)
