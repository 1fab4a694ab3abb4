"""A process that changes the state: `python -m tests.state.changer URL FOLDER NAME COUNT [die]`."""

import os
import signal
import sys
from pathlib import Path
from typing import Any

from bartizan.kernel import Stamp
from bartizan.ledger import Ledger, Vault
from bartizan.state import AssetRegistered, State


def main(url: str, folder: str, name: str, count: str, *die: str) -> None:
    vault = Vault.open(Path(folder) / "vault")
    with Ledger(Path(folder) / "ledger", vault) as ledger, State.open(url, ledger=ledger, vault=vault) as state:
        if die:
            _die_after_append(ledger)
        for number in range(int(count)):
            (record,) = state.change(Stamp(), AssetRegistered(asset=f"model:{name}-{number}").event())
            sys.stdout.write(f"{record.rev}\n")
            sys.stdout.flush()


def _die_after_append(ledger: Any) -> None:
    """Ends this process at once, as soon as its first append is durable."""
    append = ledger.append

    def last(records: Any) -> None:
        append(records)
        os.kill(os.getpid(), signal.SIGKILL)

    ledger.append = last


if __name__ == "__main__":
    main(*sys.argv[1:])
