"""The guard of classic models: false positives at the rate asked for, and what is found of what is strange."""

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from typing import Any

import numpy

from bartizan.guard.inputs import InputGuard, InputProfile
from bartizan.guard.inputs_queries import Queries, QueryWatch
from tests.guard.input_data import interval, pictures, rows, table

HERE = Path(__file__).resolve().parent.parent
CIFAR = Path(os.environ.get("BENCH_ROBUST", HERE.parent / "shared" / "data" / "robust")) / "cifar10_train_3000.npz"
PROFILE = InputProfile(ask_rate=0.01, block_rate=0.001)
RANDOM = numpy.random.default_rng(7)


def run() -> str:
    lines = [
        f"## Inputs of classic models, {PROFILE.ask_rate:.0%} of innocent ones may be asked about",
        "",
        "| data | inputs | flagged | 95 % interval | n |",
        "|---|---|---|---|---|",
    ]
    found = [*_tables(), *(_cifar() if CIFAR.exists() else ())]
    lines += [f"| {data} | {name} | {k / n:.1%} | {_shown(k, n)} | {n:,} |" for data, name, k, n in found]
    lines += ["", "| data | stream of one caller | flagged queries | blocked from query | n |", "|---|---|---|---|---|"]
    lines += [f"| {data} | {name} | {k / n:.1%} | {at} | {n:,} |" for data, name, k, at, n in _streams()]
    return "\n".join([*lines, "", *_speed()])


def _tables() -> Iterator[tuple[str, str, int, int]]:
    guard = InputGuard.fit(table(4_000, 2), profile=PROFILE)
    held = table(4_000, 3)
    yield "table", "held out", *_flagged(guard, held)
    for eps in (0.25, 0.5, 1.0):
        yield "table", f"sign noise of {eps}", *_flagged(guard, held[:1_000] + eps * _signs(held[:1_000].shape))
    yield "table", "uniform over the box", *_flagged(guard, RANDOM.uniform(-8, 8, size=(1_000, 8)))
    guard = InputGuard.fit(rows(4_000, 2), profile=PROFILE)
    yield "rows with names", "held out", *_flagged(guard, rows(4_000, 3))
    yield "rows with names", "a name never seen", *_flagged(guard, [["purple", *row[1:]] for row in rows(500, 4)])
    yield "rows with names", "an age of 150", *_flagged(guard, [[*row[:2], 150] for row in rows(500, 4)])


def _cifar() -> Iterator[tuple[str, str, int, int]]:
    """CIFAR-10 images: a linear model on them, attacked by the sign of its gradient."""
    with numpy.load(CIFAR) as file:
        images, labels = file["x"].transpose(0, 2, 3, 1) / 255.0, file["y"]
    order = numpy.random.default_rng(3).permutation(len(images))
    learn, held, y = images[order[:2_000]], images[order[2_000:]], labels[order[2_000:]]
    weights = _linear(learn, labels[order[:2_000]])

    def predict(inputs: Any) -> Any:
        return _softmax(_flat(inputs) @ weights)

    right = float((predict(held).argmax(axis=1) == y).mean())
    for name, model in (("CIFAR-10", None), (f"CIFAR-10, squeezed (a linear model, {right:.0%} right)", predict)):
        guard = InputGuard.fit(learn, predict=model, profile=PROFILE)
        yield name, "held out", *_flagged(guard, held)
        for step in (1, 2, 4, 8):
            errors = predict(held) - numpy.eye(10)[y]
            gradient = (errors @ weights[:-1].T).reshape(held.shape)
            attacked = numpy.clip(held + step / 255 * numpy.sign(gradient), 0, 1)
            wrong = float((predict(attacked).argmax(axis=1) == y).mean())
            yield name, f"gradient sign of {step}/255 ({wrong:.0%} right)", *_flagged(guard, attacked)
        for step in (2, 4, 8):
            noisy = numpy.clip(held + step / 255 * _signs(held.shape), 0, 1)
            yield name, f"random sign of {step}/255", *_flagged(guard, noisy)
        yield name, "inverted", *_flagged(guard, 1 - held)
        yield name, "upside down", *_flagged(guard, held[:, ::-1])
        yield (
            name,
            "pixels shuffled",
            *_flagged(guard, RANDOM.permuted(held.reshape(-1, 1_024, 3), axis=1).reshape(held.shape)),
        )
        yield name, "discs on gradients", *_flagged(guard, pictures(500, 5, side=32))


