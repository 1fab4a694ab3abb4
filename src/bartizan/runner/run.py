"""Runs controls on a subject: stamps what they yield, isolates what fails, hands every record to the ledger."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from bartizan.kernel import (
    BartizanError,
    Context,
    Control,
    Event,
    Finding,
    HostileInput,
    OutOfBudget,
    Record,
    Stamp,
    Subject,
    encode,
)
from bartizan.kernel.record import AnyBody, Body

Append = Callable[[Sequence[Record]], object]

MAX_FINDINGS = 10_000


def discard(records: Sequence[Record]) -> None:
    """Keep nothing: for looks whose records only the caller wants."""


def run(
    controls: Iterable[Control[Any]],
    subject: Subject,
    ctx: Context | None = None,
    *,
    append: Append = discard,
    actor: str | None = None,
    causes: tuple[str, ...] = (),
) -> list[Record]:
    """The records of all controls on this subject, appended control by control.

    Each control ends with one event: `control.finished` with the fingerprints of what it found, or `control.failed`
    with the reason, in which case what it found before stands and nothing counts as mended.
    """
    ctx = ctx or Context()
    records: list[Record] = []
    for control in controls:
        stamp = Stamp(tenant=ctx.tenant, control=control.ref, asset=subject.asset, actor=actor, causes=causes)
        of_one = list(_look(control, subject, ctx, stamp))
        append(of_one)
        records += of_one
    return records


def _look(control: Control[Any], subject: Subject, ctx: Context, stamp: Stamp) -> Iterator[Record]:
    """The stamped records of one control, its end event last."""
    started = time.perf_counter()
    found: list[str] = []
    try:
        if not isinstance(subject, control.on):
            raise BartizanError(f"{control.id} looks at {control.on.__name__}, not at {type(subject).__name__}")
        for body in control(subject, ctx):
            record = stamp(_checked(body))
            encode(record)
            if isinstance(record.body, Finding):
                found.append(record.body.fingerprint)
                if len(found) > MAX_FINDINGS:
                    raise OutOfBudget(f"more than {MAX_FINDINGS:,} findings")
            yield record
    except Exception as error:  # one control must not take the others along
        yield stamp(_failure(error))
        return
    ms = round((time.perf_counter() - started) * 1000, 3)
    yield stamp(Event("control.finished", {"findings": len(found), "fingerprints": sorted(set(found)), "ms": ms}))


def _checked(body: object) -> AnyBody:
    if not isinstance(body, Body):
        raise HostileInput(f"a control yielded a {type(body).__name__}, which is no body of a record")
    return body  # type: ignore[return-value]  # Body has five subclasses, and they are AnyBody


def _failure(error: Exception) -> Event:
    """What went wrong, in one line that is safe to write whatever the error says."""
    text = " ".join(str(error).split()).encode("utf-8", "backslashreplace").decode()
    return Event("control.failed", {"error": type(error).__name__, "reason": text[:1000]})
