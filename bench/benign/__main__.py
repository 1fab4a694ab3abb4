"""`python -m bench.benign FOLDER [FAMILY ...]` makes the files and prints, per family, how many, or why none."""

import json
import sys
from importlib import import_module
from pathlib import Path

from bench.benign.family import Family, Folder

MODULES = ("plain", "arrays", "torch_files", "sklearn_files", "tables", "boosters", "formats", "texts", "code")


def main(target: str, *wanted: str) -> None:
    made: dict[str, object] = {}
    for name, family in families().items():
        if wanted and name not in wanted:
            continue
        folder = Folder(Path(target) / name.replace(" ", "-"))
        try:
            family(folder)
        except ImportError as error:
            made[name] = f"skipped: no {error.name}"
        else:
            made[name] = {"not savable": len(folder.failed), "of them": folder.failed[:5]}
    print("\n" + json.dumps(made))


def families() -> dict[str, Family]:
    """Every family by its name."""
    return {name: one for module in MODULES for name, one in import_module(f"bench.benign.{module}").FAMILIES.items()}


if __name__ == "__main__":
    main(*sys.argv[1:])
