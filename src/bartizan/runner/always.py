"""The runner as it runs always: its timers, until it is told to stop."""

from collections.abc import Callable

from bartizan import __version__
from bartizan.kernel import AnyBody, Context, Event, Stamp
from bartizan.runner.canary import Installed, canary
from bartizan.runner.keep import Keep
from bartizan.runner.run import run
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
    """Run the timers: every control tried on its canary and quiet twin, at once and then every so often."""
    with Keep.open(settings) as keep:
        stamp = Stamp(tenant=settings.tenant, actor=ITSELF)

        def say(body: AnyBody) -> None:
            keep.append([stamp(body)])

        def try_controls() -> None:
            ctx = Context(tenant=settings.tenant)
            for control in keep.registry:
                run([canary], Installed(control), ctx, append=keep.append, actor=ITSELF)
            for lost in keep.registry.unloadable:
                say(Event("control.unloadable", {"entry": lost.entry, "reason": lost.reason}))

        def failed(job: Job, error: Exception) -> None:
            reason = " ".join(f"{type(error).__name__}: {error}".split())[:1000]
            say(Event("runner.job-failed", {"job": job.name, "reason": reason}))

        schedule = Schedule(
            [Job("canaries", settings.runner.canary_every_minutes * 60, try_controls)],
            failed=failed,
        )
        on_stop(schedule.stop)
        say(Event("runner.started", {"version": __version__, "restarts": restarts}))
        ready()
        schedule.run()
        say(Event("runner.stopped", {}))
