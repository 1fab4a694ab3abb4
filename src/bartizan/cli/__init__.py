"""The command line. Each verb is a module of its own, imported when it is called."""

import sys

from bartizan.cli.lazy import program


def main() -> None:
    """Run `bartizan` and exit with 0 (nothing found), 1 (found), 2 (wrong usage) or 3 (could not look)."""
    sys.exit(program())
