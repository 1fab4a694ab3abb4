"""Bombs: small files whose cost is out of proportion; `python -m bench.bombs` decides each in a process of its own."""

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path


def bombs() -> dict[str, bytes]:
    """Each bomb by its name."""
    from bench.bomb_makers import MAKERS

    return {name: make() for name, make in MAKERS.items()}


def decide(path: Path) -> dict[str, object]:
    """Verdict, milliseconds of CPU and MiB beyond an idle scanner for one file, in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.bombs", str(path)], capture_output=True, text=True, check=True, timeout=120
    )
    return dict(json.loads(done.stdout))


def main(path: str = "") -> None:
    if not path:
        _all()
        return
    from bartizan.artifacts import Held, scan

    scan(Held("warm", b"\x80\x04N."))
    before, began = _peak_kib(), time.process_time()
    report = scan(path)
    taken = time.process_time() - began
    print(json.dumps({"verdict": report.verdict, "ms": taken * 1e3, "mib": (_peak_kib() - before) / 1024}))


def _all() -> None:
    """Decide each and print it, the slowest last."""
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, data in bombs().items():
            path = Path(folder) / "bomb"
            path.write_bytes(data)
            found[name] = (len(data), min((decide(path) for _ in range(3)), key=lambda one: float(str(one["ms"]))))
    for name, (size, one) in sorted(found.items(), key=lambda item: float(str(item[1][1]["ms"]))):
        print(f"{name:44} {size:>10,} B {one['verdict']:10} {one['ms']:8.1f} ms {one['mib']:6.1f} MiB")


def _peak_kib() -> int:
    """The most memory that this process has had; unlike ru_maxrss it owes nothing to the process that started it."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0])


if __name__ == "__main__":
    main(*sys.argv[1:])
