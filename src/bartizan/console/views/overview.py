"""The first page: what is broken, what is exposed, what was recorded lately."""

from collections.abc import Sequence

from markupsafe import Markup

from bartizan.console import charts
from bartizan.console.entry import KINDS
from bartizan.console.reads import Hour, Wanted
from bartizan.console.site import Ask, Shown
from bartizan.kernel import Severity

HOURS = 48
LATEST = 12
SEVERITIES = tuple(str(level) for level in reversed(Severity))


def show(ask: Ask) -> Shown:
    """Everything at one glance."""
    reads, scope = ask.reads, ask.scope
    history = reads.history(scope, until=ask.now(), hours=HOURS)
    hours = history.hours
    trials = reads.trials()
    exposed = reads.exposure(ask.tenant)
    facts = {
        "records": history.total,
        "hours": hours,
        "open_findings": exposed,
        "worst": next((name for name, number in exposed.items() if number), ""),
        "broken": [trial for trial in trials if trial.standing == "broken"],
        "unknown": [trial for trial in trials if trial.standing == "unknown"],
        "controls": len(trials),
        "latest": reads.latest(Wanted(tenant=scope), LATEST),
        "worst_findings": reads.findings(ask.tenant, status="open", limit=6),
    }
    drawn = {
        "chart": _chart(hours),
        "share": charts.share_bar(list(exposed.items()), title="Open findings by severity"),
        "kinds": [(kind, sum(hour.kinds.get(kind, 0) for hour in hours)) for kind in KINDS],
        "span_hours": HOURS,
        "peak": max(sum(hour.kinds.values()) for hour in hours),
        "ticks": [f"{hour.start:%H:00}" for hour in hours[:: HOURS // 8]] + ["now"],
    }
    return Shown("overview.html", facts, drawn)


def _chart(hours: Sequence[Hour]) -> Markup:
    bars = [(f"{hour.start:%d %b %H:00}", hour.kinds) for hour in hours]
    return charts.stacked_bars(bars, KINDS, title=f"Records an hour over the last {len(hours)} hours")
