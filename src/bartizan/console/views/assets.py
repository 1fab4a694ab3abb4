"""What is protected: the assets, and one asset with its lineage, findings and latest records."""

from bartizan.console.reads import Wanted
from bartizan.console.site import Ask, Shown
from bartizan.kernel import Asset

MAX_ROWS = 200
LATEST = 30


def show(ask: Ask) -> Shown:
    """The assets whose name holds the text that was asked for."""
    text = ask.query.get("text", "")
    rows = ask.reads.views.assets(ask.tenant, text=text, limit=MAX_ROWS)
    return Shown("assets.html", {"assets": rows, "text": text, "limit": MAX_ROWS})


def detail(ask: Ask) -> Shown:
    """One asset, whatever its content."""
    thing = str(Asset.parse(ask.query.get("name", "")).thing)
    views = ask.reads.views
    facts = {
        "asset": thing,
        "findings": views.findings(ask.tenant, status="", severity="", text=thing, limit=MAX_ROWS),
        "lineage": views.lineage(ask.tenant, thing),
        "latest": ask.reads.latest(Wanted(asset=thing, tenant=ask.tenant), LATEST),
    }
    return Shown("asset.html", facts, title=thing)
