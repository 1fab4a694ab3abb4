import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bartizan.kernel import UsageError
from bartizan.ledger import NoteError, Vault, VaultError


def test_a_vault_is_made_once_and_opens_again(tmp_path: Path) -> None:
    made = Vault.open(tmp_path / "vault")
    again = Vault.open(tmp_path / "vault", create=False)
    assert (again.id, again.verifiers, again.seal(b"x")) == (made.id, made.verifiers, made.seal(b"x"))


def test_everything_in_a_vault_is_for_its_owner_alone(tmp_path: Path) -> None:
    vault = Vault.open(tmp_path / "vault")
    vault.put("provider", b"secret")
    vault.remember_checkpoint(0, b"note")
    for path in [vault.folder, *vault.folder.rglob("*")]:
        assert path.stat().st_mode & 0o077 == 0, path


def test_a_missing_vault_is_not_made_when_it_must_exist(tmp_path: Path) -> None:
    with pytest.raises(VaultError, match="there is no vault"):
        Vault.open(tmp_path / "vault", create=False)
    assert not (tmp_path / "vault").exists()


@pytest.mark.parametrize("name", [".", "root.key", "wrapped/keys/seal", "wrapped/keys/signing"])
def test_a_file_that_others_could_read_is_refused_in_one_line(tmp_path: Path, name: str) -> None:
    Vault.open(tmp_path / "vault")
    path = tmp_path / "vault" / name
    path.chmod(path.stat().st_mode | 0o040)
    with pytest.raises(VaultError, match=r"has mode 07?6?40.* chmod [67]00 ") as refused:
        Vault.open(tmp_path / "vault")
    assert "\n" not in str(refused.value)


def test_a_root_key_behind_a_link_is_refused(tmp_path: Path) -> None:
    folder = Vault.open(tmp_path / "vault").folder
    (folder / "root.key").rename(tmp_path / "elsewhere")
    (folder / "root.key").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(VaultError, match="not a plain file"):
        Vault.open(folder)


def test_a_vault_that_lost_its_root_key_is_not_made_anew(tmp_path: Path) -> None:
    vault = Vault.open(tmp_path / "vault")
    vault.put("provider", b"secret")
    (vault.folder / "root.key").unlink()
    with pytest.raises(VaultError, match="no root key"):
        Vault.open(vault.folder)


def test_a_vault_whose_making_was_interrupted_is_made(tmp_path: Path) -> None:
    folder = Vault.open(tmp_path / "vault").folder
    (folder / "root.key").unlink()  # it is written last, and nothing was kept yet
    Vault.open(folder).put("provider", b"secret")
    assert Vault.open(folder, create=False).get("provider") == b"secret"


@pytest.mark.parametrize("content", ["", "zz zz\n", "00 11\n", "0" * 16 + " " + "0" * 63 + "\n"])
def test_a_damaged_root_key_file_is_refused(tmp_path: Path, content: str) -> None:
    folder = Vault.open(tmp_path / "vault").folder
    (folder / "root.key").write_text(content)
    with pytest.raises(VaultError, match="root key file"):
        Vault.open(folder)


def test_secrets_cannot_change_places(tmp_path: Path) -> None:
    vault = Vault.open(tmp_path / "vault")
    vault.put("a", b"secret a")
    vault.put("b", b"secret b")
    secrets = vault.folder / "wrapped/secrets"
    (secrets / "a").write_bytes((secrets / "b").read_bytes())
    with pytest.raises(VaultError, match="changed or moved"):
        vault.get("a")


def test_credentials_are_kept_named_and_forgotten(tmp_path: Path) -> None:
    vault = Vault.open(tmp_path / "vault")
    vault.put("openai", b"one")
    vault.put("openai", b"two")
    assert (vault.get("openai"), vault.names()) == (b"two", ["openai"])
    assert b"two" not in b"".join(path.read_bytes() for path in vault.folder.rglob("*") if path.is_file())
    vault.forget("openai")
    assert vault.names() == []
    with pytest.raises(VaultError, match="holds no"):
        vault.get("openai")
    with pytest.raises(VaultError, match="holds no"):
        vault.forget("openai")


