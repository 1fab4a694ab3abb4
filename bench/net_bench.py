"""What a request costs the client, beside Python's own http.client on the same server."""

import asyncio
import subprocess
import sys
import time
from collections.abc import Callable
from http.client import HTTPConnection
from statistics import median
from urllib.parse import urlsplit

import uvloop

from bartizan.net import Client

REQUESTS = 3_000
ROUNDS = 5
BODY_BYTES = 1_024

STUB = f"""
import asyncio, uvloop
ANSWER = b"HTTP/1.1 200 OK\\r\\ncontent-length: {BODY_BYTES}\\r\\n\\r\\n" + b"x" * {BODY_BYTES}
class Stub(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport = transport
    def data_received(self, data):
        self.transport.write(ANSWER)
async def main():
    server = await asyncio.get_running_loop().create_server(Stub, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()
uvloop.run(main())
"""


def run() -> str:
    with subprocess.Popen([sys.executable, "-c", STUB], stdout=subprocess.PIPE, text=True) as stub:
        try:
            url = f"http://127.0.0.1:{(stub.stdout or sys.stdin).readline().strip()}/"
            rows = "".join(
                f"| {way} | {_cpu_us(work, url):,.0f} |\n"
                for way, work in (
                    ("Client, asyncio", lambda url: asyncio.run(_ask(url))),
                    ("Client, uvloop", lambda url: uvloop.run(_ask(url))),
                    ("http.client, blocking, neither limits nor deadlines for the whole", _ask_stdlib),
                )
            )
        finally:
            stub.terminate()
    return f"""## net

CPU of the client for a GET of {BODY_BYTES:,} bytes over a kept connection, one after the other;
{REQUESTS:,} requests, median of {ROUNDS} rounds.

| client | us per request |
|---|---|
{rows}"""


def _cpu_us(work: Callable[[str], None], url: str) -> float:
    times = []
    for _ in range(ROUNDS):
        began = time.process_time()
        work(url)
        times.append((time.process_time() - began) / REQUESTS * 1e6)
    return median(times)


async def _ask(url: str) -> None:
    async with Client() as client:
        for _ in range(REQUESTS):
            answer = await client.request("GET", url)
            assert len(answer.body) == BODY_BYTES


def _ask_stdlib(url: str) -> None:
    connection = HTTPConnection(urlsplit(url).netloc)
    for _ in range(REQUESTS):
        connection.request("GET", "/")
        assert len(connection.getresponse().read()) == BODY_BYTES
    connection.close()
