import os
from pathlib import Path

import pytest

from bartizan.artifacts.admit import Papers, Store
from bartizan.artifacts.admit.papers import MAX_BYTES, NAMES
from bartizan.kernel import HostileInput, UsageError

ROOT = "0a" * 32
WHOLE = Papers(b"signature", b"scan", b"bom")


def test_what_was_published_is_found_by_its_digest_alone(tmp_path: Path) -> None:
    store = Store(tmp_path / "evidence")
    assert store.papers(ROOT) == Papers()
    place = store.publish(ROOT, WHOLE)
    assert (place, store.papers(ROOT)) == (tmp_path / "evidence" / ROOT, WHOLE)
    assert store.papers("0b" * 32) == Papers()


def test_publishing_again_replaces_only_what_came_along(tmp_path: Path) -> None:
    store = Store(tmp_path / "evidence")
    store.publish(ROOT, WHOLE)
    store.publish(ROOT, Papers(scan=b"later"))
    assert store.papers(ROOT) == Papers(b"signature", b"later", b"bom")
    assert sorted(path.name for path in (tmp_path / "evidence" / ROOT).iterdir()) == sorted(NAMES.values())


@pytest.mark.parametrize("root", ["..", "../" + ROOT, "/etc", ROOT.upper(), ROOT + "/", "", f"{ROOT}\0"])
def test_no_digest_leads_out_of_the_folder(tmp_path: Path, root: str) -> None:
    store = Store(tmp_path / "evidence")
    with pytest.raises(UsageError):
        store.papers(root)
    with pytest.raises(UsageError):
        store.publish(root, WHOLE)
    assert not (tmp_path / "evidence").exists()


def test_pipes_folders_and_endless_files_are_refused_at_once(tmp_path: Path) -> None:
    store = Store(tmp_path)
    (tmp_path / ROOT).mkdir()
    scan = tmp_path / ROOT / "scan.sig"
    os.mkfifo(scan)
    with pytest.raises(HostileInput, match="no plain file"):
        store.papers(ROOT)
    scan.unlink()
    scan.symlink_to("/dev/zero")
    with pytest.raises(HostileInput, match="no plain file"):
        store.papers(ROOT)
    scan.unlink()
    with scan.open("wb") as file:
        file.truncate(MAX_BYTES["scan"] + 1)
    with pytest.raises(HostileInput, match="more than"):
        store.papers(ROOT)


def test_of_several_bills_of_materials_the_first_counts(tmp_path: Path) -> None:
    spdx = tmp_path / "m.spdx.json"
    spdx.write_bytes(b"spdx")
    absent = [tmp_path / name for name in ("m.sig", "m.scan.sig", "m.cdx.json")]
    assert Papers.beside(absent[0], absent[1], [absent[2], spdx]) == Papers(bom=b"spdx")
