import shutil
from pathlib import Path

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from bartizan.kernel import encode
from bartizan.ledger import Ledger, LedgerOptions, Vault, Verification, verify
from bartizan.ledger.checkpoint import sign_checkpoint
from bartizan.ledger.merkle import NO_HEADS, chained, leaf_hash, root_of
from bartizan.ledger.recover import head_claim
from bartizan.ledger.segment import HeadLine
from tests.ledger.build import build, event, events, open_segment, open_vault

SEGMENTS = LedgerOptions(segment_bytes=1200)
COMMITS = [2, 3, 1, 4, 2]


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ledger of several segments, and the note that an auditor kept of its first part."""
    home = tmp_path_factory.mktemp("kept")
    build(home, COMMITS, SEGMENTS)
    (home / "note").write_bytes((home / "ledger/0/checkpoint").read_bytes())
    build(home, COMMITS, SEGMENTS)
    return home


@pytest.fixture
def copy(kept: Path, tmp_path: Path) -> Path:
    shutil.copytree(kept, tmp_path / "copy")
    return tmp_path / "copy"


def checked(home: Path, **more: bytes) -> Verification:
    """Verified as an auditor does it, with nothing but the public keys."""
    return verify(home / "ledger", open_vault(home).verifiers, **more)


def rewritten(home: Path, lines: list[bytes]) -> None:
    """The whole slot as one segment with these lines and a right tree: what the best forger can do without keys."""
    folder = home / "ledger/0"
    for path in [*folder.glob("*.jsonl"), *folder.glob("*.tiles")]:
        path.unlink()
    (folder / f"{0:020d}.jsonl").write_bytes(sealed(home, lines, []) if lines else b"")


def sealed(home: Path, lines: list[bytes], before: list[bytes]) -> bytes:
    """A commit as only a holder of the vault can write it."""
    vault = open_vault(home)
    leaves = [leaf_hash(line) for line in before + lines]
    seal = vault.seal(head_claim(vault.origin("0"), len(leaves), root_of(leaves)))
    return b"\n".join([*lines, HeadLine(len(leaves), root_of(leaves), seal).line(), b""])


def record_lines(home: Path) -> list[bytes]:
    content = b"".join(path.read_bytes() for path in sorted((home / "ledger/0").glob("*.jsonl")))
    return [line for line in content.split(b"\n") if line.startswith(b'{"v"')]


def test_an_untouched_ledger_is_sound(kept: Path) -> None:
    outcome = checked(kept, against=(kept / "note").read_bytes())
    assert (outcome.faults, outcome.records, outcome.slots[0].signed) == ((), 24, 24)
    assert verify(kept / "ledger", open_vault(kept)).sound


@settings(max_examples=150)
@given(data=st.data())
def test_any_flipped_byte_is_found(kept: Path, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    home = tmp_path_factory.mktemp("flipped")
    shutil.copytree(kept, home, dirs_exist_ok=True)
    path = data.draw(st.sampled_from([each for each in sorted((home / "ledger").rglob("*")) if each.is_file()]))
    content = bytearray(path.read_bytes())
    if content:
        content[data.draw(st.integers(0, len(content) - 1))] ^= data.draw(st.integers(1, 255))
        path.write_bytes(bytes(content))
        assert not checked(home).sound, path
    shutil.rmtree(home)


@settings(max_examples=60)
@given(data=st.data())
def test_any_dropped_swapped_doubled_or_cut_line_is_found(
    kept: Path, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    home = tmp_path_factory.mktemp("lines")
    shutil.copytree(kept, home, dirs_exist_ok=True)
    path = data.draw(
        st.sampled_from(sorted(each for each in (home / "ledger/0").glob("*.jsonl") if each.stat().st_size))
    )
    lines = path.read_bytes().splitlines(keepends=True)
    at = data.draw(st.integers(0, len(lines) - 1))
    other = data.draw(st.integers(0, len(lines) - 1).filter(lambda place: place != at))
    harm = data.draw(st.sampled_from(["drop", "swap", "double", "cut", "end"]))
    if harm == "drop":
        del lines[at]
    elif harm == "swap":
        lines[at], lines[other] = lines[other], lines[at]
    elif harm == "double":
        lines.insert(at, lines[at])
    elif harm == "cut":
        lines[at] = lines[at][: data.draw(st.integers(0, len(lines[at]) - 1))]
    else:
        lines = lines[:at]
    path.write_bytes(b"".join(lines))
    outcome = checked(home)
    # A line that follows the last head line changes nothing that was signed, and is shown as a torn tail.
    assert not outcome.sound or (harm == "double" and outcome.slots[0].torn_bytes)
    shutil.rmtree(home)


@settings(max_examples=40)
@given(data=st.data())
def test_a_forged_past_with_a_right_tree_is_found(
    kept: Path, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    home = tmp_path_factory.mktemp("forged")
    shutil.copytree(kept, home, dirs_exist_ok=True)
    lines = record_lines(home)
    harm = data.draw(st.sampled_from(["drop", "swap", "forge", "truncate"]))
    at = data.draw(st.integers(0, len(lines) - 2))
    if harm == "drop":
        del lines[at]
    elif harm == "swap":
        lines[at], lines[at + 1] = lines[at + 1], lines[at]
    elif harm == "forge":
        lines[at] = encode(event(666))
    else:
        lines = lines[:at]
    rewritten(home, lines)
    assert not checked(home).sound
    shutil.rmtree(home)


@settings(max_examples=40)
@given(data=st.data())
def test_what_even_a_thief_of_the_keys_rewrites_is_found_against_a_kept_note(
    kept: Path, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    home = tmp_path_factory.mktemp("stolen")
    shutil.copytree(kept, home, dirs_exist_ok=True)
    lines = record_lines(home)
    covered = sum(COMMITS)
    at = data.draw(st.integers(0, covered - 1))
    harm = data.draw(st.sampled_from(["drop", "forge", "truncate"]))
    if harm == "drop":
        del lines[at]
    elif harm == "forge":
        lines[at] = encode(event(666))
    else:
        lines = lines[:at]
    rewritten(home, lines)
    (home / "vault/heads/0").unlink()
    vault = open_vault(home)
    root, heads = root_of([leaf_hash(line) for line in lines]), NO_HEADS
    if lines:
        heads = chained(heads, open_segment(home).read_bytes().splitlines()[-1])
    sign_checkpoint(home / "ledger", vault, 0, len(lines), root, heads)
    assert checked(home).sound  # everything was signed again
    outcome = checked(home, against=(kept / "note").read_bytes())
    assert [fault.slot for fault in outcome.faults] == [0]
    assert "the kept note" in outcome.faults[0].what
    shutil.rmtree(home)


def test_a_kept_top_note_serves_as_well(copy: Path) -> None:
    top = (copy / "ledger/top").read_bytes()
    assert checked(copy, against=top).sound
    rewritten(copy, record_lines(copy)[:20])
    assert any(
        "the kept note" in fault.what or "covers 24" in fault.what for fault in checked(copy, against=top).faults
    )


def test_a_slot_that_vanished_is_found(copy: Path) -> None:
    shutil.rmtree(copy / "ledger/0")
    assert [fault.what for fault in checked(copy).faults] == ["the top note covers 24 records, and 0 are here"]


def test_a_vault_remembers_what_the_folder_forgot(copy: Path) -> None:
    shutil.rmtree(copy / "ledger")
    (copy / "ledger").mkdir()
    assert any("the vault's memory" in fault.what for fault in verify(copy / "ledger", open_vault(copy)).faults)


def test_a_slot_with_another_slots_checkpoint_is_found(copy: Path) -> None:
    with Ledger(copy / "ledger", open_vault(copy)) as one, Ledger(copy / "ledger", open_vault(copy)) as two:
        one.append([event(1)])
        two.append([event(2)])
    shutil.copy(copy / "ledger/1/checkpoint", copy / "ledger/0/checkpoint")
    assert any("another log" in fault.what for fault in checked(copy).faults)


@pytest.mark.parametrize("note", [b"", b"junk", b"a\n\n\xe2\x80\x94 b c\n"])
def test_a_note_that_cannot_be_trusted_is_a_fault(kept: Path, note: bytes) -> None:
    assert ["the kept note cannot be trusted" in fault.what for fault in checked(kept, against=note).faults] == [True]


def test_a_note_of_another_installation_is_a_fault(kept: Path, tmp_path: Path) -> None:
    other = Vault.open(tmp_path / "other")
    note = other.sign(f"{other.origin('0')}\n0\n{'A' * 43}=\n")
    assert not checked(kept, against=note).sound


@pytest.mark.parametrize("name", ["top", "0/checkpoint"])
def test_a_missing_note_is_a_fault_and_an_empty_ledger_is_not(copy: Path, name: str) -> None:
    (copy / "ledger" / name).unlink()
    assert ["is missing" in fault.what for fault in checked(copy).faults] == [True]
    shutil.rmtree(copy / "ledger")
    (copy / "ledger").mkdir()
    assert checked(copy).sound


def test_a_line_of_a_later_version_is_counted_and_its_hash_checked_all_the_same(copy: Path) -> None:
    later = [b'{"v":2,"later":true}', encode(event(3))]
    with open_segment(copy).open("ab") as file:
        file.write(sealed(copy, later, record_lines(copy)))
    outcome = verify(copy / "ledger", open_vault(copy))
    assert (outcome.faults, outcome.slots[0].too_new, outcome.records) == ((), 1, 26)


def test_packed_segments_verify_and_a_copy_that_differs_is_found(copy: Path) -> None:
    paths = sorted((copy / "ledger/0").glob("*.jsonl"))[:-1]
    for path in paths:
        path.with_name(path.name + ".zst").write_bytes(zstandard.ZstdCompressor().compress(path.read_bytes()))
    assert checked(copy).sound
    for path in paths[1:]:
        path.unlink()
    assert checked(copy).sound
    packed = paths[0].with_name(paths[0].name + ".zst")
    packed.write_bytes(zstandard.ZstdCompressor().compress(b"other"))
    assert ["packed form differ" in fault.what for fault in checked(copy).faults] == [True]


def test_a_closed_segment_may_not_have_a_tail(copy: Path) -> None:
    path = min((copy / "ledger/0").glob("*.jsonl"))
    path.write_bytes(path.read_bytes() + b'{"v":1}\n')
    assert ["after its last head line" in fault.what for fault in checked(copy).faults] == [True]


def test_a_ledger_verifies_while_it_is_written(tmp_path: Path) -> None:
    vault = open_vault(tmp_path)
    with Ledger(tmp_path / "ledger", vault, LedgerOptions(segment_bytes=3000)) as ledger:
        for _ in range(20):
            ledger.append(events(3))
            assert verify(tmp_path / "ledger", vault).faults == ()


def test_a_writer_that_died_before_its_first_commit_leaves_no_fault(copy: Path) -> None:
    (copy / "ledger/7").mkdir(mode=0o700)
    (copy / "ledger/7/lock").touch(mode=0o600)
    assert checked(copy).faults == ()


def test_verifying_tells_how_many_segments_are_done(copy: Path) -> None:
    told: list[tuple[int, int]] = []
    verify(copy / "ledger", open_vault(copy), progress=lambda done, total: told.append((done, total)))
    count = len(list((copy / "ledger").glob("[0-9]*/*.jsonl")))
    assert count > 1
    assert told == [(done, count) for done in range(count)]
