"""Migrations: applied once each, resumed where they were interrupted, refused when they come from the future."""

from collections.abc import Callable

import pytest

from bartizan.state import State, StateError, StateTooNew
from bartizan.state.database import connect
from bartizan.state.migrate import migrate, shipped
from tests.state.conftest import dump

FIRST = "CREATE TABLE one (n BIGINT); INSERT INTO one VALUES (1);"
SECOND = "CREATE TABLE two (n BIGINT); INSERT INTO two VALUES (2);"


def test_migrations_are_applied_in_order_and_once(url: str) -> None:
    database = connect(url)
    try:
        assert migrate(database, {1: FIRST}) == 1
        assert migrate(database, {2: SECOND, 1: FIRST}) == 2
        assert migrate(database, {2: SECOND, 1: FIRST}) == 2

        with database.reading() as session:
            assert session.all("SELECT n FROM one") == [(1,)]
            assert session.all("SELECT n FROM two") == [(2,)]
            assert session.all("SELECT version FROM schema_version ORDER BY version") == [(1,), (2,)]
    finally:
        database.close()


def test_a_migration_interrupted_half_way_leaves_nothing_and_resumes(url: str) -> None:
    database = connect(url)
    try:
        with pytest.raises(StateError) as refused:
            migrate(database, {1: FIRST, 2: SECOND + "INSERT INTO nowhere VALUES (3);"})
        assert "\n" not in str(refused.value)
        with database.reading() as session:
            assert session.all("SELECT version FROM schema_version") == [(1,)]

        assert migrate(database, {1: FIRST, 2: SECOND}) == 2

        with database.reading() as session:
            assert session.all("SELECT n FROM two") == [(2,)]
    finally:
        database.close()


def test_tables_of_a_later_version_are_refused_in_one_line(url: str, opened: Callable[[], State]) -> None:
    opened()
    before = dump(url)
    database = connect(url)
    with database.writing() as session:
        session.run("INSERT INTO schema_version VALUES (99, 0)")
    database.close()

    with pytest.raises(StateTooNew, match=f"have version 99, this Bartizan knows {max(shipped())}") as refused:
        opened()

    assert "\n" not in str(refused.value)
    assert dump(url) == before
