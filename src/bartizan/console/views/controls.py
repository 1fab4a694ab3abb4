"""Which controls work: what each did with its canary and its quiet twin."""

from bartizan.console.site import Ask, Shown


def show(ask: Ask) -> Shown:
    """Each installed control with the result of its last trial."""
    trials = ask.reads.trials()
    counts = {name: sum(trial.standing == name for trial in trials) for name in ("broken", "unknown", "sound")}
    return Shown("controls.html", {"trials": trials, "counts": counts})
