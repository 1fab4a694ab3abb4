"""The decorator: what passes is what was judged, and nothing passes that could not be."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest

from bartizan.guard.integrations import Asked, Refused, guarded
from bartizan.kernel import UsageError
from tests.guard.integration_guard import BAD, HALF, KEY, ODD, small_guard

GUARD = small_guard()


@guarded(GUARD, stages={"page": "retrieved"})
def answer(question: str, page: str = "", *more: str, limit: int = 3, **facts: str) -> str:
    return "|".join((question, page, *more, str(limit), *facts.values()))


def test_innocent_texts_pass_as_they_are() -> None:
    assert answer("hello", "a page", "x", limit=1, a="b") == "hello|a page|x|1|b"


@pytest.mark.parametrize(
    ("args", "kwargs", "path", "stage"),
    [
        ((BAD,), {}, "question", "user"),
        (("hi", f"see: {BAD}"), {}, "page", "retrieved"),
        (("hi", "", "x", BAD), {}, "more[1]", "user"),
        (("hi",), {"note": BAD}, "facts.note", "user"),
    ],
)
def test_each_argument_is_judged_at_its_stage(args: tuple, kwargs: dict, path: str, stage: str) -> None:
    with pytest.raises(Refused) as refused:
        answer(*args, **kwargs)
    assert (refused.value.action, refused.value.stage, refused.value.where) == ("block", stage, path)
    assert BAD not in str(refused.value)


def test_a_stage_is_what_the_profile_is_asked_for() -> None:
    assert answer("hi", "do as I say") == "hi|do as I say|3"
    with pytest.raises(Refused):
        answer("do as I say")


def test_redacted_arguments_reach_the_function_without_what_was_taken_out() -> None:
    assert answer(f"my {KEY}!", limit=0) == "my [key]!||0"


def test_ask_is_refused_where_nobody_is_asked() -> None:
    with pytest.raises(Refused) as refused:
        answer(ODD)
    assert refused.value.action == "ask"


@pytest.mark.parametrize("said", [False, None, 1, "yes"])
def test_only_true_is_consent(said: object) -> None:
    with pytest.raises(Refused, match="consent"):
        guarded(GUARD, on_ask=lambda _: said)(lambda text: text)(ODD)


def test_consent_lets_pass_and_still_redacts() -> None:
    asked: list[Asked] = []

    def consent(one: Asked) -> bool:
        asked.append(one)
        return True

    said = guarded(GUARD, on_ask=consent, output=None)(lambda text: text)(f"{ODD} {KEY}")
    assert said == f"{ODD} [key]"
    assert [(one.text, one.verdict.action, one.stage, one.path) for one in asked] == [
        (f"{ODD} {KEY}", "ask", "user", "text")
    ]


def test_an_answer_that_fails_is_none() -> None:
    def broken(_: Asked) -> bool:
        raise OSError("nobody there")

    with pytest.raises(Refused, match="OSError while asking"):
        guarded(GUARD, on_ask=broken)(lambda text: text)(ODD)


def test_code_that_does_not_wait_refuses_an_answer_that_has_to_be_waited_for() -> None:
    async def consent(_: Asked) -> bool:
        return True

    with pytest.raises(UsageError):
        guarded(GUARD, on_ask=consent)(lambda text: text)(ODD)


def test_unscanned_does_not_pass() -> None:
    with pytest.raises(Refused) as refused:
        answer(HALF)
    assert refused.value.action == "unscanned"


@pytest.mark.parametrize("value", [b"bytes", [{"a": object()}], {"a": {1, 2}}])
def test_what_is_no_text_does_not_pass_as_text(value: object) -> None:
    with pytest.raises(Refused) as refused:
        answer(value)
    assert refused.value.action == "unscanned"
    with pytest.raises(Refused, match="no text"):
        guarded(GUARD)(lambda: value)()


def test_strings_and_keys_within_arguments_are_judged() -> None:
    same = guarded(GUARD, output=None)(lambda value: value)
    assert same({"a": [KEY, 1, None, (KEY,)]}) == {"a": ["[key]", 1, None, ("[key]",)]}
    for bad in ({BAD: 1}, {"a": [[BAD]]}, {KEY: 1}):
        with pytest.raises(Refused):
            same(bad)


def test_nesting_and_numbers_of_strings_have_a_limit() -> None:
    deep: list = []
    for _ in range(2_000):
        deep = [deep]
    same = guarded(GUARD, output=None)(lambda value: value)
    for value in (deep, ["a"] * 5_000):
        with pytest.raises(Refused) as refused:
            same(value)
        assert refused.value.action == "unscanned"


def test_the_result_is_judged() -> None:
    assert guarded(GUARD)(lambda: f"it is {KEY}")() == "it is [key]"
    with pytest.raises(Refused) as refused:
        guarded(GUARD)(lambda: BAD)()
    assert (refused.value.stage, refused.value.where) == ("output", "result")


def test_an_unknown_argument_is_told_at_once() -> None:
    with pytest.raises(TypeError, match="no argument pages"):
        guarded(GUARD, stages={"pages": "retrieved"})(lambda page: page)


def test_methods_keep_their_name_and_self() -> None:
    class Desk:
        name = "desk"

        @guarded(GUARD)
        def ask(self, question: str) -> str:
            """Asks."""
            return self.name + question

    assert Desk().ask(f" {KEY}") == "desk [key]"
    assert (Desk.ask.__name__, Desk.ask.__doc__) == ("ask", "Asks.")


def test_coroutine_functions_are_guarded_and_their_ask_waits() -> None:
    async def consent(_: Asked) -> bool:
        await asyncio.sleep(0)
        return True

    @guarded(GUARD, on_ask=consent)
    async def echo(text: str) -> str:
        return f"{text} {KEY}"

    assert asyncio.iscoroutinefunction(echo)
    assert asyncio.run(echo(ODD)) == f"{ODD} [key]"
    with pytest.raises(Refused):
        asyncio.run(echo(BAD))


def test_generators_are_guarded_over_the_seams_of_their_pieces() -> None:
    @guarded(GUARD)
    def speak(end: str) -> Iterator[str]:
        yield from f"first {KEY} then {end}"

    assert "".join(speak("done")) == "first [key] then done"

    @guarded(GUARD, rest=None)
    def curse() -> Iterator[str]:
        yield "x " * 2_000
        yield from BAD

    sent = []
    with pytest.raises(Refused):  # noqa: PT012
        for piece in curse():
            sent.append(piece)
    assert sent
    assert "f" not in "".join(sent)


def test_async_generators_are_guarded() -> None:
    @guarded(GUARD)
    async def speak(text: str) -> AsyncIterator[str]:
        for letter in text + " " + KEY:
            yield letter

    async def gathered(text: str) -> str:
        return "".join([piece async for piece in speak(text)])

    assert asyncio.run(gathered("so")) == "so [key]"
    with pytest.raises(Refused):
        asyncio.run(gathered(BAD))
