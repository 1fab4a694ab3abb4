"""A realistic, seeded mix of records: what a gateway, its scanners and its responders write in a day."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from random import Random

from bartizan.kernel import (
    Action,
    AnyBody,
    Asset,
    Confidence,
    Event,
    Finding,
    Interval,
    Measure,
    Place,
    Record,
    Severity,
    Stamp,
    Verdict,
)

KINDS = ("verdict", "event", "finding", "measure", "action")
WEIGHTS = (56, 25, 10, 6, 3)
RULES = tuple(
    f"{family}.{number:03d}" for family in ("injection", "leak", "tool", "abuse", "pickle") for number in range(60)
)
THREATS = ("prompt-injection", "sensitive-data-leak", "supply-chain", "unsafe-deserialization", "model-theft")
REASONS = (
    "an instruction to ignore earlier instructions stands in retrieved text",
    "an e-mail address that the answer was not asked for",
    "the arguments of the tool call name a host outside the allowed list",
    "a base64 run decodes to a shell command",
    "the answer repeats the system prompt for more than forty words",
)
FIXES = (
    "Load the weights from safetensors, or convert them in a sandbox.",
    "Give the tool only the scopes that this agent's task needs.",
    "Strip invisible characters from documents before they are indexed.",
)
ROUTES = ("/v1/chat/completions", "/v1/responses", "/v1/messages", "/v1/embeddings", "/mcp")
DAY_START = datetime(2026, 11, 2, tzinfo=UTC)


def mix(seed: int = 0) -> Iterator[tuple[Stamp, AnyBody]]:
    """Stamps and bodies without end: the same for the same seed, about 464 bytes each as a line."""
    random = Random(seed)
    assets = [_asset(random, number) for number in range(400)]
    controls = [f"{name}@{random.getrandbits(64):016x}" for name in _control_names()]
    actors = [f"key:{random.getrandbits(48):012x}" for _ in range(300)] + [
        "service:runner",
        "person:ada",
        "agent:triage",
    ]
    tenants = ["main"] * 6 + ["research", "support"]
    cause = _earlier_id(random)
    while True:
        kind = random.choices(KINDS, WEIGHTS)[0]
        if kind == "event":  # what follows, up to the next event, is about the exchange that this one is about
            cause = _earlier_id(random)
        stamp = Stamp(
            tenant=random.choice(tenants),
            control=None if kind == "event" else random.choice(controls),
            asset=assets[int(len(assets) * random.random() ** 3)],
            actor=random.choice(actors),
            causes=() if kind == "event" else (cause,),
        )
        yield stamp, _BODIES[kind](random)


def history(
    n: int, *, seed: int = 0, start: datetime = DAY_START, span: timedelta = timedelta(days=1)
) -> Iterator[Record]:
    """`n` records with ids and times spread evenly over `span`: a past that never was, for views and archives."""
    random = Random(seed + 1)
    step = span / max(n, 1)
    at = start
    for stamp, body in islice(mix(seed), n):
        tick = int(at.timestamp() * 1000)
        record = stamp(body, payload=_payload(random) if isinstance(body, Verdict) and random.random() < 0.2 else None)
        tail = f"{random.getrandbits(76):019x}"
        unique = (
            f"{tick >> 16:08x}-{tick & 0xFFFF:04x}-7{tail[:3]}-{8 + (random.getrandbits(2)):x}{tail[3:6]}-{tail[6:18]}"
        )
        yield _dated(record, unique, at)
        at += step


def _dated(record: Record, id: str, at: datetime) -> Record:
    return Record(
        v=record.v,
        id=id,
        at=at,
        tenant=record.tenant,
        control=record.control,
        asset=record.asset,
        actor=record.actor,
        payload=record.payload,
        body=record.body,
        causes=record.causes,
    )


def _asset(random: Random, number: int) -> Asset:
    kind = random.choice(("endpoint", "model-file", "agent", "tool", "dataset"))
    digest = f"sha256:{random.getrandbits(256):064x}" if kind in ("model-file", "dataset") else None
    return Asset(kind, f"{random.choice(('acme', 'labs', 'ops'))}/{kind}-{number}", digest)


def _control_names() -> list[str]:
    rooms = ("guard.injection", "guard.leaks", "guard.tools", "artifacts.scan", "datasets.trace", "watch.extraction")
    return [f"{room}{'' if part == 0 else f'.part{part}'}" for room in rooms for part in range(4)]


def _earlier_id(random: Random) -> str:
    tail = f"{random.getrandbits(74):019x}"
    return f"019{random.getrandbits(20):05x}-{random.getrandbits(16):04x}-7{tail[:3]}-9{tail[3:6]}-{tail[6:18]}"


def _payload(random: Random) -> str:
    return f"2026-11/main/{random.getrandbits(48):012x}/{random.getrandbits(24)}/{random.getrandbits(256):064x}"


def _verdict(random: Random) -> Verdict:
    if random.random() < 0.6:
        return Verdict("allow", "allow", score=round(random.random() * 0.4, 4), us=random.randint(60, 900))
    said = random.choice(("block", "redact", "ask", "unscanned"))
    rules = tuple(random.sample(RULES, random.randint(1, 3)))
    did = said if random.random() < 0.8 else "allow"
    return Verdict(said, did, random.choice(REASONS), rules, round(random.random(), 4), random.randint(60, 900))


def _event(random: Random) -> Event:
    if random.random() < 0.2:
        return Event("login.failed", {"address": _address(random), "method": "password", "tries": random.randint(1, 9)})
    data = {
        "route": random.choice(ROUTES),
        "status": random.choice((200, 200, 200, 200, 401, 429, 500)),
        "model": f"model-{random.randint(1, 12)}",
        "tokens_in": random.randint(20, 9000),
        "tokens_out": random.randint(1, 2000),
        "ms": random.randint(40, 20_000),
        "address": _address(random),
        "session": f"{random.getrandbits(64):016x}",
        "tools": random.sample(("search", "mail.send", "files.read", "shell", "calendar"), random.randint(0, 3)),
    }
    return Event("exchange.finished", data)


def _finding(random: Random) -> Finding:
    return Finding(
        rule=random.choice(RULES),
        severity=random.choice(list(Severity)),
        message=random.choice(REASONS),
        confidence=random.choice(list(Confidence)),
        place=Place(
            f"weights/part-{random.randint(0, 99):05d}.bin", "archive/data.pkl", start=random.randint(0, 1 << 24)
        ),
        threats=(random.choice(THREATS),),
        fix=random.choice(FIXES),
        evidence=f"opcode {random.randint(0, 4000)}: os.system",
    )


def _measure(random: Random) -> Measure:
    n = random.randint(200, 5000)
    hits = int(n * random.random() ** 2)
    return Measure(
        random.choice(("attack.success", "accuracy.clean", "drift.psi")),
        hits / n,
        "share",
        Interval.wilson(hits, n),
        n,
        random.randint(0, 99),
    )


def _action(random: Random) -> Action:
    key = f"key:{random.getrandbits(48):012x}"
    return Action(
        random.choice(("key.revoke", "route.block", "agent.pause")),
        key,
        "done",
        f"bartizan respond undo {key}",
        "three blocked calls in a minute",
    )


def _address(random: Random) -> str:
    return f"10.{random.randint(0, 31)}.{random.randint(0, 255)}.{random.randint(1, 254)}"


_BODIES = {"verdict": _verdict, "event": _event, "finding": _finding, "measure": _measure, "action": _action}
