"""What can be wrong with a ledger, a vault or a payload store."""

from bartizan.kernel import BartizanError


class LedgerError(BartizanError):
    """Something about the ledger, the vault or the payloads."""


class LedgerTampered(LedgerError):
    """The files do not continue what was signed: somebody or something changed them."""


class LedgerUnwritable(LedgerError):
    """A record could not be made durable, and the ledger is declared to fail closed."""


class LedgerClosed(LedgerError):
    """An append came after `close`."""


class VaultError(LedgerError):
    """The vault cannot be opened, or does not hold what was asked for."""


class NoteError(LedgerError):
    """A signed note is malformed, or no known key signed it."""


class PayloadGone(LedgerError):
    """The payload was erased with its key, or is not in this store."""
