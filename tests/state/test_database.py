"""The two databases: chosen by URL, private, and with errors of one line."""

import stat
import threading
from pathlib import Path

import pytest

from bartizan.kernel import BartizanError, UsageError
from bartizan.state import StateError
from bartizan.state.database import connect, masked


def test_an_unknown_url_is_refused_without_its_password() -> None:
    with pytest.raises(UsageError, match="names no known database") as refused:
        connect("mysql://me:hunter2@host/db?password=hunter3")

    assert "hunter" not in str(refused.value)
    assert masked("postgresql://me:p@ss@host/db") == "postgresql://me:***@host/db"


def test_the_file_is_private(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    database = connect(f"sqlite:///{path}")
    with database.writing() as session:
        session.run("CREATE TABLE t (n BIGINT)")

    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in tmp_path.iterdir()}
    database.close()

    assert set(modes.values()) == {0o600}
    assert "state.db-wal" in modes


def test_a_file_that_others_could_have_written_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    path.touch()
    path.chmod(0o662)

    with pytest.raises(StateError, match=r"others may write to state.db .*chmod go-w"):
        connect(f"sqlite:///{path}")


@pytest.mark.parametrize("content", [b"not a database " * 100, b"SQLite format 3\0" + b"\xff" * 4_000])
def test_a_damaged_file_is_one_line_with_the_way_out(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "state.db").write_bytes(content)

    with pytest.raises(StateError, match="bartizan ledger rebuild") as refused:
        connect(f"sqlite:///{tmp_path / 'state.db'}")

    assert "\n" not in str(refused.value)


def test_a_folder_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(StateError, match="cannot be opened: No such file"):
        connect(f"sqlite:///{tmp_path / 'nowhere' / 'state.db'}")


def test_a_server_that_does_not_answer_is_one_line_without_the_password(tmp_path: Path) -> None:
    with pytest.raises(StateError, match="cannot be used") as refused:
        connect(f"postgresql://me:hunter2@/db?host={tmp_path}")

    assert "\n" not in str(refused.value)
    assert "hunter2" not in str(refused.value)


def test_an_error_inside_a_transaction_undoes_it(url: str) -> None:
    database = connect(url)
    try:
        with database.writing() as session:
            session.run("CREATE TABLE t (n BIGINT)")

        def begin() -> None:
            with database.writing() as session:
                session.run("INSERT INTO t VALUES (?)", (1,))
                raise BartizanError("changed my mind")

        with pytest.raises(BartizanError, match="changed my mind"):
            begin()
        with database.reading() as session:
            assert session.all("SELECT n FROM t") == []
    finally:
        database.close()


def test_threads_take_turns(url: str) -> None:
    database = connect(url)
    with database.writing() as session:
        session.run("CREATE TABLE t (n BIGINT)")
        session.run("INSERT INTO t VALUES (0)")

    def add() -> None:
        for _ in range(20):
            with database.writing() as session:
                ((n,),) = session.all("SELECT n FROM t")
                session.run("UPDATE t SET n = ?", (n + 1,))

    threads = [threading.Thread(target=add) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    with database.reading() as session:
        assert session.all("SELECT n FROM t") == [(80,)]
    database.close()


def test_a_dropped_connection_is_made_again(postgres: str) -> None:
    import psycopg

    database = connect(postgres)
    try:
        with database.reading() as session:
            ((pid,),) = session.all("SELECT pg_backend_pid()")
        with psycopg.connect(postgres, autocommit=True) as other:
            other.execute("SELECT pg_terminate_backend(%s, 5000)", (pid,))
        with pytest.raises(StateError, match="cannot be used") as refused, database.reading() as session:
            session.all("SELECT 1")
        assert "\n" not in str(refused.value)
        with database.reading() as session:
            assert session.all("SELECT 1") == [(1,)]
    finally:
        database.close()
