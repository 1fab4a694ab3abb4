"""Rule sets: the TOML files that lie in a folder."""

import tomllib
from pathlib import Path

import msgspec

from bartizan.text.rule import Rule


def load_rules(place: Path) -> tuple[Rule, ...]:
    """The rules of all TOML files in the folder, by the files' names."""
    tables = [
        table for file in sorted(place.glob("*.toml")) for table in tomllib.loads(file.read_text("utf-8"))["rule"]
    ]
    return msgspec.convert(tables, tuple[Rule, ...])
