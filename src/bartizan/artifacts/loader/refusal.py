"""Why a file is not opened."""

from bartizan.artifacts.report import Report
from bartizan.kernel import BartizanError

SHOWN_NAMES = 5


class Refused(BartizanError):
    """The file would do more than make values, or is not known to do only that."""

    def __init__(self, what: str, *, where: object = "", todo: str = "", report: Report | None = None) -> None:
        super().__init__(what, where=where, todo=todo)
        self.report = report


def advice(unknown: list[str]) -> str:
    """How to go on with a file that names what the table does not know."""
    names = ", ".join(repr(name) for name in unknown[:SHOWN_NAMES])
    more = f" and {len(unknown) - SHOWN_NAMES} more" if len(unknown) > SHOWN_NAMES else ""
    return f"If you trust what it names, pass trust=[{names}]{more}" if unknown else "bartizan scan shows all reasons"
