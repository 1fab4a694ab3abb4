"""Every page of the console. A room adds its pages here, in one line each."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from bartizan.console.site import Answer, Ask
from bartizan.console.views import assets, controls, findings, live, overview, record, search


@dataclass(frozen=True, slots=True)
class Page:
    """An address, what it is called, who may ask for it, and the function that answers."""

    path: str
    title: str
    handler: Callable[[Ask], Answer]
    action: Literal["read", "administer"] = "read"
    """The action that the policy must allow the visitor."""
    method: Literal["GET", "POST"] = "GET"
    menu: bool = True
    """Stands in the menu; a page about one thing does not."""


PAGES = [
    Page("/", "Overview", overview.show),
    Page("/live", "Live", live.show),
    Page("/controls", "Controls", controls.show),
    Page("/findings", "Findings", findings.show),
    Page("/findings/{fingerprint}", "Finding", findings.detail, menu=False),
    Page("/findings/{fingerprint}/accept", "Accept", findings.accept, "administer", "POST", menu=False),
    Page("/assets", "Assets", assets.show),
    Page("/asset", "Asset", assets.detail, menu=False),
    Page("/search", "Search", search.show),
    Page("/search/sql", "SQL", search.sql, "administer", menu=False),
    Page("/search/sql", "SQL", search.answer, "administer", "POST", menu=False),
    Page("/records/{id}", "Record", record.show, menu=False),
]
