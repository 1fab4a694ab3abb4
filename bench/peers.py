"""Other scanners, on the same files: `python -m bench.peers < files.json`, run by a Python that has them installed.

It imports nothing of Bartizan. An alarm is what each tool's own command line would fail on; a file that a tool cannot
parse is no alarm of that tool.
"""

import contextlib
import io
import json
import logging
import os
import signal
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path

Tool = Callable[[str], bool]
MAX_SECONDS_PER_TOOL = 90.0
MAX_SECONDS_PER_FILE = 20.0


def main() -> None:
    """Reads `{"files": [...], "speed_only": false}`, writes `{tool: {file: [alarmed, seconds]}}`."""
    os.environ |= {"PROMPTFOO_DISABLE_TELEMETRY": "1", "NO_ANALYTICS": "1", "DO_NOT_TRACK": "1"}
    logging.disable(logging.CRITICAL)
    signal.signal(signal.SIGALRM, _out_of_time)
    asked = json.load(sys.stdin)
    out = {}
    with Path(os.devnull).open("w") as quiet, contextlib.redirect_stdout(quiet), contextlib.redirect_stderr(quiet):
        for name, tool in _tools(speed_only=asked["speed_only"]):
            _look(tool, asked["files"][0])  # the first call pays for imports
            began, found = time.perf_counter(), {}
            for file in asked["files"]:
                if time.perf_counter() - began > MAX_SECONDS_PER_TOOL:
                    break
                start = time.perf_counter()
                found[file] = [_look(tool, file), time.perf_counter() - start]
            out[name] = found
    json.dump(out, sys.stdout)


def _look(tool: Tool, file: str) -> bool:
    signal.setitimer(signal.ITIMER_REAL, MAX_SECONDS_PER_FILE)
    try:
        return tool(file)
    except Exception:  # the tool could not read the file, or not in time
        return False
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def _out_of_time(*_: object) -> None:
    raise TimeoutError


def _tools(*, speed_only: bool) -> Iterator[tuple[str, Tool]]:
    for package, tools in (
        ("picklescan", {"": picklescan}), ("modelscan", {"": modelscan}), ("fickling", {"": fickling}),
        ("modelaudit", {"": modelaudit, ", warnings too": modelaudit_warnings}),
    ):  # fmt: skip
        try:
            label = f"{package} {version(package)}"
        except ImportError:
            continue
        yield from ((label + more, tool) for more, tool in tools.items() if not (more and speed_only))


def picklescan(file: str) -> bool:
    from picklescan.scanner import scan_file_path

    return bool(scan_file_path(file).issues_count)


def modelscan(file: str) -> bool:
    from modelscan.modelscan import ModelScan
    from modelscan.settings import DEFAULT_SETTINGS

    return bool(ModelScan(settings=DEFAULT_SETTINGS).scan(file)["summary"]["total_issues"])


def fickling(file: str) -> bool:
    from fickling.analysis import Severity, check_safety
    from fickling.fickle import StackedPickle

    return any(
        check_safety(one).severity > Severity.LIKELY_SAFE for data in _pickles(file) for one in StackedPickle.load(data)
    )


def modelaudit(file: str) -> bool:
    return _modelaudit(file, {"critical"})


def modelaudit_warnings(file: str) -> bool:
    return _modelaudit(file, {"critical", "warning"})


def _modelaudit(file: str, severities: set[str]) -> bool:
    from modelaudit.core import scan_model_directory_or_file

    return any(issue.severity.value in severities for issue in scan_model_directory_or_file(file).issues)


def _pickles(file: str) -> Iterator[io.BytesIO]:
    """The file, or of an archive its members, because fickling takes one stream at a time."""
    if not zipfile.is_zipfile(file):
        yield io.BytesIO(Path(file).read_bytes())
        return
    with zipfile.ZipFile(file) as archive:
        for name in archive.namelist():
            if name.endswith((".pkl", ".pickle", ".npy")):
                data = archive.read(name)
                yield io.BytesIO(data[data.find(b"\x80") :] if name.endswith(".npy") else data)


if __name__ == "__main__":
    main()
