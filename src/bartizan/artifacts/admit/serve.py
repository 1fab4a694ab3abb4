"""The webhook's server: reviews over HTTPS, each answered in time and in form."""

import asyncio
import socket
import ssl
from pathlib import Path
from typing import Any

import anyio
import msgspec
import uvicorn
from anyio.to_thread import run_sync
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from bartizan.artifacts.admit.kubernetes import MAX_BODY_BYTES, Asked, Decide, Unnamed, answer, parse, refusal
from bartizan.kernel import BartizanError, HostileInput, UsageError

DECIDE_SECONDS = 8.0
"""Below the 10 seconds that a webhook has by default, so that the reason arrives."""
MAX_CONNECTIONS = 128
MAX_DECISIONS = 8
BACKLOG = 64
KEEP_ALIVE_SECONDS = 30
END_SECONDS = 5


def app(decide: Decide, *, seconds: float = DECIDE_SECONDS) -> Starlette:
    """POST /admit refuses workloads that do not say which models they use, POST /admit/named lets them pass."""
    decisions = anyio.CapacityLimiter(MAX_DECISIONS)

    async def judge(request: Request, unnamed: Unnamed) -> Response:
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
            return PlainTextResponse("A review is application/json.\n", 415)
        body = await _body(request)
        if body is None:
            return PlainTextResponse(f"A review has at most {MAX_BODY_BYTES:,} bytes.\n", 413)
        try:
            asked = parse(body)
        except HostileInput as error:
            return PlainTextResponse(f"{error}\n", 400)
        said = await _in_time(asked, decide, unnamed, decisions, seconds)
        return Response(msgspec.json.encode(said), media_type="application/json")

    async def strict(request: Request) -> Response:
        return await judge(request, "deny")

    async def named(request: Request) -> Response:
        return await judge(request, "allow")

    async def health(_: Request) -> Response:
        return PlainTextResponse("ok\n")

    return Starlette(
        routes=[
            Route("/admit", strict, methods=["POST"]),
            Route("/admit/named", named, methods=["POST"]),
            Route("/healthz", health, methods=["GET"]),
        ]
    )


def bound(host: str, port: int) -> socket.socket:
    """A socket that listens there."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), backlog=BACKLOG, family=family)
    except OSError as error:
        raise BartizanError(f"the address cannot be listened on: {error.strerror}", where=f"{host}:{port}") from None
    # Inherited by each connection. Without it the body of an answer waits 40 ms for the client to confirm its head.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


def server(app: Starlette, tls: ssl.SSLContext, protocol: type[asyncio.Protocol]) -> uvicorn.Server:
    """uvicorn with limits; run it on a bound socket. `protocol` bounds heads, and how long a request may take."""
    config = uvicorn.Config(
        app,
        http=protocol,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        limit_concurrency=MAX_CONNECTIONS,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=END_SECONDS,
    )
    config.load()
    config.ssl = tls
    return uvicorn.Server(config)


def tls_context(certificate: Path, key: Path, clients: Path | None = None) -> ssl.SSLContext:
    """TLS 1.2 and later with this certificate, which may be renewed in place; `clients` vouch for whoever may call."""
    loaded = _context(certificate, key, clients)
    seen = _written(certificate, key)

    def renewed(connection: ssl.SSLObject, _name: str | None, first: ssl.SSLContext) -> None:
        """Put a renewed certificate in the place of the old one; one that cannot be read yet is left for later."""
        nonlocal loaded, seen
        try:
            if (written := _written(certificate, key)) != seen:
                loaded, seen = _context(certificate, key, clients), written
        except UsageError:
            pass
        if loaded is not first:
            connection.context = loaded

    loaded.sni_callback = renewed
    return loaded


def _context(certificate: Path, key: Path, clients: Path | None) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(certificate, key)
        if clients is not None:
            context.load_verify_locations(clients)
            context.verify_mode = ssl.CERT_REQUIRED
    except ssl.SSLError as error:
        files = ", ".join(str(path) for path in (certificate, key, clients) if path is not None)
        why = f": {error.reason}" if error.reason else ""
        raise UsageError(f"these are no PEM certificates with their key{why}", where=files) from None
    except OSError as error:
        files = ", ".join(str(path) for path in (certificate, key, clients) if path is not None)
        raise UsageError(f"one of the TLS files cannot be read: {error.strerror}", where=files) from None
    return context


def _written(*paths: Path) -> tuple[int, ...]:
    try:
        return tuple(path.stat().st_mtime_ns for path in paths)
    except OSError as error:
        raise UsageError(f"the certificate cannot be read: {error.strerror}", where=error.filename) from None


async def _body(request: Request) -> bytes | None:
    """The body, None if it is too long."""
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > MAX_BODY_BYTES:
            return None
    return bytes(body)


async def _in_time(
    asked: Asked, decide: Decide, unnamed: Unnamed, decisions: anyio.CapacityLimiter, seconds: float
) -> dict[str, Any]:
    """The answer, which is a no if it does not come in time."""
    try:
        with anyio.fail_after(seconds):
            return await run_sync(
                lambda: answer(asked, decide, unnamed=unnamed), limiter=decisions, abandon_on_cancel=True
            )
    except TimeoutError:
        return refusal(asked.uid, f"the gate could not decide within {seconds:g} seconds")
