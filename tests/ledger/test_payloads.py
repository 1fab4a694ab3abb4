import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bartizan.kernel import UsageError
from bartizan.ledger import Ledger, PayloadGone, Payloads, Vault, verify
from bartizan.ledger.payloads import MAX_PAYLOAD_BYTES, Ref
from tests.ledger.build import STAMP, FrailDisk, event, open_vault


@pytest.fixture
def store(tmp_path: Path) -> Payloads:
    return Payloads(tmp_path / "payloads", open_vault(tmp_path))


@settings(max_examples=20)
@given(st.lists(st.binary(max_size=300), min_size=1, max_size=4), st.text(min_size=1, max_size=20))
def test_payloads_come_back_whole(tmp_path_factory: pytest.TempPathFactory, items: list[bytes], tenant: str) -> None:
    home = tmp_path_factory.getbasetemp() / "whole"
    store = Payloads(home / "payloads", Vault.open(home / "vault"))
    assert [store.get(ref) for ref in store.put_many(tenant, items)] == items


def test_nothing_readable_lies_on_the_disk_and_the_reference_tells_nothing(store: Payloads) -> None:
    one, two = store.put("main", b"my password is swordfish"), store.put("other", b"my password is swordfish")
    content = b"".join(path.read_bytes() for path in store.folder.rglob("*") if path.is_file())
    assert b"swordfish" not in content
    assert Ref.parse(one).digest != Ref.parse(two).digest
    for path in [store.folder, *store.folder.rglob("*")]:
        assert path.stat().st_mode & 0o077 == 0


def test_an_erased_month_is_gone_and_every_proof_stays(tmp_path: Path, store: Payloads) -> None:
    vault = open_vault(tmp_path)
    ref, other = store.put("main", b"erase me"), store.put("research", b"keep me")
    with Ledger(tmp_path / "ledger", vault) as ledger:
        ledger.append([STAMP(event(1).body, payload=ref)])
    second = Payloads(store.folder, vault)  # another process, which may hold the key in memory
    assert second.get(ref) == b"erase me"
    assert store.erase("main", Ref.parse(ref).month)
    for each in (store, second):
        with pytest.raises(PayloadGone, match="erased with its key"):
            each.get(ref)
    assert store.get(other) == b"keep me"
    assert not store.erase("main", Ref.parse(ref).month)
    assert verify(tmp_path / "ledger", vault).sound


def test_what_is_put_after_an_erasure_has_a_new_key(store: Payloads) -> None:
    old = store.put("main", b"same")
    store.erase("main", Ref.parse(old).month)
    fresh = store.put("main", b"same")
    assert store.get(fresh) == b"same"
    assert Ref.parse(fresh).digest != Ref.parse(old).digest
    with pytest.raises(PayloadGone):
        store.get(old)


def test_each_month_has_its_own_key(tmp_path: Path) -> None:
    disk = FrailDisk()
    store = Payloads(tmp_path / "payloads", open_vault(tmp_path), disk=disk.disk())
    now = store.put("main", b"now")
    disk.offset_s = 40 * 86_400
    later = store.put("main", b"later")
    assert Ref.parse(now).month < Ref.parse(later).month
    store.erase("main", Ref.parse(now).month)
    assert store.get(later) == b"later"


def test_a_changed_or_moved_payload_is_refused(store: Payloads) -> None:
    refs = store.put_many("main", [b"one", b"two"])
    path = next(path for path in store.folder.rglob("*") if path.is_file())
    content = path.read_bytes()
    half = len(content) // 2
    path.write_bytes(content[half:] + content[:half])
    for ref in refs:
        with pytest.raises(PayloadGone, match="changed"):
            store.get(ref)
    path.write_bytes(b"")
    with pytest.raises(PayloadGone, match="not in this store"):
        store.get(refs[0])


@pytest.mark.parametrize(
    "ref", ["", "x", "2026-11/../0123456789abcdef/0/" + "0" * 64, "2026-13/main/0123456789abcdef/0/" + "0" * 64]
)
def test_what_is_no_reference_is_refused(store: Payloads, ref: str) -> None:
    with pytest.raises(UsageError, match="no reference"):
        store.get(ref)


def test_a_month_is_written_as_one(store: Payloads) -> None:
    for month in ("2026", "2026-1", "../..", "2026-00"):
        with pytest.raises(UsageError, match="no month"):
            store.erase("main", month)


def test_a_payload_has_a_limit(store: Payloads) -> None:
    with pytest.raises(UsageError, match="more than"):
        store.put("main", bytes(MAX_PAYLOAD_BYTES + 1))


def test_a_failed_write_costs_only_its_own_payload(tmp_path: Path) -> None:
    disk = FrailDisk()
    store = Payloads(tmp_path / "payloads", open_vault(tmp_path), disk=disk.disk())
    before = store.put("main", b"before")
    disk.full, disk.room_bytes = True, 10
    with pytest.raises(OSError, match="No space"):
        store.put("main", b"lost")
    disk.full = False
    after = store.put("main", b"after")
    assert (store.get(before), store.get(after)) == (b"before", b"after")


def test_a_forked_child_writes_a_pack_of_its_own(store: Payloads) -> None:
    store.put("main", b"parent")
    reads, writes = os.pipe()
    if os.fork() == 0:
        os.write(writes, store.put("main", b"child").encode())
        os._exit(0)
    ref = os.read(reads, 500).decode()
    os.wait()
    os.close(reads)
    os.close(writes)
    mine = store.put("main", b"parent again")
    assert (store.get(ref), store.get(mine)) == (b"child", b"parent again")
    assert Ref.parse(ref).pack != Ref.parse(mine).pack
    store.close()
