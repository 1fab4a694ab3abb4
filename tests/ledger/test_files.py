"""What whoever can write to the folder puts in the place of our files: nobody waits for it, or reads for ever."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from bartizan.ledger import Ledger, LedgerOptions, LedgerTampered, read, verify
from tests.ledger.build import build, event, open_vault

SMALL = LedgerOptions(segment_bytes=1)
PLANTS: dict[str, Callable[[Path], None]] = {
    "a pipe": os.mkfifo,
    "a link to a device": lambda path: path.symlink_to("/dev/zero"),
    "a link to nothing": lambda path: path.symlink_to("nothing"),
    "a terabyte of nothing": lambda path: (path.touch(), os.truncate(path, 1 << 40))[0],
}


@pytest.mark.timeout(30)
@pytest.mark.parametrize("plant", PLANTS)
@pytest.mark.parametrize("name", ["0/checkpoint", "top", f"0/{0:020d}.tiles"])
def test_a_planted_file_is_a_fault_and_nobody_waits_for_it(tmp_path: Path, name: str, plant: str) -> None:
    build(tmp_path, [3, 3], SMALL)
    path = tmp_path / "ledger" / name
    path.unlink()
    PLANTS[plant](path)

    assert not verify(tmp_path / "ledger", open_vault(tmp_path)).sound
    assert len(list(read(tmp_path / "ledger"))) == 6
    with Ledger(tmp_path / "ledger", open_vault(tmp_path)) as ledger:
        if name == "top":  # nobody reads it to write, and it is made anew with each checkpoint
            ledger.append([event(1)])
        else:
            with pytest.raises((LedgerTampered, OSError)):
                ledger.append([event(1)])


@pytest.mark.timeout(30)
@pytest.mark.parametrize("plant", ["a pipe", "a link to a device"])
def test_a_segment_that_is_no_plain_file_is_none(tmp_path: Path, plant: str) -> None:
    build(tmp_path, [3, 3], SMALL)
    path = tmp_path / "ledger" / "0" / f"{3:020d}.jsonl"
    path.unlink()
    PLANTS[plant](path)

    assert not verify(tmp_path / "ledger", open_vault(tmp_path)).sound
    with pytest.raises(LedgerTampered):
        list(read(tmp_path / "ledger"))
