"""`kill -9` under load: what was acknowledged is there, once, and proves."""

import os
import select
import signal
from collections import Counter
from pathlib import Path
from random import Random

import pytest

from bartizan.ledger import Ledger, LedgerOptions, Vault, read, verify
from bartizan.ledger.proof import line_at, prove_inclusion
from bartizan.ledger.writer import sign_idle
from tests.ledger.build import events, open_vault

WRITERS = 3
ROUNDS_PER_LEDGER = 10
OPTIONS = LedgerOptions(segment_bytes=60_000, checkpoint_every_s=0.05)


def test_five_kills_lose_and_double_nothing(tmp_path: Path) -> None:
    kill_again_and_again(tmp_path, 5, seed=1)


@pytest.mark.slow
def test_a_hundred_kills_lose_and_double_nothing(tmp_path: Path) -> None:
    for seed in range(10):
        home = tmp_path / str(seed)
        home.mkdir()
        kill_again_and_again(home, ROUNDS_PER_LEDGER, seed)


def kill_again_and_again(home: Path, rounds: int, seed: int) -> None:
    """Starts three writers, kills all at a random moment, looks, and begins again on the same ledger."""
    random, vault = Random(seed), open_vault(home)
    acknowledged: set[str] = set()
    for _ in range(rounds):
        acknowledged |= killed_writers(home, vault, random)
        check(home, vault, acknowledged, random)
    assert len(acknowledged) > rounds * WRITERS


def killed_writers(home: Path, vault: Vault, random: Random) -> set[str]:
    """The ids that three writers had acknowledged when they were killed."""
    pipes = [os.pipe() for _ in range(WRITERS)]
    children = []
    for _, writes in pipes:
        seed = random.random()
        child = os.fork()
        if child == 0:
            write_until_killed(home, vault, writes, Random(seed))
        children.append(child)
    for _, writes in pipes:
        os.close(writes)
    heard: dict[int, bytes] = {reads: b"" for reads, _ in pipes}
    for _ in range(random.randint(1, 150)):  # the clock is how often any writer was heard
        for reads in select.select(list(heard), [], [])[0]:
            heard[reads] += os.read(reads, 1 << 16)
    for child in random.sample(children, WRITERS):
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    for reads in heard:
        while chunk := os.read(reads, 1 << 16):
            heard[reads] += chunk
        os.close(reads)
    return set(b"".join(heard.values()).decode().split())


def write_until_killed(home: Path, vault: Vault, writes: int, random: Random) -> None:
    try:
        ledger = Ledger(home / "ledger", vault, OPTIONS)
        while True:
            records = events(random.choice([1, 2, 7, 60]))
            ledger.append(records)
            os.write(writes, "".join(f"{record.id}\n" for record in records).encode())
    finally:
        os._exit(1)


def check(home: Path, vault: Vault, acknowledged: set[str], random: Random) -> None:
    counts = Counter(record.id for _, record in read(home / "ledger"))
    assert acknowledged <= counts.keys()
    assert set(counts.values()) == {1}
    assert verify(home / "ledger", vault).faults == ()
    sign_idle(home / "ledger", vault)
    outcome = verify(home / "ledger", vault)
    assert outcome.faults == ()
    assert all(state.signed == state.records for state in outcome.slots)
    positions = {record.id: position for position, record in read(home / "ledger")}
    for position in (positions[found] for found in random.sample(sorted(acknowledged), 3)):
        proof = prove_inclusion(home / "ledger", position, vault.verifiers)
        assert proof.proves(line_at(home / "ledger", position), vault.verifiers)
