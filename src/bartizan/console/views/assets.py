"""What is protected: the assets, and one asset with its lineage, findings and latest records."""

from collections import Counter

from bartizan.console.reads import MAX_FINDINGS, Wanted
from bartizan.console.site import Ask, Shown
from bartizan.kernel import Asset

MAX_ROWS = 200
LATEST = 30


def show(ask: Ask) -> Shown:
    """The assets whose name holds the text that was asked for."""
    text = ask.query.get("text", "")
    rows = [row for row in ask.reads.state.assets(tenant=ask.tenant) if text.casefold() in row.thing.casefold()]
    exposed: dict[str, Counter[str]] = {}
    for known in ask.reads.findings(ask.tenant, status="open", limit=MAX_FINDINGS):
        exposed.setdefault(thing_of(known.asset), Counter())[str(known.finding.severity)] += 1
    facts = {"assets": rows[:MAX_ROWS], "exposed": exposed, "text": text, "limit": MAX_ROWS}
    return Shown("assets.html", facts)


def detail(ask: Ask) -> Shown:
    """One asset, whatever its content."""
    asset = Asset.parse(ask.query.get("name", ""))
    thing, state = str(asset.thing), ask.reads.state
    parents = state.links(thing, "parents", tenant=ask.tenant)
    children = state.links(thing, "children", tenant=ask.tenant)
    facts = {
        "asset": thing,
        "known": state.asset(asset, tenant=ask.tenant),
        "findings": state.findings(tenant=ask.tenant, asset=asset, limit=MAX_ROWS),
        "lineage": [(link.parent, link.relation, link.child) for link in (*parents, *children)],
        "latest": ask.reads.latest(Wanted(asset=thing, tenant=ask.scope), LATEST),
    }
    return Shown("asset.html", facts, title=thing)


def thing_of(asset: str) -> str:
    """An asset's name, whatever its content."""
    return str(Asset.parse(asset).thing)
