"""The errors of the catalog."""

from collections.abc import Iterable

from bartizan.kernel import BartizanError, UsageError


class BrokenCatalog(BartizanError):
    """The data files contradict themselves or each other, so nothing in them is to be trusted."""


class UnknownName(UsageError):
    """The catalog has no such threat, stage or framework id."""

    def __init__(self, what: str, name: str, known: Iterable[str], todo: str = "") -> None:
        from difflib import get_close_matches

        near = get_close_matches(name, list(known), n=1)
        super().__init__(f"there is no {what} {name!r}", todo=f"Did you mean {near[0]}?" if near else todo)
