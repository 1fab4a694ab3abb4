"""The console as one ASGI application: pages behind the border, the way in and out, the stream, the static files."""

import hashlib
import sys
import traceback
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Literal, Protocol, TypeAlias
from urllib.parse import parse_qsl

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import RedirectResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import ASGIApp

from bartizan.console.border import Border, carries_csrf
from bartizan.console.feed import Feed
from bartizan.console.pages import PAGES, Page
from bartizan.console.reads import Reads
from bartizan.console.render import Renderer, wants_json
from bartizan.console.sessions import Sessions, Visitor
from bartizan.console.site import Ask, Desk, Go, Shown
from bartizan.kernel import BartizanError, Event, HostileInput, UsageError
from bartizan.text import visible

MAX_FORM_BYTES = 64 * 1024
MAX_FORM_FIELDS = 50
STATIC = {"console.css": "text/css", "console.js": "text/javascript", "mark.svg": "image/svg+xml"}
Endpoint: TypeAlias = Callable[[Request], Awaitable[Response]]
FOLDER = Path(__file__).parent / "static"


class Gate(Protocol):
    """Who may do what: the policy."""

    def allows(self, visitor: Visitor, action: Literal["read", "administer"], path: str) -> bool: ...


@dataclass(frozen=True, slots=True)
class Console:
    """Everything that the pages stand on."""

    reads: Reads
    desk: Desk
    gate: Gate
    sessions: Sessions
    origin: str
    """The address at which this console answers, such as http://127.0.0.1:8420."""
    also: frozenset[str] = frozenset()
    """Other addresses that lead here: names of loopback, a TLS proxy in front."""
    feed: Feed = field(default_factory=Feed)

    @property
    def origins(self) -> frozenset[str]:
        return self.also | {self.origin}

    @property
    def secure(self) -> bool:
        """True if browsers see these pages over TLS."""
        return any(origin.startswith("https:") for origin in self.origins)

    @property
    def cookie(self) -> str:
        """The name of the session cookie. It names the port, because browsers send cookies to every port of a host."""
        name = f"bartizan-{self.origin.rpartition(':')[2]}"
        return f"__Host-{name}" if self.secure else name


def build(console: Console) -> ASGIApp:
    """The application."""
    static = {name: (FOLDER / name).read_bytes() for name in STATIC}
    renderer = Renderer({name: hashlib.sha256(content).hexdigest()[:12] for name, content in static.items()})
    house = _House(console, renderer)
    routes = [
        Route("/enter", house.whole(house.enter), methods=["GET", "POST"]),
        Route("/leave", house.whole(house.leave), methods=["POST"]),
        Route("/live/stream", house.whole(house.stream)),
        *(Route(f"/static/{name}", _static(static[name], kind)) for name, kind in STATIC.items()),
        *(
            Route(page.path, house.whole(partial(house.page, page)), methods=[page.method], name=page.path)
            for page in PAGES
        ),
    ]
    border = Middleware(Border, console.sessions, console.origins, console.cookie)
    return Starlette(routes=routes, middleware=[border], exception_handlers={HTTPException: house.http_problem})


