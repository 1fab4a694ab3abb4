"""The one log: durable appends, a Merkle tree over every record, signed checkpoints, and reading it all back."""

from bartizan.ledger.errors import (
    LedgerClosed,
    LedgerError,
    LedgerTampered,
    LedgerUnwritable,
    NoteError,
    PayloadGone,
    VaultError,
)
from bartizan.ledger.ledger import Ledger
from bartizan.ledger.note import Verifier
from bartizan.ledger.payloads import Payloads
from bartizan.ledger.read import Follower, Position, follow, read
from bartizan.ledger.vault import Vault
from bartizan.ledger.verify import Verification, verify
from bartizan.ledger.writer import LedgerOptions

__all__ = [
    "Follower",
    "Ledger",
    "LedgerClosed",
    "LedgerError",
    "LedgerOptions",
    "LedgerTampered",
    "LedgerUnwritable",
    "NoteError",
    "PayloadGone",
    "Payloads",
    "Position",
    "Vault",
    "VaultError",
    "Verification",
    "Verifier",
    "follow",
    "read",
    "verify",
]
