"""A real state on a real ledger, in a folder of the test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bartizan.kernel import Record
from bartizan.ledger import Ledger, Vault, read
from bartizan.state import State


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    return Vault.open(tmp_path / "vault")


@pytest.fixture
def ledger(tmp_path: Path, vault: Vault) -> Iterator[Ledger]:
    with Ledger(tmp_path / "ledger", vault) as opened:
        yield opened


@pytest.fixture
def state(ledger: Ledger, vault: Vault, tmp_path: Path) -> Iterator[State]:
    with State.open(f"sqlite:///{tmp_path / 'state.db'}", ledger=ledger, vault=vault) as opened:
        yield opened


def records(ledger: Ledger) -> list[Record]:
    """What the ledger holds."""
    return [record for _, record in read(ledger.folder)]
