"""The completion scripts, tried in the shell that is there."""

import subprocess
from pathlib import Path

import pytest

from tests.cli.run import COMMAND, bartizan, clean


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_calls_back_for_completions(shell: str, tmp_path: Path) -> None:
    done = bartizan("completion", shell, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert f"_BARTIZAN_COMPLETE={shell}_complete" in done.stdout


def test_an_unknown_shell_is_wrong_usage(tmp_path: Path) -> None:
    assert bartizan("completion", "tcsh", cwd=tmp_path).returncode == 2


def test_bash_completes_verbs_with_the_script(tmp_path: Path) -> None:
    script = bartizan("completion", "bash", cwd=tmp_path).stdout
    program = tmp_path / "bartizan"
    program.write_text("#!/bin/sh\nexec " + " ".join(f"'{part}'" for part in COMMAND) + ' "$@"\n')
    program.chmod(0o700)
    call = f"COMP_WORDS=(bartizan do)\nCOMP_CWORD=1\n_bartizan_completion {program}\n"
    ask = f'{script}\n{call}echo "${{COMPREPLY[@]}}"'
    done = subprocess.run(["bash", "-c", ask], cwd=tmp_path, env=clean(), capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "doctor"


def test_options_of_a_verb_are_completed(tmp_path: Path) -> None:
    env = clean(_BARTIZAN_COMPLETE="bash_complete", COMP_WORDS="bartizan doctor --fo", COMP_CWORD="2")
    assert bartizan(cwd=tmp_path, env=env).stdout == "plain,--format\n"
