"""Data for a model, made of a seed: a table of clusters, rows with names, and smooth pictures."""

from typing import Any

import numpy


def table(n: int, seed: int, columns: int = 8) -> Any:
    """Rows of three clusters with correlated columns."""
    fixed, random = numpy.random.default_rng(1), numpy.random.default_rng(seed)
    centres, mixing = fixed.normal(scale=4, size=(3, columns)), fixed.normal(size=(3, columns, columns)) / columns**0.5
    which = random.integers(3, size=n)
    noise = random.normal(size=(n, columns))
    return centres[which] + numpy.einsum("ni,nij->nj", noise, mixing[which])


def rows(n: int, seed: int) -> list[list[Any]]:
    """Rows of numbers and names, some of them missing."""
    random = numpy.random.default_rng(seed)
    colours = random.choice(["red", "green", "blue"], p=[0.6, 0.3, 0.1], size=n)
    amounts = random.lognormal(size=n)
    gaps = random.random(n) < 0.1
    ages = random.integers(18, 80, size=n)
    return [
        [str(colour), None if gap else float(amount), int(age)]
        for colour, gap, amount, age in zip(colours, gaps, amounts, ages, strict=True)
    ]


def pictures(n: int, seed: int, side: int = 16) -> Any:
    """Smooth pictures in three colours, from 0 to 1: a gradient, a disc and a little grain."""
    random = numpy.random.default_rng(seed)
    y, x = numpy.mgrid[0:side, 0:side] / side
    made = []
    for _ in range(n):
        slope, centre, colours = random.normal(size=2), random.random(2), random.random((2, 3))
        disc = 1 / (1 + numpy.exp(40 * (numpy.hypot(y - centre[0], x - centre[1]) - 0.1 - 0.3 * random.random())))
        ground = 0.5 + 0.2 * (slope[0] * (y - 0.5) + slope[1] * (x - 0.5))
        picture = ground[..., None] * colours[0] * (1 - disc[..., None]) + disc[..., None] * colours[1]
        made.append(picture + random.normal(scale=0.005, size=picture.shape))
    return numpy.clip(numpy.stack(made), 0, 1)


def interval(k: int, n: int) -> tuple[float, float]:
    """The 95 % interval of a share (Wilson 1927)."""
    z, p = 1.96, k / n
    middle, wide = p + z * z / (2 * n), z * ((p * (1 - p) + z * z / (4 * n)) / n) ** 0.5
    return (middle - wide) / (1 + z * z / n), (middle + wide) / (1 + z * z / n)
