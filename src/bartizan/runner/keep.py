"""TEMPORARY local stand-in."""

from __future__ import annotations

import contextlib

from bartizan.kernel import Registry
from bartizan.ledger import Ledger, Vault
from bartizan.runner.settings import Settings
from bartizan.state import State


class Keep:
    @classmethod
    @contextlib.contextmanager
    def open(cls, settings: Settings):
        k = cls()
        k.settings = settings
        settings.data.mkdir(0o700, parents=True, exist_ok=True)
        k.vault = Vault.open(settings.data / "vault")
        with (
            Ledger(settings.data / "ledger", k.vault) as k.ledger,
            State.open(settings.state_url, ledger=k.ledger, vault=k.vault) as k.state,
        ):
            k.registry = Registry()
            yield k

    def append(self, records):
        self.ledger.append(records)
        self.state.observe(records)
