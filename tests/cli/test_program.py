"""The program around the verbs: start-up, mistakes, interruptions."""

import json
import signal
import subprocess
from pathlib import Path

import pytest

from bartizan.cli.lazy import VERBS
from tests.cli.run import COMMAND, bartizan, clean, python

ROOMS = {path.name for path in (Path(__file__).parents[2] / "src/bartizan").iterdir() if path.is_dir()} - {
    "cli",
    "kernel",
}
HEAVY = {"rich", "duckdb", "cryptography", "cedarpy", "starlette", "uvicorn", "jinja2", "msgspec", "asyncio", "sqlite3"}


def imported_by(*arguments: str, cwd: Path, **env: str) -> set[str]:
    """The top of every module, and every room, that a call imports."""
    script = (
        "import sys, json, atexit\n"
        "atexit.register(lambda: json.dump(sorted(sys.modules), sys.stderr))\n"
        "from bartizan.cli import main\nmain()"
    )
    done = python(script, *arguments, cwd=cwd, env=clean(**env))
    modules = json.loads(done.stderr[done.stderr.index("[") :])
    rooms = {name.split(".")[1] for name in modules if name.startswith("bartizan.")}
    return rooms | {name.split(".")[0] for name in modules}


def test_help_imports_no_room_and_nothing_heavy(tmp_path: Path) -> None:
    found = imported_by("--help", cwd=tmp_path)
    assert "cli" in found
    assert found & (ROOMS | HEAVY) == set()


def test_completing_a_verb_imports_no_room_and_nothing_heavy(tmp_path: Path) -> None:
    env = {"_BARTIZAN_COMPLETE": "bash_complete", "COMP_WORDS": "bartizan ", "COMP_CWORD": "1"}
    found = imported_by(cwd=tmp_path, **env)
    assert "cli" in found
    assert found & (ROOMS | HEAVY) == set()


def test_help_names_every_verb(tmp_path: Path) -> None:
    done = bartizan("--help", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert all(f"  {verb} " in done.stdout for verb in VERBS)


@pytest.mark.parametrize("verb", [verb for verb in VERBS if verb in {"up", "doctor", "config", "completion"}])
def test_the_help_of_a_verb_has_an_example(verb: str, tmp_path: Path) -> None:
    done = bartizan(verb, "--help", cwd=tmp_path)
    assert done.returncode == 0
    assert any(line.strip().startswith(("bartizan " + verb, "bartizan --config")) for line in done.stdout.splitlines())


def test_an_unknown_verb_suggests_the_nearest(tmp_path: Path) -> None:
    done = bartizan("docter", cwd=tmp_path)
    assert done.returncode == 2
    assert "There is no verb 'docter'. Did you mean 'doctor'?" in done.stderr


def test_an_unknown_verb_far_from_all_suggests_nothing(tmp_path: Path) -> None:
    done = bartizan("xyzzy", cwd=tmp_path)
    assert done.returncode == 2
    assert "There is no verb 'xyzzy'." in done.stderr
    assert "Did you mean" not in done.stderr


def test_a_wrong_option_is_wrong_usage(tmp_path: Path) -> None:
    assert bartizan("doctor", "--nope", cwd=tmp_path).returncode == 2


def test_modules_in_the_working_folder_are_not_imported(tmp_path: Path) -> None:
    for name in ("click", "msgspec", "json", "rich"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('the working folder was imported')")
    done = bartizan("doctor", "--format", "json", cwd=tmp_path)
    assert "was imported" not in done.stderr
    assert json.loads(done.stdout)["checks"]


def test_a_closed_pipe_is_quiet(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [*COMMAND, "config", "explain"], cwd=tmp_path, env=clean(), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout is not None
    process.stdout.close()
    _, said = process.communicate(timeout=60)
    assert said == b""
    assert process.returncode != 0


VERB_OF_OUR_OWN = """
import os, signal, sys
import click
from bartizan.cli import lazy, main
def interrupted():
    os.kill(os.getpid(), signal.SIGINT)
    sys.stdin.read()
def broken():
    raise ValueError("two\\nlines")
lazy.LazyGroup.get_command = lambda self, ctx, name: click.Command(name, callback={callback})
main()
"""


def test_ctrl_c_says_one_word_and_exits_with_130(tmp_path: Path) -> None:
    done = python(VERB_OF_OUR_OWN.format(callback="interrupted"), "doctor", cwd=tmp_path, env=clean())
    assert (done.returncode, done.stdout, done.stderr.strip()) == (128 + signal.SIGINT, "", "interrupted")


def test_a_fault_of_ours_is_one_line_unless_the_traceback_is_asked_for(tmp_path: Path) -> None:
    script = VERB_OF_OUR_OWN.format(callback="broken")
    done = python(script, "doctor", cwd=tmp_path, env=clean())
    assert done.returncode == 3
    assert done.stderr == (
        "bartizan: a fault of Bartizan's own, ValueError: two lines. BARTIZAN_TRACEBACK=1 shows where.\n"
    )
    asked = python(script, "doctor", cwd=tmp_path, env=clean(BARTIZAN_TRACEBACK="1"))
    assert "Traceback" in asked.stderr


def test_a_table_has_no_colour_where_none_is_wanted(tmp_path: Path) -> None:
    done = bartizan("config", "show", cwd=tmp_path, env=clean(NO_COLOR="1", FORCE_COLOR="1"))
    assert done.returncode == 0
    assert "\x1b[3" not in done.stdout


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a disk that is always full")
def test_output_that_a_full_disk_did_not_take_is_not_taken_for_whole(tmp_path: Path) -> None:
    done = subprocess.run(
        ["/bin/sh", "-c", 'exec "$@" > /dev/full', "sh", *COMMAND, "threats"],
        cwd=tmp_path,
        env=clean(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (3, "bartizan: the output cannot be written: No space left on device\n")
