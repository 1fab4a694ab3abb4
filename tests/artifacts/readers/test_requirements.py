"""Requirements: where packages come from, and what an OSV file knows about them."""

import json
from pathlib import Path

import pytest
from hypothesis import given

from bartizan.artifacts import Held, Report, scan
from bartizan.artifacts.advisories import Advisories
from bartizan.artifacts.readers import all_readers
from bartizan.artifacts.readers.requirements import knowing
from bartizan.kernel import UsageError
from tests.artifacts.readers.fuzzing import mutants, survives

ORDINARY = """# what the model needs
torch>=2.0,<3 ; python_version >= "3.9"
transformers[sentencepiece] == 4.40.0  # pinned
numpy
--extra-index-url https://download.pytorch.org/whl/cpu
flash-attn @ git+https://github.com/Dao-AILab/flash-attention
-r more.txt
safe==1.0 --hash=sha256:abc
"""
ADVISORY = {
    "id": "PYSEC-1", "summary": "runs code",
    "affected": [{"package": {"name": "Torch", "ecosystem": "PyPI"},
                  "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "2.6.0"}]}]}],
}  # fmt: skip
EVERY_VERSION = {"type": "ECOSYSTEM", "events": [{"introduced": "0"}]}
MALWARE = {"id": "MAL-1", "affected": [{"package": {"name": "evil", "ecosystem": "PyPI"}, "ranges": [EVERY_VERSION]}]}


def scanned(text: str) -> Report:
    return scan(Held("requirements.txt", text.encode()))


def test_ordinary_requirements_have_no_facts() -> None:
    report = scanned(ORDINARY)
    assert (report.format, report.verdict, report.facts) == ("requirements", "allow", ())


@pytest.mark.parametrize(
    ("line", "verdict"),
    [
        ("--index-url https://example.org/simple", "warn"), ("--extra-index-url=http://192.0.2.1/", "warn"),
        ("--trusted-host example.org", "warn"), ("thing @ https://example.org/thing.whl", "warn"),
        ("-e git+https://example.org/thing.git#egg=thing", "warn"), ("-r ../../etc/x.txt", "block"),
    ],
)  # fmt: skip
def test_options_that_fetch_are_told(line: str, verdict: str) -> None:
    assert scanned(f"numpy==2.0\n{line}\n").verdict == verdict


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("torch==2.5.1", ["torch: PYSEC-1 runs code"]), ("torch==2.6.0", []), ("torch==2.10", []), ("torch>=2", []),
        ("torch==2.6.0rc1", ["torch: PYSEC-1 runs code"]), ("evil==3", ["evil: MAL-1"]), ("evil", ["evil: MAL-1"]),
        ("trasnformers==4.0", ["trasnformers is nearly transformers"]), ("numpyy", ["numpyy is nearly numpy"]),
    ],
)  # fmt: skip
def test_advisories_are_those_of_the_file(tmp_path: Path, line: str, said: list[str]) -> None:
    osv = tmp_path / "osv.json"
    osv.write_text(json.dumps([ADVISORY, MALWARE]))
    readers = {**all_readers(), "requirements": knowing(Advisories.read(osv))}
    report = scan(Held("requirements.txt", f"rich==14\n{line}\n".encode()), readers=readers)
    assert [fact.what for fact in report.facts] == said


def test_advisories_are_read_line_by_line_too(tmp_path: Path) -> None:
    osv = tmp_path / "osv.jsonl"
    osv.write_text(f"{json.dumps(ADVISORY)}\n{json.dumps(MALWARE)}\n")
    assert list(Advisories.read(osv).about("evil", "")) == ["MAL-1"]


def test_a_file_that_is_none_is_refused(tmp_path: Path) -> None:
    osv = tmp_path / "osv.json"
    osv.write_text("{}")
    with pytest.raises(UsageError, match="this is no OSV file"):
        Advisories.read(osv)


@given(data=mutants(ORDINARY.encode()))
def test_no_mutant_breaks_the_scan(data: bytes) -> None:
    survives(data)