def _streams() -> Iterator[tuple[str, str, int, str, int]]:
    watch = QueryWatch.fit(table(4_000, 2))
    yield "table", "innocent", *_watched(watch, table(4_000, 3))
    for eps in (0.01, 0.1, 0.3, 1.0):
        steps = table(1, 4)[0] + eps * RANDOM.normal(size=(200, 8))
        yield "table", f"one row and noise of {eps}", *_watched(watch, steps)
    if not CIFAR.exists():
        return
    with numpy.load(CIFAR) as file:
        images = file["x"].transpose(0, 2, 3, 1) / 255.0
    order = numpy.random.default_rng(3).permutation(len(images))
    watch = QueryWatch.fit(images[order[:2_000]])
    yield "CIFAR-10", "innocent", *_watched(watch, images[order[2_000:]])
    for step in (1, 4, 8, 16, 32):
        noisy = numpy.clip(images[order[2_000]] + step / 255 * _signs((200, 32, 32, 3)), 0, 1)
        yield "CIFAR-10", f"one image and random signs of {step}/255", *_watched(watch, noisy)
    mixed = images[order[2_000:2_400]].copy()
    mixed[::4] = numpy.clip(images[order[2_500]] + 4 / 255 * _signs((100, 32, 32, 3)), 0, 1)
    yield "CIFAR-10", "every fourth query of the second kind, 4/255", *_watched(watch, mixed)


def _speed() -> Iterator[str]:
    yield "| one check of | min us | median us |"
    yield "|---|---|---|"
    made: list[tuple[str, Callable[[int, int], Any]]] = [("a row of 8 numbers", table), ("a 16x16 picture", pictures)]
    for name, data in made:
        guard, held = InputGuard.fit(data(1_000, 2), profile=PROFILE), data(200, 3)
        watch = QueryWatch.fit(data(1_000, 2))
        taken = [_taken(guard.check, x) for x in held]
        yield f"| {name} | {min(taken):.0f} | {median(taken):.0f} |"
        _, queries = _after(watch, held)
        taken = [_taken(watch.check, x, queries) for x in held]
        yield f"| {name}, in its stream | {min(taken):.0f} | {median(taken):.0f} |"


def _flagged(guard: InputGuard, inputs: Any) -> tuple[int, int]:
    verdicts = guard.check_many(inputs)
    return sum(verdict.action != "allow" for verdict in verdicts), len(verdicts)


def _watched(watch: QueryWatch, inputs: Any) -> tuple[int, str, int]:
    actions, _ = _after(watch, inputs)
    at = str(actions.index("block") + 1) if "block" in actions else "never"
    return sum(action != "allow" for action in actions), at, len(actions)


def _after(watch: QueryWatch, inputs: Any) -> tuple[list[str], Queries]:
    queries, actions = Queries(), []
    for x in inputs:
        verdict, queries = watch.check(x, queries)
        actions.append(verdict.action)
    return actions, queries


def _linear(images: Any, labels: Any) -> Any:
    """The weights of a softmax regression, by gradient descent."""
    flat, wanted = _flat(images), numpy.eye(10)[labels]
    weights = numpy.zeros((flat.shape[1], 10))
    for _ in range(150):
        weights -= 0.01 * (flat.T @ (_softmax(flat @ weights) - wanted) / len(flat) + 1e-3 * weights)
    return weights


def _flat(images: Any) -> Any:
    flat = numpy.asarray(images).reshape(len(images), -1) - 0.5
    return numpy.hstack([flat, numpy.ones((len(flat), 1))])


def _softmax(logits: Any) -> Any:
    raised = numpy.exp(logits - logits.max(axis=1, keepdims=True))
    return raised / raised.sum(axis=1, keepdims=True)


def _signs(shape: tuple[int, ...]) -> Any:
    return numpy.sign(RANDOM.normal(size=shape))


def _taken(call: Callable[..., Any], *args: Any) -> float:
    began = time.perf_counter()
    call(*args)
    return (time.perf_counter() - began) * 1e6


def _shown(k: int, n: int) -> str:
    low, high = interval(k, n)
    return f"{low:.1%} to {high:.1%}"
