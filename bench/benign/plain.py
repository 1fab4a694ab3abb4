"""Pickles and joblib files of plain values and of the standard library's own types."""

import array
import collections
import datetime
import decimal
import enum
import fractions
import ipaddress
import operator
import pathlib
import pickle
import random
import re
import string
import types
import uuid
from collections.abc import Callable
from functools import partial
from typing import Any

from bench.benign.family import Folder

RANDOM_VALUES = 60
PROTOCOLS = range(pickle.HIGHEST_PROTOCOL + 1)
COMPRESSORS = (0, ("zlib", 3), ("gzip", 3), ("bz2", 3), ("lzma", 3), ("xz", 3), ("lz4", 3))


def values(dice: random.Random) -> dict[str, Any]:
    """One value of each of the standard library's types that people keep in a pickle."""
    zone = datetime.timezone(datetime.timedelta(hours=2), "CEST")
    point = collections.namedtuple("struct", "a b")  # only its values travel: see `astuple` below
    return {
        "ordered": collections.OrderedDict((f"layer{i}", [i]) for i in range(5)),
        "defaultdict": collections.defaultdict(list, {"a": [1]}),
        "defaultdict-int": collections.defaultdict(int, {"a": 1}),
        "defaultdict-of": collections.defaultdict(partial(collections.defaultdict, int)),
        "counter": collections.Counter("bartizan"),
        "deque": collections.deque(range(9), maxlen=9),
        "chainmap": collections.ChainMap({"a": 1}, {"b": 2}),
        "dates": [datetime.date(2026, 1, 2), datetime.time(3, 4), datetime.timedelta(5, 6, 7)],
        "datetimes": [datetime.datetime(2026, 1, 2, tzinfo=zone), datetime.datetime(2026, 1, 2, tzinfo=datetime.UTC)],
        "decimal": [decimal.Decimal("1.10"), decimal.Decimal("NaN")],
        "fraction": fractions.Fraction(3, 7),
        "uuid": uuid.UUID(int=dice.getrandbits(128)),
        "pure-path": pathlib.PurePosixPath("a/b.bin"),
        "path": pathlib.Path("checkpoints/last.pt"),
        "namespace": types.SimpleNamespace(lr=0.1, layers=[1, 2]),
        "regex": re.compile(r"\w+|[^\w\s]+", re.IGNORECASE),
        "array": array.array("d", [1.5, 2.5]),
        "network": ipaddress.ip_network("10.0.0.0/8"),
        "random": random.Random(5),
        "template": string.Template("$a"),
        "itemgetter": operator.itemgetter(1, 2),
        "attrgetter": operator.attrgetter("score"),
        "types": [int, str, dict, list, collections.OrderedDict, datetime.date],
        "builtins": [len, sum, max, sorted, abs],
        "slice": [slice(1, None, 2), range(3, 9), Ellipsis, NotImplemented],
        "complex": [complex(1, 2), 2**300, -(2**70), float("inf")],
        "bytes": [b"", bytes(range(256)), bytearray(b"abc")],
        "text": ["", "caf\u00e9", "\U0001f600", "line\nbreak", "x" * 70_000],
        "sets": [set(), {1, 2}, frozenset({("a", 1)})],
        "tuple": tuple(point(1, 2)),
        "error": ValueError("bad value"),
        "errors": [KeyError("k"), RuntimeError("r"), StopIteration()],
        "flag": re.RegexFlag.IGNORECASE,
        "enum": enum.Enum("Colour", "RED").RED.value,
        "shared": _shared(),
        "cycle": _cycle(),
    }


def pickles(folder: Folder) -> None:
    for name, value in values(folder.dice).items():
        for protocol in PROTOCOLS:
            folder.save(f"{name}-p{protocol}.pkl", _pickled(value, protocol))
    for number in range(RANDOM_VALUES):
        value = _random_value(folder.dice, 4)
        folder.save(f"random-{number}.pkl", _pickled(value, folder.dice.choice(PROTOCOLS)))
    # One file with several streams, one after the other, and the pure-Python pickler.
    for protocol in PROTOCOLS:
        streams = b"".join(pickle.dumps(_random_value(folder.dice, 3), protocol) for _ in range(4))
        folder.write(f"streams-p{protocol}.pkl", streams)
        folder.write(f"python-p{protocol}.pkl", pickle._dumps(_random_value(folder.dice, 4), protocol))  # type: ignore[attr-defined]


def joblib_files(folder: Folder) -> None:
    import joblib

    for name, value in values(folder.dice).items():
        compress = folder.dice.choice(COMPRESSORS)
        folder.save(f"{name}.joblib", lambda path, value=value, how=compress: joblib.dump(value, path, compress=how))
    for compress in COMPRESSORS:
        value = _random_value(folder.dice, 4)
        folder.save(
            f"random-{compress}.joblib", lambda path, value=value, how=compress: joblib.dump(value, path, compress=how)
        )


def cloud_pickles(folder: Folder) -> None:
    """cloudpickle and dill of values: what they save of functions is code, and so is not in here."""
    import cloudpickle

    for name, value in values(folder.dice).items():
        folder.save(f"{name}.cloudpickle", lambda path, value=value: path.write_bytes(cloudpickle.dumps(value)))


def dill_pickles(folder: Folder) -> None:
    import dill

    for name, value in values(folder.dice).items():
        folder.save(f"{name}.dill", lambda path, value=value: path.write_bytes(dill.dumps(value)))


def _pickled(value: Any, protocol: int) -> Callable[..., object]:
    return lambda path: path.write_bytes(pickle.dumps(value, protocol))


def _random_value(dice: random.Random, depth: int) -> Any:
    leaves: list[Callable[[], Any]] = [
        lambda: dice.randrange(-(2**40), 2**40),
        lambda: dice.random(),
        lambda: "".join(dice.choices(string.printable, k=dice.randrange(30))),
        lambda: dice.randbytes(dice.randrange(300)),
        lambda: dice.choice([None, True, False, -1, 0, 255, 256, 65_536]),
    ]
    if depth == 0 or dice.random() < 0.2:
        return dice.choice(leaves)()
    inner = [_random_value(dice, depth - 1) for _ in range(dice.randrange(6))]
    kind = dice.randrange(4)
    if kind == 0:
        return tuple(inner)
    if kind == 1:
        return {f"key{number}": one for number, one in enumerate(inner)}
    if kind == 2:
        return collections.OrderedDict(enumerate(inner))
    return inner


def _shared() -> list[Any]:
    one = {"a": ["b"]}
    return [one, one, {"again": one["a"]}] * 3


def _cycle() -> list[Any]:
    outer: list[Any] = [1]
    outer.append({"self": outer})
    return outer


FAMILIES = {
    "pickle": pickles, "joblib": joblib_files, "cloudpickle": cloud_pickles, "dill": dill_pickles,
}  # fmt: skip
