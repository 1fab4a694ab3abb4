import pickle
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from bartizan.artifacts import scan
from bartizan.artifacts.control import CALLS_SYSTEM
from bartizan.artifacts.remote import Remote
from bartizan.kernel import BartizanError
from tests.artifacts.readers.made import rules, zip_of


class Hub(ThreadingHTTPServer):
    """A server of files that answers ranges, and counts the bytes that it sent."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.files: dict[str, bytes] = {}
        self.sent = 0
        self.cut_after = 1 << 60

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class Answer(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Hub

    def do_GET(self) -> None:
        data = self.server.files.get(self.path)
        found = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range", ""))
        if data is None or not found or self.server.sent > self.server.cut_after:
            self.send_error(404)
            return
        start, end = int(found[1]), min(int(found[2]), len(data) - 1)
        self.server.sent += end + 1 - start
        self.send_response(206)
        self.send_header("Content-Range", f"bytes {start}-{end}/{len(data)}")
        self.send_header("Content-Length", str(end + 1 - start))
        self.send_header("ETag", '"1"')
        self.end_headers()
        self.wfile.write(data[start : end + 1])

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def hub() -> Iterator[Hub]:
    with Hub() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_a_large_model_costs_kilobytes(hub: Hub) -> None:
    weights = bytes(30 << 20)
    hub.files["/m.pt"] = zip_of({"m/data.pkl": pickle.dumps({"a": 1}, 2), "m/data/0": weights, "m/version": b"3\n"})
    with Remote.open(f"{hub.url}/m.pt") as remote:
        report = scan(remote)
    assert (report.format, report.verdict, report.unverified, report.digest) == ("torch", "allow", True, None)
    assert hub.sent < 1 << 20


def test_a_remote_file_is_judged_like_a_local_one(hub: Hub) -> None:
    hub.files["/m.pkl"] = CALLS_SYSTEM
    with Remote.open(f"{hub.url}/m.pkl") as remote:
        assert scan(remote).verdict == "block"


def test_a_server_that_fails_half_way_leaves_the_file_unscanned(hub: Hub) -> None:
    hub.files["/m.pkl"] = pickle.dumps(list(range(200_000)))
    with Remote.open(f"{hub.url}/m.pkl") as remote:
        hub.cut_after = 0
        report = scan(remote)
    assert (report.verdict, "Budget.spent" in rules(report)) == ("unscanned", True)


def test_a_file_that_is_not_there_is_an_error_in_one_line(hub: Hub) -> None:
    with pytest.raises(BartizanError, match="404"):
        Remote.open(f"{hub.url}/nothing")
