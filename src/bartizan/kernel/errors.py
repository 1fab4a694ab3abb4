"""The errors of Bartizan: one root, and the few kinds that every room shares."""


class BartizanError(Exception):
    """An error meant for a person: one line that says what, where, and what to do next."""

    def __init__(self, what: str, *, where: object = "", todo: str = "") -> None:
        self.what = what
        self.where = str(where)
        self.todo = todo
        super().__init__(what, self.where, todo)

    def __reduce__(self) -> tuple[object, ...]:
        """Errors cross processes, and their arguments go by name."""
        return _again, (type(self), self.args, vars(self))

    def __str__(self) -> str:
        place = f" ({self.where})" if self.where else ""
        said = f"{self.what}{place}"
        stop = "" if said.endswith((".", "?", "!")) else "."
        return " ".join((f"{said}{stop} {self.todo}" if self.todo else said).split())


class UsageError(BartizanError):
    """What was asked for makes no sense: exit code 2."""


class HostileInput(BartizanError):
    """Data from outside is malformed in a way that only a mistake or an attack explains."""


class OutOfBudget(BartizanError):
    """Looking further would cost more than was allowed, so nothing is known about the rest."""


class MissingExtra(BartizanError):
    """An optional dependency is not installed."""

    def __init__(self, extra: str, purpose: str) -> None:
        super().__init__(f"{purpose} needs the extra [{extra}]", todo=f"pip install 'bartizan[{extra}]'")
        self.extra = extra


def _again(kind: type[BartizanError], args: tuple[object, ...], facts: dict[str, object]) -> BartizanError:
    """The error that was sent, with all that it knew."""
    error = kind.__new__(kind, *args)
    error.__dict__.update(facts)
    return error
