"""`scan` answers for every input: the right reader by content, members inside, and never an exception."""

import gzip
import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bartizan.artifacts import Held, scan
from bartizan.artifacts.artifact import Artifact, Stored
from bartizan.artifacts.fact import Calls, Spent, Structure
from bartizan.artifacts.reader import Found, Head, Look, Reader
from bartizan.kernel import BartizanError, Budget


def test_prose_beside_a_model_is_allowed() -> None:
    report = scan(Held("README", b"# A model\n\nIt was trained with care.\n```python\nimport torch\n```\n"))
    assert (report.format, report.verdict, report.facts) == ("data", "allow", ())


@pytest.mark.parametrize("text", [b"<?php system('x');\n", b"\x7fELF\2\1\1\0", b"\0\1\2\3garbage"])
def test_what_nobody_recognises_is_unscanned(text: bytes) -> None:
    report = scan(Held("model.txt", text))
    assert (report.format, report.verdict) == ("unknown", "unscanned")
    assert report.reasons == ("unscanned: unrecognised: no reader knows this format",)


def test_a_member_is_scanned_and_counts_for_the_whole() -> None:
    report = scan(Held("a.gz", gzip.compress(b"\0\1\2\3garbage")))
    assert (report.format, report.verdict, report.members[0].format) == ("gzip", "unscanned", "unknown")
    assert report.reasons == ("a.gz!: unscanned: unrecognised: no reader knows this format",)


def test_what_a_broken_stream_held_is_scanned_all_the_same() -> None:
    whole = gzip.compress(b"Just words, " * 10_000)
    report = scan(Held("a.gz", whole[:-30]))
    assert report.members[0].format == "data"
    assert isinstance(report.facts[0], Structure)
    assert report.facts[0].rule == "broken"


def test_a_bomb_is_blocked_early() -> None:
    report = scan(Held("bomb.gz", gzip.compress(bytes(64 << 20))))
    assert report.verdict == "block"
    assert next(fact for fact in report.facts if isinstance(fact, Spent)).rule == "bomb"


def test_a_quine_of_streams_ends_at_the_depth_of_the_budget() -> None:
    data = b"words"
    for _ in range(40):
        data = gzip.compress(data)
    report = scan(Held("deep.gz", data))
    assert report.verdict == "unscanned"
    assert len(list(report.walk())) == Budget().depth + 1


def test_what_a_reader_yields_before_it_fails_stands() -> None:
    def read(artifact: Artifact, look: Look) -> Iterator[Found]:
        yield Calls("code", "os.system")
        raise ZeroDivisionError("hostile")

    reader = Reader("odd", lambda head: True, read)
    report = scan(Held("x", b"x"), readers={"odd": reader})
    assert report.facts == (
        Calls("code", "os.system"),
        Structure("unsupported", "the reader failed: ZeroDivisionError: hostile"),
    )
    assert report.verdict == "block"


def test_all_readers_that_fit_look_but_the_covered_ones() -> None:
    def named(name: str, covers: tuple[str, ...] = ()) -> Reader:
        return Reader(name, lambda head: True, lambda artifact, look: iter([Structure("padded", name)]), covers)

    readers = {reader.name: reader for reader in (named("torch", ("zip",)), named("zip"), named("pickle"))}
    assert scan(Held("x", b"x"), readers=readers).format == "torch+pickle"


def test_a_file_has_its_digest_and_a_change_during_the_look_is_told(tmp_path: Path) -> None:
    path = tmp_path / "words.bin"
    path.write_bytes(b"words")
    assert scan(path).digest == f"sha256:{hashlib.sha256(b'words').hexdigest()}"
    with Stored.open(path) as artifact:
        path.write_bytes(b"other words")
        report = scan(artifact)
    assert report.facts == (Structure("changed", "somebody wrote to the file while it was read"),)


def test_a_file_that_is_not_there_is_an_error_for_a_person(tmp_path: Path) -> None:
    with pytest.raises(BartizanError, match="this is no file"):
        scan(tmp_path / "none")


@given(st.binary(max_size=300))
def test_no_bytes_make_scan_raise(data: bytes) -> None:
    scan(Held("x", data))
    scan(Held("x", b"\x1f\x8b\x08" + data))


def test_the_head_of_a_long_artifact_has_both_ends() -> None:
    head = Head.of(Held("x", b"a" * 100_000 + b"b"))
    assert (head.size, len(head.start), head.end[-2:]) == (100_001, 1 << 16, b"ab")
