"""One guard for all tests of this room: loading it is most of their time."""

import pytest

from bartizan.guard import Guard


@pytest.fixture(scope="session")
def guard() -> Guard:
    return Guard.load()
