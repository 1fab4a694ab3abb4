"""The chores of an installation: what the runner does on timers, each recorded by whoever does it."""

from collections.abc import Callable
from datetime import timedelta

from bartizan.kernel import AnyBody, Context, Event, Finding, Severity, Stamp
from bartizan.ledger.archive import archive
from bartizan.ledger.retain import Rule, retain
from bartizan.runner.canary import Installed, canary
from bartizan.runner.keep import Keep
from bartizan.runner.schedule import Job
from bartizan.runner.settings import LedgerSettings

GIB = 1 << 30
Say = Callable[[AnyBody], object]


def chores(keep: Keep, actor: str, say: Say) -> list[Job]:
    """The jobs of this installation: controls are tried, closed segments packed, and old ones let go."""
    settings = keep.settings
    jobs = [
        Job("canaries", settings.runner.canary_every_minutes * 60, lambda: try_controls(keep, actor, say)),
        Job("archive", settings.runner.archive_every_minutes * 60, lambda: pack(keep, say)),
    ]
    if rule := retention(settings.ledger):
        stamp = Stamp(tenant=settings.tenant, actor=actor)
        every_seconds = settings.runner.archive_every_minutes * 60
        jobs.append(Job("retain", every_seconds, lambda: retain(keep.ledger, rule, stamp=stamp)))
    return jobs


def try_controls(keep: Keep, actor: str, say: Say) -> None:
    """Try every control on its canary and its quiet twin."""
    for control in keep.registry:
        keep.look([canary], Installed(control), Context(tenant=keep.settings.tenant), actor=actor)
    for lost in keep.registry.unloadable:
        say(Event("control.unloadable", {"entry": lost.entry, "reason": lost.reason}))


def pack(keep: Keep, say: Say) -> None:
    """Pack the closed segments and view them as Parquet; what is refused is a finding, for it may be tampered with."""
    done = archive(keep.ledger.folder)
    for reason in done.refused:
        say(Finding("ledger.unpackable", Severity.HIGH, reason, fix="Run: bartizan ledger verify", evidence=reason))
    if done.packed:
        say(Event("ledger.packed", {"segments": len(done.packed)}))


def retention(settings: LedgerSettings) -> Rule | None:
    """What the settings say of how much history is kept; None if all of it."""
    if not settings.retain_days and not settings.retain_gib:
        return None
    keep = timedelta(days=settings.retain_days) if settings.retain_days else None
    return Rule(keep=keep, max_bytes=int(settings.retain_gib * GIB) or None)
