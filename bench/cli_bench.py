"""How long the command line takes to say anything: whole processes, start to end."""

import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from statistics import median

RUNS = 30
BAR_MS = 80
PROGRAM = [sys.executable, "-P", "-c", "from bartizan.cli import main; main()"]
COMPLETE = {"_BARTIZAN_COMPLETE": "bash_complete", "COMP_WORDS": "bartizan ", "COMP_CWORD": "1"}


def run() -> str:
    """A table of whole-process times."""
    rows = [
        ("bare Python, `-c pass`", _times([sys.executable, "-P", "-c", "pass"])),
        ("`import click`", _times([sys.executable, "-P", "-c", "import click"])),
        (f"`bartizan --help` (bar: p50 <= {BAR_MS})", _times([*PROGRAM, "--help"])),
        ("completing a verb", _times(PROGRAM, COMPLETE)),
        ("`bartizan config show`", _times([*PROGRAM, "config", "show"])),
        ("`bartizan doctor` without an installation", _times([*PROGRAM, "doctor"])),
    ]
    lines = [
        f"| {name} | {min(cpu):.0f} | {median(cpu):.0f} | {min(wall):.0f} | {median(wall):.0f} | {max(wall):.0f} |"
        for name, (wall, cpu) in rows
    ]
    head = (
        f"## Command line\n\nWhole processes, n={RUNS} each, one after the other, milliseconds of CPU and wall time.\n"
    )
    columns = ["| what | CPU min | CPU p50 | wall min | wall p50 | wall max |", "|---|---|---|---|---|---|"]
    return "\n".join([head, *columns, *lines])


def _times(command: Sequence[str], more: dict[str, str] | None = None) -> tuple[list[float], list[float]]:
    """Wall and CPU milliseconds of each run."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("BARTIZAN_")} | (more or {})
    env.pop("PYTHONDONTWRITEBYTECODE", None)
    wall, cpu = [], []
    with tempfile.TemporaryDirectory() as bytecode:
        env |= {"BARTIZAN_CONSOLE_PORT": "0", "PYTHONPYCACHEPREFIX": bytecode}
        for number in range(RUNS + 1):
            started, spent = time.perf_counter(), _children_s()
            subprocess.run(command, env=env, stdout=subprocess.DEVNULL, check=True)
            if number:  # the first one compiles, as pip does, and warms the caches of the file system
                wall.append((time.perf_counter() - started) * 1000)
                cpu.append((_children_s() - spent) * 1000)
    return wall, cpu


def _children_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
