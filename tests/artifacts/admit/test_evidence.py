import os
from pathlib import Path
from typing import Any

import msgspec
import pytest

from bartizan.artifacts.admit import Evidence, Papers, Reference, of_digest, of_files
from bartizan.artifacts.control import CALLS_SYSTEM
from bartizan.artifacts.oms import sign
from bartizan.artifacts.oms.bundle import manifest_statement, statement_payload
from bartizan.artifacts.oms.manifest import Serialization, list_model
from bartizan.kernel import BartizanError
from tests.artifacts.admit.scenes import NOW, SIGNER, STRANGER, TRUST, Made, bom, days, make, papers


@pytest.fixture
def model(tmp_path: Path) -> Made:
    return make(tmp_path)


@pytest.fixture
def other(tmp_path: Path) -> Made:
    return make(tmp_path, "other", value=(3.0,))


def by_digest(model: Made, **changed: Any) -> Evidence:
    return of_digest(Reference(model.root), msgspec.structs.replace(model.papers, **changed), TRUST, now=NOW)


def by_files(model: Made, **changed: Any) -> Evidence:
    return of_files(model.path, msgspec.structs.replace(model.papers, **changed), TRUST, now=NOW)


@pytest.mark.parametrize("gather", [by_digest, by_files])
def test_whole_papers_show_signer_scan_and_licences(model: Made, gather: Any) -> None:
    found: Evidence = gather(model)
    assert (found.model, found.root, found.problems, found.contradicted) == ("llama", model.root, (), False)
    assert found.signer is not None
    assert found.signer == found.scanner
    assert found.scanned is not None
    assert (found.scanned.verdict, found.bom, found.licences) == ("allow", True, ("Apache-2.0",))


def test_an_spdx_document_counts_as_a_cyclonedx_one(model: Made) -> None:
    found = by_files(model, bom=bom(model.path, "spdx"))
    assert (found.bom, found.licences, found.problems) == (True, ("Apache-2.0",), ())


def test_what_was_never_published_is_lacking_and_contradicts_nothing() -> None:
    found = of_digest(Reference("0" * 64, "llama"), Papers(), TRUST, now=NOW)
    assert (found.model, found.signer, found.scanned, found.bom, found.contradicted) == (
        "llama", None, None, False, False,
    )  # fmt: skip
    assert len(found.problems) == 2


def test_files_without_a_signed_scan_are_scanned_here(model: Made) -> None:
    found = by_files(model, scan=None)
    assert found.scanned is not None
    assert (found.scanner, found.scanned.verdict, found.scanned.root) == ("here", "allow", model.root)


def test_a_rescan_beats_what_a_signed_scan_says(tmp_path: Path) -> None:
    lied = make(tmp_path, scanned={"verdict": "allow"})
    (lied.path / "weights.pkl").write_bytes(CALLS_SYSTEM)
    now_signed = papers(lied.path, verdict="allow")
    stated = of_files(lied.path, now_signed, TRUST, now=NOW)
    looked = of_files(lied.path, now_signed, TRUST, now=NOW, rescan=True)
    assert [one.scanned.verdict if one.scanned else None for one in (stated, looked)] == ["allow", "block"]


def test_a_model_changed_after_signing_is_unsigned_and_contradicted(model: Made) -> None:
    (model.path / "weights.pkl").write_bytes(b"\x80\x04K\x01.")
    found = by_files(model)
    assert (found.signer, found.scanned, found.bom, found.contradicted) == (None, None, False, True)
    assert found.root != model.root
    assert "weights.pkl was changed" in found.problems[0]


@pytest.mark.parametrize("gather", [by_digest, by_files])
@pytest.mark.parametrize("paper", ["signature", "scan", "bom"])
def test_a_paper_of_another_model_contradicts(model: Made, other: Made, gather: Any, paper: str) -> None:
    found = gather(model, **{paper: getattr(other.papers, paper)})
    assert found.contradicted
    assert len(found.problems) == 1
    absent = {"signature": found.signer is None, "scan": found.scanned is None, "bom": not found.bom}
    assert [name for name, lacking in absent.items() if lacking] == [paper]


@pytest.mark.parametrize("gather", [by_digest, by_files])
def test_swapped_bundles_count_for_nothing(model: Made, gather: Any) -> None:
    found = gather(model, signature=model.papers.scan, scan=model.papers.signature)
    assert (found.signer, found.scanned, found.contradicted) == (None, None, True)


@pytest.mark.parametrize("gather", [by_digest, by_files])
def test_papers_of_a_stranger_count_for_nothing(model: Made, gather: Any) -> None:
    forged = papers(model.path, signer=STRANGER)
    found = gather(model, signature=forged.signature, scan=forged.scan)
    assert (found.signer, found.scanned, found.contradicted) == (None, None, True)


def test_a_scan_from_the_future_counts_for_nothing(tmp_path: Path) -> None:
    found = by_digest(make(tmp_path, scanned={"at": NOW + days(1)}))
    assert (found.scanned, found.contradicted) == (None, True)
    assert "has not been" in found.problems[0]


def test_a_scan_without_a_time_zone_counts_for_nothing(tmp_path: Path) -> None:
    assert by_digest(make(tmp_path, scanned={"at": NOW.replace(tzinfo=None)})).scanned is None


def test_paths_that_the_signature_leaves_out_are_named(tmp_path: Path) -> None:
    model = make(tmp_path)
    signed = sign(model.path, SIGNER, ignore=["cache"])
    assert by_digest(model, signature=signed).uncovered == ("cache",)
    assert by_files(model, signature=signed).uncovered == ()
    (model.path / "cache").mkdir()
    (model.path / "cache/evil.pkl").write_bytes(CALLS_SYSTEM)
    (model.path / ".git").mkdir()
    found = by_files(model, signature=signed)
    assert (found.uncovered, found.signer is not None) == (("cache",), True)


@pytest.mark.parametrize("link", ["weights", "pipe"])
def test_a_model_with_links_or_pipes_cannot_be_looked_at(model: Made, link: str) -> None:
    if link == "pipe":
        os.mkfifo(model.path / "pipe")
    else:
        (model.path / link).symlink_to(model.path / "weights.pkl")
    with pytest.raises(BartizanError, match="links and special files"):
        by_files(model)


def test_a_model_signed_by_shards_has_to_be_signed_anew(model: Made) -> None:
    sharded = list_model(model.path, Serialization("shards", "sha256", False, shard_size=16))
    bundle = SIGNER.sign(statement_payload(manifest_statement(sharded))).encode()
    found = by_files(model, signature=bundle)
    assert (found.signer, found.root, found.contradicted) == (None, model.root, True)
    assert "shards" in found.problems[0]
