"""The machine beside CPython's unpickler, program by program: what happened and was not listed, and the reverse."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from bartizan.artifacts import Held
from bartizan.artifacts.fact import Calls, Opaque
from bartizan.artifacts.pickle.source import Source
from bartizan.artifacts.pickle.stream import run_one
from bartizan.kernel import Budget, Meter
from tests.artifacts.pickle_oracle import Seen, observe
from tests.artifacts.pickle_programs import opcodes_of, program

METER_BUDGET = Budget()
CALLING = ("REDUCE", "OBJ", "INST", "REDUCE of known values")
MAKING = ("NEWOBJ", "NEWOBJ_EX", "OBJ", "INST")
FILLING = ("APPEND", "APPENDS", "SETITEM", "SETITEMS", "ADDITEMS")
BY_CODEC = frozenset({"builtins.str", "builtins.bytes", "builtins.bytearray"})
USES = {"call": CALLING, "new": MAKING, "build": ("BUILD",), "item": FILLING}


@dataclass
class Comparison:
    """What came out of many programs."""

    programs: int = 0
    stopped: int = 0
    opcodes: set[str] = field(default_factory=set)
    disagreements: list[tuple[int, str]] = field(default_factory=list)


def compare(seeds: Iterable[int], *, opcodes_every: int = 10) -> Comparison:
    """Run the programs of these seeds through both."""
    result = Comparison()
    kept: list[tuple[int, bytes]] = []

    def programs() -> Iterable[bytes]:
        for seed in seeds:
            kept.append((seed, program(seed)))
            yield kept[-1][1]

    for count, seen in enumerate(observe(programs())):
        seed, data = kept.pop(0)
        result.programs += 1
        result.stopped += seen.stopped
        if count % opcodes_every == 0:
            result.opcodes |= set(opcodes_of(data))
        if fault := disagreement(data, seen):
            result.disagreements.append((seed, f"{fault} in {data!r}"))
    return result


def disagreement(data: bytes, seen: Seen) -> str:
    """How the machine's account of a program differs from what happened; empty if it does not."""
    calls, end, fault = run_one(Source(Held("program", data), Meter(METER_BUDGET)), 0)
    facts = calls.facts()
    computed = any(isinstance(fact, Opaque) or (isinstance(fact, Calls) and fact.rule == "computed") for fact in facts)
    changed = any(isinstance(fact, Calls) and "shared" in fact.what for fact in facts)
    used: dict[str, set[str]] = {}
    for found in calls.globals():
        used.setdefault(found.name, set()).update(found.used, *(how.split(" by ") for how in found.used))
    for name in seen.found:
        if name not in used and not computed:
            return f"not named: {name}"
    for name, use in seen.events:
        ways = used.get(name, set())
        if ways.isdisjoint(USES[use]) and not computed and not (changed and name in used):
            return f"not listed: {use} of {name}, only {sorted(ways)}"
    # A codec that is asked for by name is looked for among the modules of `encodings`, and nowhere else.
    if seen.audit and not any("decode" in name or "encode" in name or name in BY_CODEC for name in used):
        return f"not listed: {seen.audit}"
    if not seen.stopped:
        return ""
    if fault is not None:
        return f"stopped early: {fault}"
    if end != seen.consumed:
        return f"read {end} bytes: not {seen.consumed}"
    return "" if computed or changed else _too_much(used, seen)


def _too_much(used: dict[str, set[str]], seen: Seen) -> str:
    """What the machine listed though the program ran to its end without it."""
    if (extra := set(used) - set(seen.found)) and "builtins.getattr" not in used:
        return f"named though it was not: {sorted(extra)}"
    happened = {(name, use) for name, use in seen.events}
    # copyreg._reconstructor makes an instance by its base's __new__: the class is listed for what is done to it later.
    reconstructed = "copyreg._reconstructor" in used
    # What is given to iter() is called by whoever iterates, which the program may never do.
    lazily = "builtins.iter" in used
    for name, ways in used.items():
        if name == "builtins.object":  # the one class here that is not instrumented
            continue
        if "REDUCE" in ways and not (reconstructed or lazily) and (name, "call") not in happened:
            return f"listed though it did not happen: call of {name}"
        if ways & {"NEWOBJ", "NEWOBJ_EX"} and not reconstructed and (name, "new") not in happened:
            return f"listed though it did not happen: new of {name}"
    return ""
