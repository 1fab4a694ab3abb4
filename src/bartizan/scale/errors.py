"""What can go wrong with a whole run or a bus; what goes wrong with one item is its outcome."""

from bartizan.kernel import BartizanError


class ScaleError(BartizanError):
    """The place where work should run cannot be had, or cannot do it."""


class Cancelled(ScaleError):
    """The run was cancelled, so the items without an outcome were not looked at."""


class Full(ScaleError):
    """A partition holds all that it may, and its consumers did not make room in time."""


class Closed(ScaleError):
    """The bus was closed."""
