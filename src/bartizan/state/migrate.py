"""Migrations: numbered SQL files, each applied once, in a transaction with its own number."""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from importlib.resources import files

from bartizan.state.database import Database
from bartizan.state.errors import StateTooNew
from bartizan.state.table import micros

FOLDER = "migrations"


def migrate(database: Database, migrations: Mapping[int, str] | None = None) -> int:
    """Brings the tables to the newest version that this code knows, which it returns; refuses newer ones."""
    wanted = shipped() if migrations is None else migrations
    newest = max(wanted, default=0)
    with database.writing() as session:
        session.run("CREATE TABLE IF NOT EXISTS schema_version (version BIGINT PRIMARY KEY, at BIGINT NOT NULL)")
    for version in sorted(wanted):
        with database.writing() as session:
            done = session.all("SELECT max(version) FROM schema_version")[0][0] or 0
            if done > newest:
                raise StateTooNew(
                    f"the state's tables have version {done}, this Bartizan knows {newest}",
                    where=database.where,
                    todo="Upgrade Bartizan.",
                )
            if version > done:
                for statement in _statements(wanted[version]):
                    session.run(statement)
                session.run("INSERT INTO schema_version VALUES (?, ?)", (version, micros(datetime.now(UTC))))
    return newest


@lru_cache(maxsize=1)
def shipped() -> dict[int, str]:
    """The SQL of each migration in this package, by number."""
    found = (file for file in files(__package__).joinpath(FOLDER).iterdir() if file.name.endswith(".sql"))
    return {int(file.name.partition("_")[0]): file.read_text() for file in found}


def _statements(sql: str) -> list[str]:
    """The single statements of a migration, none of which holds a semicolon inside."""
    return [statement for part in sql.split(";") if (statement := part.strip())]
