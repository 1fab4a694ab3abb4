"""The columns of a model's inputs: what may stand in each, declared or learned from reference inputs."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import msgspec

from bartizan.kernel import UsageError

if TYPE_CHECKING:
    from numpy import ndarray

    Array: TypeAlias = ndarray[Any, Any]

UNSEEN = -1
MAX_NAME = 256


class Column(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What is declared of a column; whatever is not declared is learned."""

    name: str = ""
    low: float = -math.inf
    high: float = math.inf
    categories: tuple[str, ...] = ()
    """The only values of a column of names."""
    missing: bool | None = None
    """Whether a value may be missing: None or not a number. Learned if it is not said."""


class Fault(NamedTuple):
    """Why something is no input of this model."""

    rule: str
    column: int
    said: str


class Columns:
    """All columns. An input of several dimensions, a picture, is one of numbers, and keeps its shape."""

    def __init__(
        self, shape: tuple[int, ...], declared: Sequence[Column], named: Sequence[int], known: Sequence[dict[str, int]]
    ) -> None:
        self.shape = shape
        self.count = math.prod(shape)
        self._declared = tuple(declared)
        self.named = tuple(named)
        """The columns that hold names."""
        named_too = frozenset(named)
        self.numeric = tuple(at for at in range(self.count) if at not in named_too) if named else ()
        self._known = tuple(known)
        self._missing: frozenset[int] | None = None

    @classmethod
    def of(cls, reference: Any, declared: Sequence[Column] = ()) -> "Columns":
        """The columns of a reference: an array, or rows of numbers and strings."""
        import numpy

        if isinstance(reference, numpy.ndarray) and reference.dtype.kind in "biuf" and reference.ndim >= 2:
            columns = cls(reference.shape[1:], declared, (), ())
        else:
            rows = [list(row) for row in reference]
            if not rows or len({len(row) for row in rows}) != 1 or not rows[0]:
                raise UsageError("reference inputs are rows of one length")
            named = [at for at in range(len(rows[0])) if any(isinstance(row[at], str) for row in rows)]
            named += [at for at, column in enumerate(declared) if column.categories and at not in named]
            known = []
            for at in sorted(named):
                only = declared[at].categories if at < len(declared) else ()
                values = only or sorted({row[at] for row in rows if isinstance(row[at], str)})
                known.append({value: code for code, value in enumerate(values)})
            columns = cls((len(rows[0]),), declared, sorted(named), known)
        if declared and len(declared) != columns.count:
            raise UsageError(f"{len(declared)} columns are declared, and an input has {columns.count}")
        return columns

    def room(self, rows: int) -> tuple["Array", "Array"]:
        """Arrays for the numbers and the names of so many inputs; a value that is missing is NaN, or UNSEEN."""
        import numpy

        width = self.count - len(self.named)
        return numpy.full((rows, width), numpy.nan), numpy.full((rows, len(self.named)), UNSEEN, dtype=numpy.int64)

    def split(self, reference: Any) -> tuple["Array", "Array"]:
        """The numbers and names of the reference, from which is learned where values may be missing."""
        import numpy

        rows = reference if isinstance(reference, numpy.ndarray) else list(reference)
        numbers, names = self.room(len(rows))
        for at, row in enumerate(rows):
            if fault := self.read(row, numbers[at], names[at]):
                raise UsageError(f"reference input {at} is none: {fault.said}")
        gaps = numpy.flatnonzero(numpy.isnan(numbers).any(axis=0))
        places = self.numeric or range(self.count)
        missing = {places[int(gap)] for gap in gaps}
        for at, column in enumerate(self._declared):
            (missing.add if column.missing else missing.discard)(at) if column.missing is not None else None
        self._missing = frozenset(missing)
        return numbers, names

    def read(self, row: Any, numbers: "Array", names: "Array") -> Fault | None:
        """Puts one input into its place in the arrays; or says what is wrong with it."""
        import numpy

        if not self.named:
            return self._read_numbers(row, numbers)
        try:
            values = list(row)
        except TypeError:
            return Fault("shape", 0, f"a {type(row).__name__} is no row")
        if len(values) != self.count:
            return Fault("shape", 0, f"{len(values)} values, where an input has {self.count}")
        for place, at in enumerate(self.named):
            if fault := self._read_name(values[at], at, place, names):
                return fault
        try:
            numeric = [_number(values[at]) for at in self.numeric]
        except TypeError as wrong:
            return Fault("type", 0, str(wrong))
        numbers[:] = numpy.asarray(numeric, dtype=numpy.float64) if numeric else numbers
        return self._ranges(numbers)

    def _read_numbers(self, row: Any, numbers: "Array") -> Fault | None:
        import numpy

        if isinstance(row, numpy.ndarray):
            if row.dtype.kind not in "biuf":
                return Fault("type", 0, f"{row.dtype} values are no numbers")
            if row.shape != self.shape:
                return Fault("shape", 0, f"the shape {row.shape}, where an input has {self.shape}")
            numbers[:] = row.reshape(-1)
            return self._ranges(numbers)
        if len(self.shape) > 1:
            return Fault("type", 0, f"a {type(row).__name__} is no array")
        if not isinstance(row, list | tuple):
            return Fault("type", 0, f"a {type(row).__name__} is no row")
        if len(row) != self.count:
            return Fault("shape", 0, f"{len(row)} values, where an input has {self.count}")
        try:
            numbers[:] = [_number(value) for value in row]
        except TypeError as wrong:
            return Fault("type", 0, str(wrong))
        return self._ranges(numbers)

    def _read_name(self, value: Any, at: int, place: int, names: "Array") -> Fault | None:
        if value is None:
            return None
        if not isinstance(value, str):
            return Fault("type", at, f"a {type(value).__name__}, where a name belongs")
        if len(value) > MAX_NAME:
            return Fault("type", at, f"a name of {len(value):,} characters")
        code = self._known[place].get(value, UNSEEN)
        if code == UNSEEN and at < len(self._declared) and self._declared[at].categories:
            return Fault("category", at, "a name that is not declared")
        names[place] = code
        return None

    def _ranges(self, numbers: "Array") -> Fault | None:
        import numpy

        places = self.numeric or range(self.count)
        if numpy.isinf(numbers).any():
            return Fault("infinite", places[int(numpy.isinf(numbers).argmax())], "a number that is infinite")
        if self._missing is not None:
            for gap in numpy.flatnonzero(numpy.isnan(numbers)):
                if places[int(gap)] not in self._missing:
                    return Fault("missing", places[int(gap)], "no number, where there always is one")
        for place, at in enumerate(places) if self._declared else ():
            column = self._declared[at]
            if numbers[place] < column.low or numbers[place] > column.high:
                return Fault("range", at, "a number outside of its declared range")
        return None


def _number(value: Any) -> float:
    """A number as a float; None is a missing one."""
    if value is None:
        return math.nan
    if isinstance(value, str | bytes) or not hasattr(value, "__float__"):
        raise TypeError(f"a {type(value).__name__}, where a number belongs")
    try:
        return float(value)
    except (OverflowError, ValueError):
        return math.inf
