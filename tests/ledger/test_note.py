from base64 import b64decode
from hashlib import sha256

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st

from bartizan.ledger.errors import NoteError
from bartizan.ledger.merkle import EMPTY_ROOT, leaf_hash
from bartizan.ledger.note import Checkpoint, Head, TopNote, Verifier, open_note, sign_note

# The key pair of RFC 8032, 7.1, test 1.
SEED = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
PUBLIC = bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
NAME = "bartizan/1/0"
TEXT = Checkpoint(NAME, 5, leaf_hash(b"x")).text()
NOTE = sign_note(NAME, TEXT, SEED)
VERIFIER = Verifier(PUBLIC)


def test_a_note_opens_to_the_text_that_was_signed() -> None:
    assert open_note(NOTE, [VERIFIER]) == (TEXT, VERIFIER)
    assert Checkpoint.parse(TEXT) == Checkpoint(NAME, 5, leaf_hash(b"x"))


def test_a_checkpoint_is_written_as_the_standard_says() -> None:
    origin, size, root, extension, empty, signature, end = NOTE.decode().split("\n")
    assert (origin, size, empty, end) == (NAME, "5", "", "")
    assert b64decode(root) == sha256(b"\0x").digest()
    assert extension == f"heads {'A' * 43}="
    name, encoded = signature.removeprefix("— ").split(" ")
    # C2SP signed-note: four bytes of the key's hash, then the Ed25519 signature over the text.
    key_hash = sha256(NAME.encode() + b"\n\x01" + PUBLIC).digest()[:4]
    assert (name, b64decode(encoded)[:4], len(b64decode(encoded))) == (NAME, key_hash, 68)
    Ed25519PublicKey.from_public_bytes(PUBLIC).verify(b64decode(encoded)[4:], TEXT.encode())


def test_a_verifier_key_reads_back_from_its_text_form() -> None:
    assert Verifier.parse(VERIFIER.vkey(NAME)) == VERIFIER


@pytest.mark.parametrize("vkey", ["", "a+b", "a+00000000+AAAA", VERIFIER.vkey(NAME)[:-4], "x" + VERIFIER.vkey(NAME)])
def test_a_damaged_verifier_key_is_refused(vkey: str) -> None:
    with pytest.raises(NoteError):
        Verifier.parse(vkey)


@given(st.integers(0, len(NOTE) - 1), st.integers(1, 255))
def test_no_byte_of_a_note_can_be_changed(place: int, change: int) -> None:
    changed = bytearray(NOTE)
    changed[place] ^= change
    with pytest.raises(NoteError):
        open_note(bytes(changed), [VERIFIER])


@given(st.binary(max_size=200))
def test_what_is_no_note_is_refused_in_one_line(junk: bytes) -> None:
    with pytest.raises(NoteError) as refused:
        open_note(junk, [VERIFIER])
    assert "\n" not in str(refused.value)


def test_a_signature_under_another_name_does_not_count() -> None:
    with pytest.raises(NoteError, match="no known key"):
        open_note(sign_note("bartizan/1/1", TEXT, SEED), [VERIFIER])


def test_a_note_without_a_known_key_is_refused() -> None:
    with pytest.raises(NoteError, match="no known key"):
        open_note(NOTE, [Verifier(bytes(32))])


@given(st.lists(st.builds(Head, st.integers(0, 99), st.integers(0, 2**61), st.just(EMPTY_ROOT)), max_size=5))
def test_a_top_note_reads_back(heads: list[Head]) -> None:
    top = TopNote("bartizan/1/top", "2026-11-02T00:00:00+00:00", tuple(heads))
    assert TopNote.parse(top.text()) == top


@pytest.mark.parametrize("size", ["-1", "01", "1 ", "", "٣", "9" * 25])
def test_only_plain_decimals_are_sizes(size: str) -> None:
    with pytest.raises(NoteError):
        Checkpoint.parse(f"a\n{size}\n{'A' * 43}=\n")
