"""A secret made fit to show: enough to know it again by, too little to use."""

from bartizan.text.visible import visible

_SHOWN_AT_MOST = 4
_HIDDEN_FOR_EACH_SHOWN = 5


def mask(secret: str) -> str:
    """The first letters of the secret, at most four and no more than a sixth of it, and `***` for the rest."""
    shown = min(_SHOWN_AT_MOST, len(secret) // (1 + _HIDDEN_FOR_EACH_SHOWN))
    return visible(secret[:shown]) + "***"
