import pickle
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from bartizan.artifacts.control import CALLS_SYSTEM
from bartizan.artifacts.oms import KeySigner, TrustedKey, Unsigned, attest, sign, verify
from bartizan.artifacts.scanned import PREDICATE, attest_scan, attested_scan, scan_model
from bartizan.kernel import HostileInput

KEY = ec.generate_private_key(ec.SECP256R1())
SIGNER, TRUST = KeySigner(KEY), TrustedKey(KEY.public_key())


@pytest.fixture
def model(tmp_path: Path) -> Path:
    folder = tmp_path / "model"
    (folder / "sub").mkdir(parents=True)
    (folder / ".git").mkdir()
    (folder / ".git/config").write_bytes(CALLS_SYSTEM)
    (folder / "weights.pkl").write_bytes(pickle.dumps([1.0, 2.0]))
    (folder / "sub/notes.txt").write_text("only words")
    (folder / "sub.txt").write_text("only words")
    return folder


def test_the_scan_is_of_the_very_files_that_the_signature_covers(model: Path) -> None:
    scanned = scan_model(model)
    assert scanned.root == verify(model, sign(model, SIGNER), TRUST).root
    assert (scanned.verdict, scanned.files, scanned.formats) == ("allow", 3, ("data", "pickle"))


def test_signatures_inside_the_model_are_no_part_of_it(model: Path) -> None:
    before = scan_model(model).root
    (model / "model.sig").write_text("{}")
    assert scan_model(model, beside=[model / "model.sig"]).root == before
    assert scan_model(model, ignore=["model.sig"]).root == before
    assert scan_model(model).root != before


def test_a_blocked_file_blocks_the_model(model: Path) -> None:
    (model / "sub/evil.pkl").write_bytes(CALLS_SYSTEM)
    scanned = scan_model(model)
    assert (scanned.verdict, "os.system" in scanned.reasons[0]) == ("block", True)


def test_a_signed_scan_counts_for_its_own_model(model: Path) -> None:
    scanned = scan_model(model)
    bundle = attest_scan(scanned, SIGNER)
    signer, stated = attested_scan(bundle, scanned.root, TRUST)
    assert (signer.startswith("key:"), stated) == (True, scanned)
    with pytest.raises(Unsigned, match="about model"):
        attested_scan(bundle, "0" * 64, TRUST)
    with pytest.raises(Unsigned):
        attested_scan(bundle, scanned.root, TrustedKey(ec.generate_private_key(ec.SECP256R1()).public_key()))


def test_a_statement_of_another_form_is_no_scan() -> None:
    bundle = attest("m", "0" * 64, PREDICATE, {"verdict": "fine"}, SIGNER)
    with pytest.raises(HostileInput, match="no scan"):
        attested_scan(bundle, "0" * 64, TRUST)
