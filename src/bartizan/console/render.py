"""Turns what a page shows into HTML or JSON. Whatever comes from records is escaped, and hidden characters shown."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import jinja2
import msgspec
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from bartizan import __version__
from bartizan.console.sessions import Visitor
from bartizan.console.site import Shown
from bartizan.text import visible

if TYPE_CHECKING:
    from bartizan.console.pages import Page


def wants_json(request: Request) -> bool:
    """True if whoever asks is a program."""
    accept = request.headers.get("accept", "")
    return (
        request.query_params.get("format") == "json"
        or ("authorization" in request.headers and "text/html" not in accept)
        or accept.startswith("application/json")
    )


class Renderer:
    """The templates, and the one place that knows how to fill them."""

    def __init__(self, digests: Mapping[str, str]) -> None:
        self._templates = jinja2.Environment(
            loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
            autoescape=True,
            finalize=_shown,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.filters |= {
            "ago": _ago,
            "clock": _clock,
            "stamp": _stamp,
            "short": _short,
            "thousands": _thousands,
            "link": _link,
        }
        self._templates.globals |= {
            "version": __version__,
            "static": {n: f"/static/{n}?{d}" for n, d in digests.items()},
        }

    def answer(
        self, request: Request, shown: Shown, *, page: "Page | None" = None, visitor: Visitor | None = None
    ) -> Response:
        """The page in the form that was asked for."""
        if wants_json(request):
            content = msgspec.json.encode(shown.facts, enc_hook=str)
            return Response(content, shown.status, media_type="application/json")
        from bartizan.console.pages import PAGES

        html = self._templates.get_template(shown.template).render(
            **shown.facts,
            **shown.drawn,
            title=shown.title or (page.title if page else ""),
            menu=[page for page in PAGES if page.menu],
            here="/" + request.url.path.split("/")[1],
            visitor=visitor,
            now=datetime.now(UTC),
        )
        return HTMLResponse(html, shown.status, {"vary": "accept, authorization"})


def _shown(value: Any) -> Any:
    """What every expression of every template passes through before it is escaped."""
    if isinstance(value, Markup):
        return value
    return "" if value is None else visible(value, keep="\n\t")


def _stamp(at: datetime) -> Markup:
    return Markup('<time datetime="{}">{}</time>').format(at.isoformat(), f"{at:%Y-%m-%d %H:%M:%S}")


def _ago(at: datetime | None, now: datetime) -> Markup | str:
    if at is None:
        return "never"
    seconds = (now - at).total_seconds()
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= size:
            return _time(at, f"{int(seconds // size)} {unit} ago")
    return _time(at, "just now" if seconds < 5 else f"{int(seconds)} s ago")


def _clock(at: datetime, now: datetime) -> Markup:
    """The time of day, with the date if it is another one."""
    return _time(at, f"{at:%H:%M:%S}" if at.date() == now.date() else f"{at:%d %b %H:%M}")


def _time(at: datetime, said: str) -> Markup:
    whole = f"{at:%Y-%m-%d %H:%M:%S} UTC"
    return Markup('<time datetime="{}" title="{}">{}</time>').format(at.isoformat(), whole, said)


def _short(text: str, length: int = 48) -> str:
    """The text with its middle left out if it is long: both ends tell assets apart."""
    if len(text) <= length:
        return text
    return f"{text[: length * 2 // 3]}…{text[-length // 3 + 1 :]}"


def _thousands(number: int) -> str:
    return f"{number:,}"


def _link(path: str, **query: str | date) -> str:
    return f"{path}?{urlencode(query)}"
