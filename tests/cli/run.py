"""Runs `bartizan` as a process of its own, as a user does."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

COMMAND = [sys.executable, "-P", "-c", "from bartizan.cli import main; main()"]


def clean(**env: str) -> Mapping[str, str]:
    """The environment without our own variables, and with these."""
    ours = ("BARTIZAN_", "_BARTIZAN_", "NO_COLOR", "FORCE_COLOR")
    return {name: value for name, value in os.environ.items() if not name.startswith(ours)} | env


def python(script: str, *arguments: str, cwd: Path, env: Mapping[str, str]) -> "subprocess.CompletedProcess[str]":
    """What a script printed that runs our program in a way of its own."""
    return subprocess.run(
        [sys.executable, "-P", "-c", script, *arguments],
        cwd=cwd,
        env=env,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def bartizan(*arguments: str, cwd: Path, env: Mapping[str, str] | None = None) -> "subprocess.CompletedProcess[str]":
    """What the command printed, and its exit code."""
    return subprocess.run(
        [*COMMAND, *arguments], cwd=cwd, env=env or clean(), capture_output=True, text=True, timeout=60, check=False
    )
