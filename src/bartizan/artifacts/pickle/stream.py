"""Pickle streams as facts: every stream of an artifact, one after the other, as loaders read them."""

import re
from collections.abc import Callable, Iterator

from msgspec import structs

from bartizan.artifacts.artifact import Artifact, Held, Part
from bartizan.artifacts.fact import AnyFact, Spent, Structure
from bartizan.artifacts.fact import Calls as CallsFact
from bartizan.artifacts.globals import Table, table
from bartizan.artifacts.pickle import arrays, inert, machine
from bartizan.artifacts.pickle.calls import Calls
from bartizan.artifacts.pickle.opcodes import NAMES
from bartizan.artifacts.pickle.source import Cut, Ended, Source
from bartizan.artifacts.pickle.values import Blob, Value
from bartizan.artifacts.reader import Found, Head, Look, Member
from bartizan.kernel import Budget, Meter, OutOfBudget

ZIP_MARK = b"PK\x03\x04"
MAX_STREAMS = 10_000
INERT_BYTES = 1 << 14
"""Longer streams are first tried as plain data, as are those after the first; else the machine is as fast."""
STEPS_PER_STREAM = 10
TRIAL_STREAMS = 16
TRIAL = Budget(steps=100_000, seconds=1.0)
BEGINNING = re.compile(rb"\x80[\x02-\x05]|c[a-zA-Z_][\w.]{1,60}\n[a-zA-Z_]\w{1,40}\n")
MAX_BEGINNING_BYTES = 128
SEARCH_STEP_BYTES, MAX_SEARCHED_BYTES, TRIAL_BYTES = 1 << 20, 16 << 20, 2048
MAX_TRIED_STEPS, STEPS_PER_TRIAL = 16_000, 16
"""What all trials together may cost; most end in their first bytes."""
PROTO = 0x80
HIGHEST_PROTOCOL = 5
ALARMING = frozenset({"code", "io"})


def read(artifact: Artifact, look: Look) -> Iterator[Found]:
    """What all streams of the artifact do, and the bytes that they hand to another unpickler."""
    yield from read_streams(artifact, look, most=MAX_STREAMS)


def read_streams(
    artifact: Artifact, look: Look, *, most: int, persistent: Callable[[Value], Value] | None = None
) -> Iterator[Found]:
    """The same for the first streams, where a loader reads only so many and something else follows.

    `persistent` is what the loader's `persistent_load` makes of an id, where that is known.
    """
    source, start = Source(artifact, look.meter), 0
    for _ in range(most):
        look.meter.spend("steps", STEPS_PER_STREAM)
        long = artifact.size - start > INERT_BYTES
        if (long or start) and (end := inert.skip(source, start)) is not None:
            start = end
            if start >= artifact.size:
                return
            continue
        calls, end, fault = run_one(source, start, persistent=persistent)
        if isinstance(fault, Ended) and start > 0 and not calls.facts():
            yield Structure("trailing", f"{artifact.size - start:,} bytes after the last stream", start)
            yield from hidden(source, start)
            return
        yield from calls.facts()
        yield from (Member(_member(artifact, at, data)) for at, data in calls.nested)
        if calls.dicts_kept:
            yield from _as_plain_pickle(source, start, calls)
        if isinstance(fault, Ended):
            yield Structure("broken", fault.what, end)
            return
        if fault is not None:
            raise fault
        start = end
        if start >= artifact.size:
            return
    if most == MAX_STREAMS:
        raise OutOfBudget(f"more than {MAX_STREAMS:,} streams")


def hidden(source: Source, start: int) -> Iterator[AnyFact]:
    """What streams do that begin somewhere behind `start`, after bytes that are none: somebody knows where."""
    left = MAX_TRIED_STEPS
    for at in range(start, min(source.size, start + MAX_SEARCHED_BYTES), SEARCH_STEP_BYTES):
        source.meter.check_time()
        for match in BEGINNING.finditer(source.artifact.read(at, SEARCH_STEP_BYTES + MAX_BEGINNING_BYTES)):
            place = at + match.start()
            meter = Meter(TRIAL)
            calls, _, _ = run_one(Source(Part("", source.artifact, place, TRIAL_BYTES), meter), 0)
            found = [fact for fact in calls.facts() if fact.rule in ALARMING and isinstance(fact, CallsFact)]
            if found:
                yield from found
                return
            left -= STEPS_PER_TRIAL + TRIAL.steps - meter.left("steps")
            if left < 0:
                yield Spent("spent", f"more beginnings of streams than were tried, up to {place:,}")
                return


def run_one(
    source: Source,
    start: int,
    *,
    arrays_too: bool = True,
    grades: Table | None = None,
    persistent: Callable[[Value], Value] | None = None,
) -> "tuple[Calls, int, Exception | None]":
    """What one stream calls; the offset after its STOP, or near where it ends with the fault."""
    calls = Calls(grades or table(), source.meter)
    calls.text_of = source.text_of
    if persistent is not None:
        calls.persistent = persistent
    if arrays_too:
        calls.build_array = lambda wrapper, at: arrays.build_array(source, calls, wrapper, at, machine.run)
    source.begin(start)
    try:
        return calls, machine.run(source, start, calls), None
    except Exception as fault:  # whatever stopped the machine, what it listed before stands
        return calls, source.base, fault


def is_pickle(head: Head) -> bool:
    """True for a PROTO opcode and another one, and for older streams that run to STOP or reach for a known global."""
    start = head.start
    if len(start) > 1 and start[0] == PROTO and start[1] <= HIGHEST_PROTOCOL:
        return len(start) == 2 or start[2] in NAMES
    if start.startswith(ZIP_MARK):
        return False  # to an unpickler this is a persistent id, which plain `pickle.load` refuses
    source, at = Source(Held("", start), Meter(TRIAL)), 0
    for _ in range(TRIAL_STREAMS):
        calls, end, fault = run_one(source, at)
        known = any(fact.rule not in ("unknown", "broken", "name") for fact in calls.facts())
        if fault is not None:
            return known or (head.size > len(start) and isinstance(fault, Cut))
        if known or calls.facts() or end == head.size:
            return True
        at = end
        if at >= len(start):
            return False
    return False


def _as_plain_pickle(source: Source, start: int, calls: Calls) -> Iterator[AnyFact]:
    """What plain `pickle.load` would do that joblib does not: it takes the raw arrays for opcodes.

    An honest array of objects mixes up names that way, by the memo, and the library has no such function. So a function
    that no line of the table names is unknown here.
    """
    seen = set(calls.facts())
    plain, _, _ = run_one(source, start, arrays_too=False)
    unlisted = {found.entry.what for found in plain.globals() if found.entry.named == "library"}
    for fact in plain.facts():
        if fact.rule in ALARMING and fact not in seen:
            yield structs.replace(fact, rule="unknown") if fact.what in unlisted else fact


def _member(artifact: Artifact, at: int, data: bytes | Blob) -> Artifact:
    name = f"{artifact.name}!{at}"
    return Held(name, data) if isinstance(data, bytes) else Part(name, artifact, data.at, data.length)
