"""Compares our list of ATLAS ids and names with the published one: `python -m tools.atlas_check [FILE]`."""

import gzip
import json
import sys
from pathlib import Path

from bartizan.catalog import load

PUBLISHED = Path("../shared/data/govern/atlas/atlas_reference.json.gz")


def main(arguments: list[str]) -> int:
    file = Path(arguments[0]) if arguments else PUBLISHED
    if not file.exists():
        print(f"not compared: {file} is not there")
        return 3
    published = json.loads(gzip.decompress(file.read_bytes()))
    ours = load().frameworks["atlas"]
    headings: dict[str, str] = dict(published["tactics"])
    entries: dict[str, str] = {technique["id"]: technique["name"] for technique in published["techniques"]}
    differences = [
        *_differences("version", {"": ours.version}, {"": published["version"]}),
        *_differences("tactic", ours.headings, headings),
        *_differences("technique", ours.entries, entries),
    ]
    for difference in differences:
        print(difference)
    print(f"{len(entries)} techniques and {len(headings)} tactics of ATLAS {published['version']} compared")
    return 1 if differences else 0


def _differences(kind: str, ours: dict[str, str], published: dict[str, str]) -> list[str]:
    """One line for each id that only one side has, or that the two name differently."""
    return [
        f"{kind} {entry}: ours {ours.get(entry)!r}, published {published.get(entry)!r}"
        for entry in sorted(ours.keys() | published.keys())
        if ours.get(entry) != published.get(entry)
    ]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
