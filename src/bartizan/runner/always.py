"""The runner as it runs always: its chores on timers, until it is told to stop."""

from collections.abc import Callable

from bartizan import __version__
from bartizan.kernel import AnyBody, Event, Stamp
from bartizan.runner.chores import chores
from bartizan.runner.keep import Keep
from bartizan.runner.schedule import Job, Schedule
from bartizan.runner.settings import Settings

ITSELF = "service:runner"


def always(
    settings: Settings,
    *,
    restarts: int,
    ready: Callable[[], object],
    on_stop: Callable[[Callable[[], object]], object],
) -> None:
    """Do the chores of the installation, at once and then every so often."""
    with Keep.open(settings) as keep:
        stamp = Stamp(tenant=settings.tenant, actor=ITSELF)

        def say(body: AnyBody) -> None:
            keep.append([stamp(body)])

        def failed(job: Job, error: Exception) -> None:
            reason = " ".join(f"{type(error).__name__}: {error}".split())[:1000]
            say(Event("runner.job-failed", {"job": job.name, "reason": reason}))

        schedule = Schedule(chores(keep, ITSELF, say), failed=failed)
        on_stop(schedule.stop)
        say(Event("runner.started", {"version": __version__, "restarts": restarts}))
        ready()
        schedule.run()
        say(Event("runner.stopped", {}))
