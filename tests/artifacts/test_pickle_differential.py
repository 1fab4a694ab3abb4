"""The pickle machine lists everything that CPython's C unpickler does, and stops where it stops."""

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from bartizan.artifacts.pickle.opcodes import NAMES
from tests.artifacts.pickle_differential import compare
from tests.artifacts.pickle_mutants import Mutant, mutants
from tests.artifacts.pickle_oracle import observe
from tests.artifacts.pickle_programs import program

PROGRAMS = 20_000
MUTANTS = 100
PROGRAMS_PER_MUTANT = 1_500
UNCHANGED = -1


def test_nothing_happens_that_was_not_listed_and_every_opcode_is_tried() -> None:
    result = compare(range(PROGRAMS))
    assert result.disagreements == []
    assert result.programs == PROGRAMS
    assert result.stopped >= PROGRAMS / 2
    assert result.opcodes == set(NAMES.values())


@pytest.mark.slow
def test_nine_of_ten_mutants_of_the_machine_are_noticed(tmp_path: Path) -> None:
    programs = [program(seed) for seed in range(PROGRAMS_PER_MUTANT)]
    known = tmp_path / "known.jsonl"
    pairs = zip(programs, observe(programs), strict=True)
    known.write_text("\n".join(json.dumps([data.hex(), seen]) for data, seen in pairs))
    assert not _noticed(Mutant("machine", UNCHANGED), known)
    chosen = mutants(seed=1, count=MUTANTS)
    with ThreadPoolExecutor(2) as pool:
        noticed = list(pool.map(lambda mutant: _noticed(mutant, known), chosen))
    survivors = [mutant for mutant, caught in zip(chosen, noticed, strict=True) if not caught]
    assert len(survivors) <= MUTANTS // 10, f"{MUTANTS - len(survivors)} of {MUTANTS} noticed; not {survivors}"


def _noticed(mutant: Mutant, known: Path) -> bool:
    """True if the comparison fails, or the mutant crashes or does not end."""
    command = [sys.executable, "-m", "tests.artifacts.pickle_mutants", str(known)]
    try:
        done = subprocess.run(
            command, input=json.dumps(mutant), text=True, capture_output=True, timeout=60, check=False
        )
    except subprocess.TimeoutExpired:
        return True
    return done.returncode != 0
