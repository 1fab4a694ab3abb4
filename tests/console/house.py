"""A console on a real installation, served on loopback, and a browser without eyes for it."""

import http.client
import json
import re
import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event as Flag
from threading import Thread
from typing import Any
from urllib.parse import urlencode

from bartizan.console.process import run
from bartizan.kernel import Record
from bartizan.policy.keys import Keys
from bartizan.runner.keep import Keep
from bartizan.runner.settings import Settings

TOKEN = "one-time-token-of-the-tests"
START_S = 30


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)

    @property
    def csrf(self) -> str:
        found = re.search(r'name="csrf" value="([^"]+)"', self.text)
        assert found
        return found[1]


@dataclass(slots=True)
class House:
    """One served installation."""

    settings: Settings
    port: int
    cookie: str = field(default="")

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def ask(self, path: str, *, method: str = "GET", body: str | None = None, **headers: str) -> Answer:
        """One request with exactly these headers beside Host."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.putrequest(method, path, skip_host="Host" in headers, skip_accept_encoding=True)
            for name, value in headers.items():
                connection.putheader(name.replace("_", "-"), value)
            if body is not None:
                connection.putheader("Content-Length", str(len(body.encode())))
            connection.endheaders(body.encode() if body is not None else None)
            response = connection.getresponse()
            sent = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, sent, response.read().decode())
        finally:
            connection.close()

    def get(self, path: str, **headers: str) -> Answer:
        """The page, asked for by whoever has the session."""
        return self.ask(path, **{"Cookie": self.cookie, **headers})

    def post(self, path: str, fields: Mapping[str, str], **headers: str) -> Answer:
        """What a browser gets that sends a form of our own page."""
        form = {"Content-Type": "application/x-www-form-urlencoded", "Origin": self.origin, "Cookie": self.cookie}
        return self.ask(path, method="POST", body=urlencode(fields), **(form | headers))

    def enter(self, token: str = TOKEN) -> Answer:
        """Sign in with the one-time token, and keep the session."""
        answer = self.ask(f"/enter?token={token}")
        self.cookie = answer.headers.get("set-cookie", "").partition(";")[0]
        return answer

    @contextmanager
    def keep(self) -> Iterator[Keep]:
        """The installation, opened beside the console as another process would."""
        with Keep.open(self.settings) as keep:
            yield keep

    def add_key(self, *roles: str, tenant: str = "main", routes: Sequence[str] = ()) -> str:
        """The secret of a new API key."""
        with self.keep() as keep:
            return Keys(keep.state).add("tests", tenant=tenant, roles=roles, routes=routes)


@contextmanager
def served(data: Path, records: Sequence[Record] = (), *, send_buffer: int = 0, **console: Any) -> Iterator[House]:
    """A console on a new installation that holds these records."""
    settings = Settings(data=data, console=type(Settings().console)(**console))
    with Keep.open(settings) as keep:
        keep.append(list(records))
    listener = socket.create_server(("127.0.0.1", 0), backlog=64)
    if send_buffer:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, send_buffer)
    port = listener.getsockname()[1]
    ready = Flag()
    stops: list[Callable[[], object]] = []
    thread = Thread(
        target=run,
        args=(settings, listener.detach(), f"http://127.0.0.1:{port}", TOKEN),
        kwargs={"restarts": 0, "ready": ready.set, "on_stop": stops.append},
    )
    thread.start()
    assert ready.wait(START_S)
    try:
        yield House(settings, port)
    finally:
        stops[0]()
        thread.join(START_S)
        assert not thread.is_alive()
