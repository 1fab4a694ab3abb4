"""Checks of the tree that no linter makes: file lengths, file sizes, and words that do not belong here."""

import re
import subprocess
import sys
from pathlib import Path

MAX_LINES = 400
MAX_BYTES = 1 << 20
MAX_TREE_BYTES = 24 << 20

# A longer file needs its reason here.
LONG_FOR_A_REASON: dict[str, str] = {}

# The tree speaks of the project alone: no machine's own paths.
FOREIGN = re.compile(rb"/work/|/root/|/opt/(?:wheels|pypi)|file:///opt")


def main() -> int:
    faults = [fault for path in _tracked() for fault in _faults(path)]
    total = sum(path.stat().st_size for path in _tracked())
    if total > MAX_TREE_BYTES:
        faults.append(f"the tree holds {total:,} bytes, more than {MAX_TREE_BYTES:,}")
    for fault in faults:
        print(fault)
    return 1 if faults else 0


def _tracked() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], check=True, capture_output=True
    )
    paths = (Path(name) for name in listed.stdout.decode().split("\0") if name)
    return [path for path in paths if path.is_file()]


def _faults(path: Path) -> list[str]:
    content = path.read_bytes()
    faults = []
    if len(content) > MAX_BYTES:
        faults.append(f"{path} has {len(content):,} bytes, more than {MAX_BYTES:,}")
    lines = content.count(b"\n")
    if path.suffix == ".py" and lines > MAX_LINES and str(path) not in LONG_FOR_A_REASON:
        faults.append(f"{path} has {lines} lines, more than {MAX_LINES}: usually two concepts")
    if path.name != "tidy.py" and (match := FOREIGN.search(content)):
        faults.append(f"{path} names a place of one machine: {match.group().decode()}")
    return faults


if __name__ == "__main__":
    sys.exit(main())
