"""Pickles with many opcodes and little data, which cost a scanner the most per byte."""

import pickle
import random
from typing import Any


def dense_pickles() -> dict[str, bytes]:
    """Each stream by its name, about a megabyte."""
    dice = random.Random(1)
    shared = [[i] for i in range(250)]
    values: dict[str, Any] = {
        "lists of small ints": [[dice.randrange(256) for _ in range(50)] for _ in range(9_000)],
        "nested empties": [[[], [], {}, ()] for _ in range(90_000)],
        "small dicts": [{"a": i, "b": 2, "c": None} for i in range(50_000)],
        "memo-heavy": [dice.choice(shared) for _ in range(450_000)],
        "many strings": [f"name {i} {dice.random()}" for i in range(30_000)],
    }
    return {
        f"{name}, protocol {protocol}": pickle.dumps(value, protocol)
        for name, value in values.items()
        for protocol in (2, 4)
    }
