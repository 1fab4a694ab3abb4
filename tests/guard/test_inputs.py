"""Inputs of a classic model: the false-positive rate is the one asked for, and what is strange is found."""

import math
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bartizan.guard.inputs import InputGuard, InputProfile
from bartizan.guard.inputs_schema import Column
from bartizan.kernel import UsageError
from tests.guard.input_data import interval, pictures, rows, table

ASKED = 0.05
PROFILE = InputProfile(ask_rate=ASKED, block_rate=0.01)


@cache
def fitted(data: Callable[[int, int], Any], n: int = 1_200) -> InputGuard:
    return InputGuard.fit(data(n, 2), profile=PROFILE)


def flagged(guard: InputGuard, inputs: Any) -> tuple[int, int]:
    """How many inputs are not allowed, and of how many."""
    verdicts = guard.check_many(inputs)
    return sum(verdict.action != "allow" for verdict in verdicts), len(verdicts)


def small_pictures(n: int, seed: int) -> Any:
    return pictures(n, seed, side=8)


@pytest.mark.parametrize("data", [table, rows, small_pictures])
def test_the_share_of_innocent_inputs_that_are_asked_about_is_the_one_asked_for(data: Any) -> None:
    """Over fits: one fit's own share varies with its n / 4 inputs of calibration (Vovk 2012)."""
    fits, n, held = 20, 160, 100
    hits = 0
    for seed in range(fits):
        guard = InputGuard.fit(data(n, 10 + seed), profile=PROFILE, seed=seed)
        hits += flagged(guard, data(held, 1_000 + seed))[0]
    deviation = math.sqrt(ASKED * (1 - ASKED) * (1 / (fits * n / 4) + 1 / (fits * held)))
    assert abs(hits / (fits * held) - ASKED) < 3 * deviation + 1 / (n / 4 + 1)


RANDOM = numpy.random.default_rng(5)


def noisy(eps: float) -> Any:
    held = pictures(150, 3)
    return numpy.clip(held + eps * numpy.sign(RANDOM.normal(size=held.shape)), 0, 1)


@pytest.mark.parametrize(
    ("name", "data", "strange", "least"),
    [
        ("uniform over the box", table, lambda: RANDOM.uniform(-8, 8, size=(300, 8)), 0.95),
        ("three times as large", table, lambda: 3 * table(300, 3), 0.95),
        ("columns the other way round", table, lambda: table(300, 3)[:, ::-1], 0.9),
        ("sign noise of 1", table, lambda: table(300, 3) + numpy.sign(RANDOM.normal(size=(300, 8))), 0.4),
        ("a name never seen", rows, lambda: [["purple", *row[1:]] for row in rows(300, 3)], 0.95),
        ("an amount far off", rows, lambda: [[row[0], 1e4, row[2]] for row in rows(300, 3)], 0.95),
        ("sign noise of 4/255", pictures, lambda: noisy(4 / 255), 0.9),
        ("sign noise of 16/255", pictures, lambda: noisy(16 / 255), 0.95),
        ("white noise", pictures, lambda: RANDOM.random((150, 16, 16, 3)), 0.95),
    ],
)
def test_strange_inputs_are_found(name: str, data: Any, strange: Callable[[], Any], least: float) -> None:
    k, n = flagged(fitted(data), strange())
    low, high = interval(k, n)
    assert k / n >= least, f"{name}: {k / n:.1%} [{low:.1%}, {high:.1%}] of n = {n}"


def test_a_verdict_says_which_test_and_which_column() -> None:
    row = table(1, 3)[0]
    row[5] = 1e9
    verdict = fitted(table).check(row)
    assert (verdict.action, verdict.text) == ("block", "")
    assert verdict.score > 0.999
    spans = {hit.rule: (hit.start, hit.end) for hit in verdict.findings}
    assert spans["input.range"] == (5, 6)
    assert {hit.kind for hit in verdict.findings} == {"unusual-input"}
    assert fitted(table).check(table(1, 3)[0]).passes


@pytest.mark.parametrize(
    ("row", "rule"),
    [
        ([1.0] * 7, "shape"),
        ([1.0] * 9, "shape"),
        (numpy.zeros((8, 1)), "shape"),
        ("12345678", "type"),
        (None, "type"),
        (7, "type"),
        (["1"] * 8, "type"),
        ([b"1"] * 8, "type"),
        ([object()] * 8, "type"),
        (numpy.array(["a"] * 8), "type"),
        (numpy.zeros(8, dtype=complex), "type"),
        ([1.0] * 7 + [float("inf")], "infinite"),
        ([10**400] * 8, "infinite"),
        ([1.0] * 7 + [float("nan")], "missing"),
        ([None] * 8, "missing"),
    ],
    ids=range(15),
)
def test_what_is_no_input_is_blocked(row: Any, rule: str) -> None:
    verdict = fitted(table).check(row)
    assert (verdict.action, [hit.rule for hit in verdict.findings]) == ("block", [f"input.{rule}"])
    assert verdict.reason


