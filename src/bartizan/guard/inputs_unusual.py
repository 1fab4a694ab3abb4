"""How unusual an input is: beside its columns, off the directions in which inputs vary, far from all of them, noisy.

Each test gives a number that grows with strangeness; what it means is learned from other reference inputs.
"""

import math
from typing import TYPE_CHECKING, Any, TypeAlias

from bartizan.guard.inputs_schema import UNSEEN, Columns

if TYPE_CHECKING:
    from numpy import ndarray

    Array: TypeAlias = ndarray[Any, Any]

Found: TypeAlias = list[tuple[float, int, int]]
"""For each input a number, and the first and last column that it is about."""

KEPT_ROWS = 2_000
"""Reference inputs that are learned from and kept, at most."""
MAX_DIRECTIONS = 64
DIRECTION_ROWS = 512
"""Reference inputs that the directions are found from, at most."""
EXPLAINED = 0.95
"""The share of the variance that the kept directions have to hold."""
NEIGHBOURS = 5
QUIET_SHARE = 0.1
"""The quietest tenth of a picture is smooth in most pictures that nobody added noise to."""


class Unusual:
    """What was learned from the reference."""

    def __init__(self, numbers: "Array", names: "Array", columns: Columns) -> None:
        import numpy

        self._columns = columns
        self._middle = numpy.nan_to_num(numpy.nanmedian(numbers, axis=0)) if numbers.size else numpy.zeros(0)
        self._scale = scales(numbers, self._middle)
        flat = self._flat(numbers)
        self._low, self._high = _bounds(numbers)
        self._mean, self._directions, self._variances = _directions(flat)
        self._known = self._along(flat)[0]
        self._rarity = [_rarity(names[:, at]) for at in range(names.shape[1])]

    @classmethod
    def fit(cls, numbers: "Array", names: "Array", columns: Columns) -> "Unusual":
        return cls(numbers[:KEPT_ROWS], names[:KEPT_ROWS], columns)

    @property
    def bounds(self) -> tuple["Array", "Array"]:
        """The lowest and highest value of each column of numbers."""
        return self._low, self._high

    def tests(self, numbers: "Array", names: "Array") -> dict[str, Found]:
        """What each test says about each input."""
        found: dict[str, Found] = {}
        if numbers.shape[1]:
            along, off = self._along(self._flat(numbers))
            found["range"] = self._beside(numbers)
            found["direction"] = self._whole((along**2).sum(axis=1))
            if len(self._directions) < numbers.shape[1]:
                found["residual"] = self._whole((off**2).sum(axis=1))
            found["far"] = self._whole(self._distances(along))
        if names.shape[1]:
            found["rare-name"] = self._rare(names)
        if len(self._columns.shape) > 1:
            found["noise"] = self._whole(_noise(numbers.reshape(-1, *self._columns.shape)))
        return found

    def _flat(self, numbers: "Array") -> "Array":
        """On one scale, with the middle in the place of what is missing, and nothing too large to be squared."""
        import numpy

        return numpy.clip(numpy.nan_to_num((numbers - self._middle) / self._scale), -1e6, 1e6)

    def _along(self, flat: "Array") -> tuple["Array", "Array"]:
        """The coordinates along the kept directions, each on the scale of its variance, and what is left."""
        centred = flat - self._mean
        inner = centred @ self._directions.T
        return inner / self._variances**0.5, centred - inner @ self._directions

    def _beside(self, numbers: "Array") -> Found:
        """How far the worst column lies outside of what was seen, in its own scale; inside, how near to the edge."""
        import numpy

        over = numpy.nan_to_num(numpy.maximum(numbers - self._high, self._low - numbers) / self._scale, nan=-1e6)
        worst = over.argmax(axis=1)
        places = self._columns.numeric or range(self._columns.count)
        return [(float(over[at, place]), places[place], places[place] + 1) for at, place in enumerate(worst)]

    def _distances(self, along: "Array") -> "Array":
        """The mean distance to the nearest reference inputs."""
        import numpy

        squares = (along**2).sum(axis=1)[:, None] + (self._known**2).sum(axis=1)[None, :] - 2 * along @ self._known.T
        count = min(NEIGHBOURS, squares.shape[1])
        nearest = numpy.partition(numpy.maximum(squares, 0), count - 1, axis=1)[:, :count]
        distances: Array = numpy.sqrt(nearest).mean(axis=1)
        return distances

    def _rare(self, names: "Array") -> Found:
        """The surprise of the rarest name."""
        import numpy

        surprise = numpy.stack(
            [[table.get(int(code), most) for code in names[:, at]] for at, (table, most) in enumerate(self._rarity)],
            axis=1,
        )
        worst = surprise.argmax(axis=1)
        places = self._columns.named
        return [(float(surprise[at, place]), places[place], places[place] + 1) for at, place in enumerate(worst)]

    def _whole(self, values: "Array") -> Found:
        return [(float(value), 0, self._columns.count) for value in values]