@pytest.mark.parametrize("name", ["", "../root.key", "A", ".x", "a/b", "a" * 200])
def test_a_name_cannot_leave_its_folder(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError):
        Vault.open(tmp_path / "vault").put(name, b"")


def test_rotating_the_root_key_seals_everything_again(tmp_path: Path) -> None:
    vault = Vault.open(tmp_path / "vault")
    other = Vault.open(tmp_path / "vault")
    vault.put("provider", b"secret")
    key = vault.data_key("main/2026-11", create=True)
    old = {path: path.read_bytes() for path in vault.folder.rglob("*") if path.is_file() and path.name != "lock"}
    vault.rotate_root()
    assert all(path.read_bytes() != content for path, content in old.items())
    for opened in (vault, other, Vault.open(vault.folder, create=False)):
        assert (opened.get("provider"), opened.data_key("main/2026-11")) == (b"secret", key)
    (vault.folder / "root.key").write_bytes(old[vault.folder / "root.key"])
    with pytest.raises(VaultError, match="another root key"):
        Vault.open(vault.folder, create=False)


def test_a_rotation_cut_short_leaves_a_vault_that_opens(tmp_path: Path) -> None:
    vault = Vault.open(tmp_path / "vault")
    vault.put("provider", b"secret")
    seal = (vault.folder / "wrapped/keys/seal").read_bytes()
    old = (vault.folder / "root.key").read_text()
    vault.rotate_root()
    # As it stood in the middle: both keys in the file, one secret still under the old one.
    (vault.folder / "root.key").write_text((vault.folder / "root.key").read_text() + old)
    (vault.folder / "wrapped/keys/seal").write_bytes(seal)
    again = Vault.open(vault.folder, create=False)
    again.rotate_root()
    assert Vault.open(vault.folder, create=False).get("provider") == b"secret"
    assert (vault.folder / "root.key").read_text().count("\n") == 1


def test_rotating_the_signing_key_keeps_old_notes_good_and_other_processes_current(tmp_path: Path) -> None:
    vault = Vault.open(tmp_path / "vault")
    other = Vault.open(tmp_path / "vault")
    text = f"{vault.origin('0')}\n"
    old = vault.sign(text)
    fresh = vault.rotate_signing()
    assert other.sign(text) == vault.sign(text) != old
    assert [verifier.retired for verifier in other.verifiers] == [True, False]
    assert other.verifiers[-1] == fresh
    assert other.open_note(old, "0") == other.open_note(vault.sign(text), "0") == text


def test_a_vault_signs_and_opens_only_notes_of_its_own(tmp_path: Path) -> None:
    one, two = Vault.open(tmp_path / "one"), Vault.open(tmp_path / "two")
    for text in (f"{two.origin('0')}\n", "bartizan\n", one.origin("0")):
        with pytest.raises(NoteError):
            one.sign(text)
    note = one.sign(f"{one.origin('0')}\n")
    with pytest.raises(NoteError, match="not about 1"):
        one.open_note(note, "1")
    with pytest.raises(NoteError, match="no known key"):
        two.open_note(note, "0")


@given(st.binary(max_size=50), st.binary(max_size=50), st.text(max_size=70))
def test_a_seal_fits_only_its_own_data(
    tmp_path_factory: pytest.TempPathFactory, data: bytes, other: bytes, junk: str
) -> None:
    vault = Vault.open(tmp_path_factory.getbasetemp() / "sealing")
    assert vault.seals(data, vault.seal(data))
    assert vault.seals(other, vault.seal(data)) == (data == other)
    assert not vault.seals(data, junk)


def test_drafts_are_gone_after_a_failed_write(tmp_path: Path) -> None:
    vault = Vault.open(tmp_path / "vault")
    secrets = vault.folder / "wrapped/secrets"
    (secrets / "taken").mkdir(parents=True)
    (secrets / "taken" / "x").touch()
    with pytest.raises(OSError, match="directory"):
        vault.put("taken", b"secret")
    assert [path.name for path in secrets.iterdir()] == ["taken"]
    assert os.access(vault.folder, os.R_OK)
