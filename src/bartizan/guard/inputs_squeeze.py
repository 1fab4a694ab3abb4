"""Feature squeezing (Xu, Evans and Qi 2018): an answer that changes when the input loses what no person would miss."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias

from bartizan.guard.inputs_schema import Columns

if TYPE_CHECKING:
    from numpy import ndarray

    from bartizan.guard.inputs_unusual import Unusual

    Array: TypeAlias = ndarray[Any, Any]

Predict: TypeAlias = Callable[[Any], Any]
BITS = 5
"""Of each value that are kept, between the lowest and the highest value of its column."""


def disagreement(predict: Predict, numbers: "Array", columns: Columns, unusual: "Unusual") -> list[float]:
    """How far the answers to the squeezed inputs are at most from the answer to the input, summed over classes."""
    import numpy

    if columns.named:
        raise ValueError("inputs with names are not squeezed")
    pictures = numbers.reshape(-1, *columns.shape)
    plain = _answers(predict, pictures)
    low, high = unusual.bounds
    worst = numpy.zeros(len(pictures))
    for squeezed in (_fewer_bits(numbers, low, high).reshape(pictures.shape), *_smoothed(pictures)):
        worst = numpy.maximum(worst, numpy.abs(_answers(predict, squeezed) - plain).sum(axis=1))
    return [float(value) for value in worst]


def _answers(predict: Predict, inputs: "Array") -> "Array":
    import numpy

    answers = numpy.asarray(predict(inputs), dtype=numpy.float64)
    if answers.ndim not in (1, 2) or len(answers) != len(inputs):
        raise ValueError(f"predict gave the shape {answers.shape} for {len(inputs)} inputs")
    return answers.reshape(len(inputs), -1)


def _fewer_bits(numbers: "Array", low: "Array", high: "Array") -> "Array":
    import numpy

    span = numpy.where(high > low, high - low, 1.0)
    steps = (1 << BITS) - 1
    return numpy.round((numbers - low) / span * steps) / steps * span + low


def _smoothed(pictures: "Array") -> list["Array"]:
    """The pictures with the median of each three by three; nothing for inputs that are no pictures."""
    import numpy

    if pictures.ndim < 3:
        return []
    edges = [(0, 0), (1, 1), (1, 1), *[(0, 0)] * (pictures.ndim - 3)]
    wide = numpy.pad(pictures, edges, mode="edge")
    height, width = pictures.shape[1:3]
    shifted = [wide[:, y : y + height, x : x + width] for y in range(3) for x in range(3)]
    return [numpy.median(numpy.stack(shifted), axis=0)]
