"""`bartizan up`: one process tree that starts whole, ends in order, and outlives a crash of one of its parts."""

import http.client
import os
import re
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from bartizan.kernel import Event
from bartizan.ledger import Vault, read, verify
from tests.cli.run import COMMAND, bartizan, clean

LINE = re.compile(r"Bartizan is up after \d+\.\d s: http://127\.0\.0\.1:(\d+)/enter\?token=([\w-]{43})\n")


class Up:
    """A running `bartizan up`, read line by line."""

    def __init__(self, process: "subprocess.Popen[str]", port: int, token: str) -> None:
        self.process, self.port, self.token = process, port, token

    def line(self) -> str:
        assert self.process.stdout
        return self.process.stdout.readline()

    def status(self, path: str) -> int:
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)) as connection:
            connection.request("GET", path)
            return connection.getresponse().status

    def worker(self, name: str) -> int:
        """The process id of a worker."""
        listed = subprocess.run(["ps", "-A", "-o", "pid=,ppid=,args="], capture_output=True, text=True, check=True)
        for line in listed.stdout.splitlines():
            pid, parent, command = line.split(None, 2)
            if int(parent) == self.process.pid and command.endswith(f"bartizan.cli.workers {name}"):
                return int(pid)
        raise AssertionError(f"no worker {name} among\n{listed.stdout}")

    def end(self, how: signal.Signals = signal.SIGTERM) -> int:
        self.process.send_signal(how)
        return self.process.wait(30)


@contextmanager
def up(data: Path) -> Iterator[Up]:
    """A whole installation, started on a free port."""
    process = subprocess.Popen(
        [*COMMAND, "up", "--data", str(data), "--port", "0"],
        cwd=data.parent,
        env=clean(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        bufsize=1,
    )
    try:
        assert process.stdout
        first = process.stdout.readline()
        match = LINE.fullmatch(first)
        assert match, first + (process.stdout.read() if process.poll() is not None else "")
        yield Up(process, int(match[1]), match[2])
    finally:
        process.terminate()
        process.wait(30)
        if process.stdout:
            process.stdout.close()


def events(data: Path) -> list[str]:
    return [record.body.name for _, record in read(data / "ledger") if isinstance(record.body, Event)]


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_it_starts_whole_and_ends_in_order(tmp_path: Path, how: signal.Signals) -> None:
    data = tmp_path / "data"
    with up(data) as running:
        assert running.status(f"/enter?token={running.token}") == 200
        assert running.status(f"/enter?token={running.token}") == 403
        assert running.end(how) == 0
        assert running.line() == "Bartizan has ended in order.\n"
    names = events(data)
    assert {"runner.started", "runner.stopped", "console.started", "console.entered"} <= set(names)
    assert "control.finished" in names
    found = verify(data / "ledger", Vault.open(data / "vault", create=False))
    assert found.sound
    assert all(slot.signed == slot.records for slot in found.slots)
    assert data.stat().st_mode & 0o777 == 0o700


def test_a_second_one_on_the_same_data_is_refused_in_one_line(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with up(data) as running:
        second = bartizan("up", "--data", str(data), "--port", "0", cwd=tmp_path)
        assert (second.returncode, second.stdout) == (2, "")
        assert second.stderr == (
            f"bartizan: another bartizan up runs on this data ({data}). End it, or choose another folder with --data.\n"
        )
        assert running.status("/enter") == 200


def test_a_port_that_is_taken_is_refused_in_one_line(tmp_path: Path) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]
        done = bartizan("up", "--data", str(tmp_path / "data"), "--port", str(port), cwd=tmp_path)
    assert done.returncode == 2
    said = f"bartizan: port {port} cannot be had: Address already in use (127.0.0.1). "
    assert done.stderr == f"{said}Choose another with --port, or 0 for any.\n"


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "::", "localhost"])
def test_an_address_that_others_can_reach_is_refused(host: str, tmp_path: Path) -> None:
    done = bartizan("up", cwd=tmp_path, env=clean(BARTIZAN_CONSOLE_HOST=host))
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "loopback" in done.stderr


def test_a_console_that_crashes_comes_back_and_stops_nothing_else(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with up(data) as running:
        runner, console = running.worker("runner"), running.worker("console")
        os.kill(console, signal.SIGKILL)
        assert running.line() == "bartizan: the console ended with code -9; it starts again in 0.5 s\n"
        link = rf"http://127\.0\.0\.1:{running.port}/enter\?token=([\w-]+)"
        again = re.fullmatch(rf"The console runs again, sign in again: {link}\n", running.line())
        assert again
        assert again[1] != running.token
        assert running.status(f"/enter?token={running.token}") == 403
        assert running.status(f"/enter?token={again[1]}") == 200
        assert running.worker("runner") == runner
        assert running.end() == 0
    assert events(data).count("runner.started") == 1
    assert events(data).count("console.started") == 2


def test_a_runner_that_crashes_comes_back_and_stops_nothing_else(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with up(data) as running:
        console = running.worker("console")
        os.kill(running.worker("runner"), signal.SIGKILL)
        assert running.status("/enter") == 200
        assert running.line() == "bartizan: the runner ended with code -9; it starts again in 0.5 s\n"
        assert running.line() == "The runner runs again\n"
        assert running.worker("console") == console
        assert running.end() == 0
    assert verify(data / "ledger", Vault.open(data / "vault", create=False)).sound


def test_the_workers_end_with_their_parent_even_if_it_is_killed(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with up(data) as running:
        running.process.kill()
        # The workers hold the other end of our pipe: it closes when the last of them has ended.
        assert running.process.stdout
        assert running.process.stdout.read() == ""
    assert events(data).count("runner.stopped") == 1
    with up(data) as running:
        assert running.status("/enter") == 200


def test_a_vault_that_others_may_read_stops_the_start_in_one_line(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with up(data) as running:
        running.end()
    (data / "vault").chmod(0o755)
    done = bartizan("up", "--data", str(data), "--port", "0", cwd=tmp_path)
    assert done.returncode == 3
    assert done.stdout == ""
    assert all(line.startswith("bartizan: ") for line in done.stderr.splitlines())
    assert "vault" in done.stderr
