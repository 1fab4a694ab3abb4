"""Canaries: a control that must catch what it was made to catch, and leave the innocent neighbour alone."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from bartizan.kernel import Asset, Context, Control, Finding, Severity, alarmed, control


@dataclass(frozen=True, slots=True)
class Installed:
    """A control as a subject: something that protects is itself something to protect."""

    control: Control[Any]

    @property
    def asset(self) -> Asset:
        return Asset("control", self.control.id)


@dataclass(frozen=True, slots=True)
class Trial:
    """What a control did with its canary and with its quiet twin."""

    control: str
    caught: bool
    left_alone: bool
    error: str = ""
    """Why one of the two could not be tried."""

    @property
    def sound(self) -> bool:
        return self.caught and self.left_alone and not self.error


def exercise(subject: Control[Any], ctx: Context | None = None) -> Trial:
    """Run a control on its canary and on its quiet twin."""
    ctx = ctx or Context()
    try:
        caught = alarmed(subject(subject.canary(), ctx))
        left_alone = not alarmed(subject(subject.quiet(), ctx))
    except Exception as error:  # whatever breaks a control, it is broken
        return Trial(subject.id, False, False, " ".join(f"{type(error).__name__}: {error}".split()))
    return Trial(subject.id, caught, left_alone)


def _smoke(look: Any) -> Installed:
    """A small control that looks for smoke in an asset's name."""

    @dataclass(frozen=True, slots=True)
    class Room:
        asset: Asset

    made = control(
        "runner.smoke",
        on=Room,
        counters=[],
        canary=lambda: Room(Asset("room", "smoke")),
        quiet=lambda: Room(Asset("room", "air")),
    )(look)
    return Installed(made)


def _blind(subject: Any, ctx: Context) -> Iterator[Finding]:  # noqa: ARG001
    yield from ()


def _seeing(subject: Any, ctx: Context) -> Iterator[Finding]:  # noqa: ARG001
    if subject.asset.name == "smoke":
        yield Finding("runner.smoke", Severity.LOW, "there is smoke")


@control(
    "runner.canary",
    on=Installed,
    counters=["defence-failure"],
    canary=lambda: _smoke(_blind),
    quiet=lambda: _smoke(_seeing),
)
def canary(installed: Installed, ctx: Context) -> Iterator[Finding]:
    """Finds controls that miss their canary or alarm on its quiet twin."""
    trial = exercise(installed.control, ctx)
    if trial.sound:
        return
    if trial.error:
        message = f"cannot be tried: {trial.error}"
    else:
        message = "misses its canary" if not trial.caught else "alarms on its quiet twin"
    yield Finding(
        "control.broken",
        Severity.HIGH,
        f"{trial.control} {message}",
        threats=canary.counters,
        fix="Do not rely on this control until it is mended or reinstalled.",
    )
