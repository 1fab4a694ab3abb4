"""A real state on a ledger of paper, in a folder of the test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bartizan.state import State
from tests.state.paper import Paper, Wax


@pytest.fixture
def paper(tmp_path: Path) -> Paper:
    return Paper(tmp_path / "ledger")


@pytest.fixture
def state(paper: Paper, tmp_path: Path) -> Iterator[State]:
    with State.open(f"sqlite:///{tmp_path / 'state.db'}", ledger=paper, vault=Wax()) as opened:
        yield opened