@pytest.mark.parametrize(
    ("row", "rule"),
    [
        (["red", 1.0, "x"], "type"),
        ([1.0, 1.0, 30], "type"),
        (["r" * 999, 1.0, 30], "type"),
        (["red", 1.0, None], "missing"),
    ],
    ids=range(4),
)
def test_rows_have_names_and_numbers_where_they_belong(row: Any, rule: str) -> None:
    verdict = fitted(rows).check(row)
    assert [hit.rule for hit in verdict.findings] == [f"input.{rule}"]
    assert fitted(rows).check(["red", None, 30]).action != "block", "amounts were missing in the reference"


def test_declared_columns_hold_whatever_the_reference_had() -> None:
    columns = [
        Column(categories=("red", "green", "blue", "gold")),
        Column(low=0, missing=False),
        Column(low=0, high=120),
    ]
    reference = [[row[0], row[1] or 1.0, row[2]] for row in rows(300, 2)]
    guard = InputGuard.fit(reference, columns=columns, profile=PROFILE)
    for row, rule in (
        (["purple", 1.0, 30], "category"),
        (["red", -1.0, 30], "range"),
        (["red", 1.0, 121], "range"),
        (["red", None, 30], "missing"),
    ):
        assert [hit.rule for hit in guard.check(row).findings] == [f"input.{rule}"]
    assert guard.check(["red", 1.0, 30]).passes


@given(st.lists(st.floats() | st.none() | st.text(max_size=3) | st.integers(), max_size=10) | st.text() | st.binary())
def test_every_input_has_a_verdict(row: Any) -> None:
    verdict = fitted(table).check(row)
    assert verdict.action in ("allow", "ask", "block")
    assert 0 <= verdict.score <= 1


def test_the_same_reference_and_seed_give_the_same_verdicts() -> None:
    once, again = (InputGuard.fit(table(300, 2), seed=4) for _ in range(2))
    assert [once.check(row).score for row in table(20, 3)] == [again.check(row).score for row in table(20, 3)]


def test_a_verdict_does_not_hang_on_its_neighbours() -> None:
    held = table(30, 3)
    many = fitted(table).check_many(held)
    assert [round(fitted(table).check(row).score, 6) for row in held] == [round(verdict.score, 6) for verdict in many]
    assert fitted(table).check_many([]) == []


@pytest.mark.parametrize(
    ("reference", "said"),
    [
        (table(30, 2), "too few"),
        ([[1.0], [1.0, 2.0]], "one length"),
        ([], "one length"),
        (numpy.full((100, 2), numpy.inf), "infinite"),
        ([["a", "b"]] * 50 + [["a", 1.0]] * 50, "belongs"),
    ],
    ids=range(5),
)
def test_a_reference_that_teaches_nothing_is_refused(reference: Any, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        InputGuard.fit(reference)


def test_a_column_that_never_changes_is_missed_when_it_does() -> None:
    reference = numpy.column_stack([table(400, 2), numpy.full(400, 7.0)])
    guard = InputGuard.fit(reference, profile=PROFILE)
    row = reference[0].copy()
    assert guard.check(row).passes
    row[8] = 8.0
    assert guard.check(row).action == "block"


def test_rates_are_shares() -> None:
    for ask, block in ((0.01, 0.02), (-0.1, -0.2), (1.0, 0.0)):
        with pytest.raises(UsageError):
            InputProfile(ask_rate=ask, block_rate=block)


STRIPES = numpy.indices((16, 16))[0][..., None] % 2 * 2.0 - 1


def fragile(inputs: Any) -> Any:
    """A model that reads fine stripes, which no person sees."""
    stripes = (numpy.asarray(inputs) * STRIPES).mean(axis=(1, 2, 3))
    yes = 1 / (1 + numpy.exp(-400 * stripes))
    return numpy.stack([yes, 1 - yes], axis=1)


def test_an_answer_that_does_not_hold_when_squeezed_is_found() -> None:
    guard = InputGuard.fit(pictures(600, 2), predict=fragile, profile=PROFILE)
    held = pictures(200, 3)
    k, n = flagged(guard, held)
    assert interval(k, n)[0] <= ASKED + 0.02
    turned = guard.check_many(numpy.clip(held + 0.02 * STRIPES, 0, 1))
    found = sum("input.squeeze" in {hit.rule for hit in verdict.findings} for verdict in turned)
    assert found >= 0.9 * len(turned)


def test_a_model_that_fails_leaves_the_input_unscanned() -> None:
    answers: list[Any] = []

    def predict(inputs: Any) -> Any:
        return fragile(inputs) if not answers else answers[0](inputs)

    guard = InputGuard.fit(pictures(200, 2), predict=predict)
    answers.append(None)
    for bad in (
        lambda _: 1 / 0,
        lambda inputs: numpy.zeros(len(inputs) + 1),
        lambda inputs: numpy.full((len(inputs), 2), numpy.nan),
        lambda _: "yes",
    ):
        answers[0] = bad
        verdict = guard.check(pictures(1, 3)[0])
        assert (verdict.action, verdict.score, verdict.passes) == ("unscanned", 0.0, False)
        assert verdict.reason
