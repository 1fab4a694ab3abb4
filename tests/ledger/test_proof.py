from pathlib import Path

import pymerkle
import pytest

from bartizan.kernel import Record, encode
from bartizan.ledger import LedgerError, LedgerOptions, Position, Vault, VaultError, Verifier
from bartizan.ledger.proof import find, latest_checkpoint, line_at, prove_consistency, prove_inclusion
from tests.ledger.build import build, open_vault

SIZES = [100, 300, 7, 256, 249, 90]
SEGMENTS = LedgerOptions(segment_bytes=40_000)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("proofs")
    (home / "records").write_bytes(b"\n".join(encode(record) for record in build(home, SIZES, SEGMENTS)))
    assert len(list((home / "ledger/0").glob("*.jsonl"))) > 3
    return home


@pytest.fixture(scope="module")
def oracle(home: Path) -> pymerkle.InmemoryTree:
    tree = pymerkle.InmemoryTree(algorithm="sha256")
    for line in (home / "records").read_bytes().split(b"\n"):
        tree.append_entry(line)
    return tree


def verifiers(home: Path) -> tuple[Verifier, ...]:
    return open_vault(home).verifiers


@pytest.mark.parametrize("index", [0, 1, 99, 100, 255, 256, 399, 400, 406, 407, 511, 512, 767, 768, 911, 912, 1001])
def test_a_record_is_proven_as_an_independent_implementation_proves_it(
    home: Path, oracle: pymerkle.InmemoryTree, index: int
) -> None:
    proof = prove_inclusion(home / "ledger", Position(0, index), verifiers(home))
    line = line_at(home / "ledger", Position(0, index))
    assert line == (home / "records").read_bytes().split(b"\n")[index]
    assert list(proof.path) == oracle.prove_inclusion(index + 1, sum(SIZES)).path[1:]
    assert proof.proves(line, verifiers(home))
    assert not proof.proves(line + b" ", verifiers(home))


def test_the_signed_root_is_that_of_an_independent_implementation(home: Path, oracle: pymerkle.InmemoryTree) -> None:
    _, checkpoint = latest_checkpoint(home / "ledger", 0, verifiers(home))
    assert (checkpoint.size, checkpoint.root) == (sum(SIZES), oracle.get_root())


def test_a_proof_is_written_in_the_standard_form(home: Path) -> None:
    proof = prove_inclusion(home / "ledger", Position(0, 5), verifiers(home))
    lines = proof.text().split("\n")
    assert lines[:2] == ["c2sp.org/tlog-proof@v1", "index 5"]
    assert len(lines[2 : lines.index("")]) == len(proof.path)
    assert proof.text().endswith(proof.checkpoint.decode())


@pytest.mark.parametrize("commits", [1, 2, 3])
def test_a_kept_checkpoint_is_proven_to_be_extended(tmp_path: Path, commits: int) -> None:
    vault = open_vault(tmp_path)
    build(tmp_path, SIZES[:commits], SEGMENTS)
    older = (tmp_path / "ledger/0/checkpoint").read_bytes()
    same = prove_consistency(tmp_path / "ledger", older, vault.verifiers)
    build(tmp_path, SIZES[commits:], SEGMENTS)
    proof = prove_consistency(tmp_path / "ledger", older, vault.verifiers)
    assert proof.proves(vault.verifiers)
    assert same.proves(vault.verifiers)
    assert same.path == ()
    turned = type(proof)(proof.checkpoint, proof.path, proof.older)
    assert not turned.proves(vault.verifiers)


def test_a_record_that_no_checkpoint_covers_yet_has_no_proof(home: Path) -> None:
    for index in (sum(SIZES), -1):
        with pytest.raises(LedgerError, match="under no checkpoint yet"):
            prove_inclusion(home / "ledger", Position(0, index), verifiers(home))
    with pytest.raises(LedgerError, match="slot 7 has no checkpoint"):
        prove_inclusion(home / "ledger", Position(7, 0), verifiers(home))


def test_a_record_is_found_by_its_id(home: Path, tmp_path: Path) -> None:
    written: list[Record] = build(tmp_path, [3, 4])
    assert [find(tmp_path / "ledger", record.id) for record in written] == [Position(0, index) for index in range(7)]
    assert find(tmp_path / "ledger", "0") is None
    with pytest.raises(LedgerError, match="holds no record 7"):
        line_at(tmp_path / "ledger", Position(0, 7))


def test_proofs_survive_rotated_keys_and_not_foreign_ones(home: Path, tmp_path: Path) -> None:
    build(tmp_path, [5])
    proof = prove_inclusion(tmp_path / "ledger", Position(0, 3), verifiers(tmp_path))
    line = line_at(tmp_path / "ledger", Position(0, 3))
    open_vault(tmp_path).rotate_signing()
    open_vault(tmp_path).rotate_root()
    assert proof.proves(line, verifiers(tmp_path))
    with pytest.raises(LedgerError, match="no known key"):
        proof.proves(line, Vault.open(tmp_path / "other").verifiers)
    with pytest.raises(VaultError):
        Vault.open(tmp_path / "nowhere", create=False)
