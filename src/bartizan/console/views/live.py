"""The page that shows records as they come. What streams to it is in `console/feed.py`."""

from bartizan.console.entry import KINDS
from bartizan.console.reads import Wanted
from bartizan.console.site import Ask, Shown

LATEST = 60


def show(ask: Ask) -> Shown:
    """The latest records; with JavaScript new ones appear by themselves, without it the page reloads."""
    kind = ask.choice("kind", KINDS)
    entries = ask.reads.latest(Wanted(kind=kind, tenant=ask.scope), LATEST)
    return Shown("live.html", {"entries": entries, "kind": kind}, {"kinds": KINDS})