def scales(numbers: "Array", middle: "Array") -> "Array":
    """The spread of each column: of its middle half, or of all; where it never changes, of the number itself."""
    import numpy

    if not numbers.size:
        return numpy.ones(numbers.shape[1])
    robust = 1.4826 * numpy.nan_to_num(numpy.nanmedian(numpy.abs(numbers - middle), axis=0))
    plain = numpy.nan_to_num(numpy.nanstd(numbers, axis=0))
    least = 1e-3 * numpy.maximum(numpy.abs(middle), 1e-6)
    spread: Array = numpy.maximum(numpy.where(robust > 0.1 * plain, robust, plain), least)
    return spread


def _bounds(numbers: "Array") -> tuple["Array", "Array"]:
    import numpy

    bare = numpy.isnan(numbers).all(axis=0)
    filled = numpy.where(bare, 0.0, numbers)
    return numpy.nanmin(filled, axis=0), numpy.nanmax(filled, axis=0)


def _directions(flat: "Array") -> tuple["Array", "Array", "Array"]:
    """The mean, the directions of most variance, and the variances along them, none of them tiny."""
    import numpy

    mean = flat.mean(axis=0)
    variances, directions = _principal(flat[:DIRECTION_ROWS] - mean)
    total = max(float(variances.sum()), 1e-12)
    enough = int(numpy.searchsorted(numpy.cumsum(variances) / total, EXPLAINED)) + 1
    kept = max(1, min(enough, MAX_DIRECTIONS, len(variances)))
    if flat.shape[1] <= MAX_DIRECTIONS:
        kept = min(flat.shape[1], len(variances))
    return mean, directions[:kept], numpy.maximum(variances[:kept], 1e-4 * total / len(variances))


def _principal(centred: "Array") -> tuple["Array", "Array"]:
    """The variances along the principal directions and these directions, the largest first, by the smaller product."""
    import numpy

    n, width = centred.shape
    if width <= n:
        values, vectors = numpy.linalg.eigh(centred.T @ centred)
        directions = vectors.T
    else:
        values, vectors = numpy.linalg.eigh(centred @ centred.T)
        directions = vectors.T @ centred / numpy.sqrt(numpy.maximum(values, 1e-9))[:, None]
    return numpy.maximum(values[::-1], 0) / max(1, n - 1), directions[::-1]


def _rarity(codes: "Array") -> tuple[dict[int, float], float]:
    """The surprise of each name of a column, and of a name that was never seen."""
    import numpy

    seen, counts = numpy.unique(codes, return_counts=True)
    most = math.log(len(codes) + 2)
    table = {int(code): math.log((len(codes) + 2) / (count + 1)) for code, count in zip(seen, counts, strict=True)}
    return table, most + 1.0 if UNSEEN not in table else most


def _noise(pictures: "Array") -> "Array":
    """The roughness of the quietest part of each picture: of the second differences both ways (Immerkaer 1996)."""
    import numpy

    if pictures.shape[1] < 3 or pictures.shape[2] < 3:
        return numpy.zeros(len(pictures))
    pictures = numpy.nan_to_num(pictures)
    across = pictures[:, :, 2:] - 2 * pictures[:, :, 1:-1] + pictures[:, :, :-2]
    both = numpy.abs(across[:, 2:] - 2 * across[:, 1:-1] + across[:, :-2]).reshape(len(pictures), -1)
    quiet: Array = numpy.quantile(both, QUIET_SHARE, axis=1)
    return quiet
