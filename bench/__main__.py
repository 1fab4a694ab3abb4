"""`python -m bench [NAME ...]` runs the benches, all or the named ones, and writes bench/RESULTS.md."""

import importlib
import sys
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from platform import python_version

HERE = Path(__file__).parent
RESULTS = HERE / "RESULTS.md"


def main(names: list[str]) -> None:
    """Each bench is a module `NAME_bench` with `run() -> str`, a Markdown section with its own heading."""
    known = sorted(path.stem for path in HERE.glob("*_bench.py"))
    if unknown := sorted(set(names) - set(known)):
        sys.exit(f"no bench {', '.join(unknown)}; there are {', '.join(known)}")
    sections = _read_sections()
    for name in names or known:
        text = importlib.import_module(f"bench.{name}").run()
        stamp = f"{datetime.now(UTC):%Y-%m-%d}, Bartizan {version('bartizan')}, Python {python_version()}"
        sections[name] = f"<!-- {name} -->\n{text.strip()}\n\n_{stamp}_\n"
        print(sections[name], flush=True)
    body = "\n".join(sections[name] for name in sorted(sections))
    RESULTS.write_text(f"# Bench results\n\nWritten by `make bench`.\n\n{body}")


def _read_sections() -> dict[str, str]:
    """The sections of the last run, by bench, so that one bench can be run again alone."""
    if not RESULTS.exists():
        return {}
    _, *parts = RESULTS.read_text().split("<!-- ")
    pairs = (part.split(" -->\n", 1) for part in parts)
    return {name: f"<!-- {name} -->\n{text.rstrip()}\n" for name, text in pairs}


if __name__ == "__main__":
    main(sys.argv[1:])
