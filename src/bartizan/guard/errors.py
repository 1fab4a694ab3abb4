"""The errors of the guard."""

from bartizan.kernel import BartizanError


class BadProfile(BartizanError):
    """A profile says something that makes no sense."""
