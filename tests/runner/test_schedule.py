from collections.abc import Callable

from bartizan.runner import Job, Schedule


class Clock:
    """A clock that a job moves on; the schedule itself never has to wait."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_jobs_run_in_turn_and_skip_the_times_they_missed() -> None:
    clock, ran = Clock(), []

    def note(name: str, takes: float) -> Callable[[], None]:
        def do() -> None:
            ran.append((name, clock.now))
            clock.now += takes
            if clock.now >= 50:
                schedule.stop()

        return do

    schedule = Schedule(
        [Job("often", 10, note("often", 10)), Job("rare", 30, note("rare", 10))], failed=lambda job, error: None
    )
    schedule.run(clock)
    assert ran == [("often", 0), ("rare", 10), ("often", 20), ("rare", 30), ("often", 40)]


def test_a_job_that_fails_is_reported_and_tried_again() -> None:
    failures: list[tuple[str, str]] = []

    def report(job: Job, error: Exception) -> None:
        failures.append((job.name, str(error)))
        if len(failures) == 3:
            schedule.stop()

    def fail() -> None:
        raise ValueError("no luck")

    schedule = Schedule([Job("unlucky", 0.001, fail)], failed=report)
    schedule.run()
    assert failures == [("unlucky", "no luck")] * 3


def test_a_schedule_without_jobs_ends_at_once() -> None:
    Schedule([], failed=lambda job, error: None).run()


def test_a_stopped_schedule_starts_no_job() -> None:
    schedule = Schedule([Job("never", 1, lambda: ran.append(1))], failed=lambda job, error: None)
    ran: list[int] = []
    schedule.stop()
    schedule.run()
    assert ran == []
