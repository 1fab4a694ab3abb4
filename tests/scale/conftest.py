"""What tests of cancelling share."""

import socket
from collections.abc import Iterator

import pytest


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """Where a worker that runs `jobs.hold` calls."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(60)
        yield server