class _House:
    """The endpoints."""

    def __init__(self, console: Console, renderer: Renderer) -> None:
        self.console = console
        self.renderer = renderer

    async def page(self, page: Page, request: Request) -> Response:
        """Answer with a page, if the policy allows this visitor to ask for it."""
        visitor: Visitor | None = request.scope["visitor"]
        if visitor is None:
            return self._who_are_you(request)
        if not await run_in_threadpool(self.console.gate.allows, visitor, page.action, request.url.path):
            return self._problem(request, 403, "Your roles do not allow this.", visitor)
        try:
            form = await _form(request) if page.method == "POST" else {}
            if page.method == "POST" and not carries_csrf(visitor, form.get("csrf", "")):
                return self._problem(request, 403, "This form is not from your session. Load the page again.", visitor)
            asked = Ask(
                visitor, self.console.reads, self.console.desk, request.path_params, dict(request.query_params), form
            )
            answer = await run_in_threadpool(page.handler, asked)
        except LookupError as error:
            return self._problem(request, 404, str(error.args[0]) if error.args else "It is not there.", visitor)
        except (UsageError, HostileInput) as error:
            return self._problem(request, 400, str(error), visitor)
        except BartizanError as error:
            return self._problem(request, 503, str(error), visitor)
        if isinstance(answer, Go):
            return RedirectResponse(answer.to, 303)
        return self.renderer.answer(request, answer, page=page, visitor=visitor)

    async def enter(self, request: Request) -> Response:
        """Open a session for the one-time token of the start, or for an API key."""
        sessions = self.console.sessions
        try:
            form = await _form(request) if request.method == "POST" else {}
        except HostileInput as error:
            return self._problem(request, 400, str(error), None)
        token, key = request.query_params.get("token", ""), form.get("key", "")
        if not token and not key:
            return self.renderer.answer(request, Shown("enter.html", {"refused": ""}, title="Sign in"))
        cookie = sessions.redeem(token) if token else await run_in_threadpool(sessions.enter, key.strip())
        if cookie is None:
            if sessions.worth_noting:
                await run_in_threadpool(self.console.desk.note, Event("console.refused"), "service:console")
            why = (
                "This link was used before, or is from an earlier start." if token else "No living key looks like this."
            )
            return self.renderer.answer(request, Shown("enter.html", {"refused": why}, title="Sign in", status=403))
        visitor = sessions.visitor(cookie)
        await run_in_threadpool(self.console.desk.note, Event("console.entered"), visitor.actor if visitor else "")
        # Not a redirect: a SameSite=Strict cookie is not sent along one that began on another site.
        response = self.renderer.answer(request, Shown("entered.html", {}, title="Welcome"))
        response.set_cookie(
            self.console.cookie, cookie, path="/", httponly=True, samesite="strict", secure=self.console.secure
        )
        return response

    async def leave(self, request: Request) -> Response:
        """End the session."""
        visitor: Visitor | None = request.scope["visitor"]
        if visitor is None:
            return self._who_are_you(request)
        try:
            form = await _form(request)
        except HostileInput as error:
            return self._problem(request, 400, str(error), visitor)
        if not carries_csrf(visitor, form.get("csrf", "")):
            return self._problem(request, 403, "This form is not from your session. Load the page again.", visitor)
        self.console.sessions.end(request.scope["cookie"])
        response = RedirectResponse("/enter", 303)
        response.delete_cookie(
            self.console.cookie, path="/", httponly=True, samesite="strict", secure=self.console.secure
        )
        return response

    async def stream(self, request: Request) -> Response:
        """Records as they come, as Server-Sent Events."""
        visitor: Visitor | None = request.scope["visitor"]
        if visitor is None:
            return self._who_are_you(request)
        if not await run_in_threadpool(self.console.gate.allows, visitor, "read", request.url.path):
            return self._problem(request, 403, "Your roles do not allow this.", visitor)
        if self.console.feed.full(visitor.actor):
            return Response("Too many streams are open.\n", 503, {"retry-after": "10"}, "text/plain")
        last = request.headers.get("last-event-id", "")
        after = int(last) if last.isdecimal() and len(last) < 16 else None
        cookie: str = request.scope["cookie"]
        alive = partial(self.console.sessions.lives, visitor, cookie)
        tenant = None if visitor.everywhere else visitor.tenant
        events = self.console.feed.listen(visitor.actor, tenant, after=after, alive=partial(run_in_threadpool, alive))
        return StreamingResponse(events, media_type="text/event-stream", headers={"x-accel-buffering": "no"})

    async def http_problem(self, request: Request, error: Exception) -> Response:
        """What Starlette's router refuses: no such page, no such method."""
        status = error.status_code if isinstance(error, HTTPException) else 500
        said = {404: "There is no such page.", 405: "This page is not asked for in this way."}
        return self._problem(request, status, said.get(status, "This cannot be done."), request.scope["visitor"])

    def whole(self, endpoint: Endpoint) -> Endpoint:
        """The endpoint, where a fault of ours is an answer too; its details go to the terminal, not to the browser."""

        async def answer(request: Request) -> Response:
            try:
                return await endpoint(request)
            except HTTPException:
                raise
            except Exception as error:
                sys.stderr.write(visible("".join(traceback.format_exception(error, limit=-4)), keep="\n"))
                what = "Bartizan made a mistake. The terminal says more."
                return self._problem(request, 500, what, request.scope["visitor"])

        return answer

    def _who_are_you(self, request: Request) -> Response:
        if wants_json(request) or request.method != "GET" or request.url.path == "/live/stream":
            return self._problem(request, 401, "Sign in first, or send an API key as a bearer token.", None)
        return RedirectResponse("/enter", 303)

    def _problem(self, request: Request, status: int, what: str, visitor: Visitor | None) -> Response:
        shown = Shown("problem.html", {"error": what, "status": status}, title="Problem", status=status)
        return self.renderer.answer(request, shown, visitor=visitor)


async def _form(request: Request) -> Mapping[str, str]:
    """The fields of a form, read under a bound."""
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/x-www-form-urlencoded":
        raise HostileInput("a form is sent as application/x-www-form-urlencoded")
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > MAX_FORM_BYTES:
                raise HostileInput(f"a form has at most {MAX_FORM_BYTES:,} bytes")
        fields = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=MAX_FORM_FIELDS, errors="strict")
    except (ValueError, ClientDisconnect) as error:
        raise HostileInput("the form cannot be read") from error
    if len(dict(fields)) != len(fields):
        raise HostileInput("a field of the form was sent twice")
    return dict(fields)


def _static(content: bytes, kind: str) -> Endpoint:
    async def serve(request: Request) -> Response:  # noqa: ARG001 (Starlette's shape)
        # The address holds the digest of the content, so it never goes stale.
        return Response(content, media_type=kind, headers={"cache-control": "public, max-age=31536000, immutable"})

    return serve
