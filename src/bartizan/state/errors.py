"""What can be wrong with the state."""

from bartizan.kernel import BartizanError


class StateError(BartizanError):
    """The database of the state cannot be used, or does not fit what was asked."""


class StateTooNew(StateError):
    """The database was made by a later version of Bartizan."""


class StateAhead(StateError):
    """The state has seen what the ledger does not hold: the ledger is an older copy, or another one."""


class Refused(StateError):
    """A record that the state does not take in, and why."""
