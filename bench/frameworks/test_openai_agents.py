"""The guardrails in runs of the OpenAI Agents SDK, with a model that says what it is told to."""

import asyncio
from typing import Any

import pytest
from agents import Agent, RunConfig, Runner, function_tool
from agents.exceptions import InputGuardrailTripwireTriggered, OutputGuardrailTripwireTriggered
from agents.items import ModelResponse
from agents.models.interface import Model
from agents.tracing import set_tracing_disabled
from agents.usage import Usage
from openai.types.responses import ResponseFunctionToolCall, ResponseOutputMessage, ResponseOutputText

from bartizan.guard.integrations import Refused
from bartizan.guard.integrations.openai_agents import (
    input_guardrail,
    model_input_filter,
    output_guardrail,
    tool_input_guardrail,
    tool_output_guardrail,
)
from tests.guard.integration_guard import BAD, KEY, ODD, small_guard

GUARD = small_guard()
set_tracing_disabled(True)


class Says(Model):
    """Gives these items, one a turn, and keeps what it read."""

    def __init__(self, *turns: Any) -> None:
        self.turns = list(turns)
        self.read: list[Any] = []

    async def get_response(self, system_instructions: Any, input: Any, *args: Any, **kwargs: Any) -> ModelResponse:
        self.read.append(input)
        return ModelResponse(output=[self.turns.pop(0)], usage=Usage(), response_id=None)

    def stream_response(self, *args: Any, **kwargs: Any) -> Any:
        raise NotImplementedError


def text(said: str) -> ResponseOutputMessage:
    part = ResponseOutputText(text=said, type="output_text", annotations=[], logprobs=[])
    return ResponseOutputMessage(id="1", content=[part], role="assistant", status="completed", type="message")


def call(arguments: str) -> ResponseFunctionToolCall:
    return ResponseFunctionToolCall(call_id="c", name="fetch", arguments=arguments, type="function_call")


def run(agent: Agent[Any], given: Any, **config: Any) -> Any:
    return asyncio.run(Runner.run(agent, given, run_config=RunConfig(**config)))


@pytest.mark.parametrize("given", [BAD, ODD, KEY, [{"role": "user", "content": BAD}]])
def test_an_input_that_may_not_pass_stops_the_run_before_the_model_reads_it(given: Any) -> None:
    model = Says(text("hi"))
    with pytest.raises(InputGuardrailTripwireTriggered):
        run(Agent(name="a", model=model, input_guardrails=[input_guardrail(GUARD)]), given)
    assert model.read == []


def test_innocent_runs_pass_and_consent_lets_pass() -> None:
    rails = {
        "input_guardrails": [input_guardrail(GUARD, on_ask=lambda _: True)],
        "output_guardrails": [output_guardrail(GUARD)],
    }
    assert run(Agent(name="a", model=Says(text("hello")), **rails), ODD).final_output == "hello"


@pytest.mark.parametrize("said", [BAD, f"it is {KEY}"])
def test_an_answer_that_may_not_pass_stops_the_run(said: str) -> None:
    with pytest.raises(OutputGuardrailTripwireTriggered):
        run(Agent(name="a", model=Says(text(said)), output_guardrails=[output_guardrail(GUARD)]), "hi")


def tool(result: str, made: list[str]) -> Any:
    @function_tool(
        tool_input_guardrails=[tool_input_guardrail(GUARD)], tool_output_guardrails=[tool_output_guardrail(GUARD)]
    )
    def fetch(url: str) -> str:
        made.append(url)
        return result

    return fetch


@pytest.mark.parametrize(
    ("arguments", "result", "calls", "reads"),
    [
        ('{"url": "x"}', "fine", 1, "fine"),
        ('{"url": "x"}', f"it is {KEY}", 1, "it is [key]"),
        ('{"url": "x"}', BAD, 1, "is blocked"),
        ('{"url": "forbidden fruit"}', "fine", 0, "is blocked"),
        ('{"url": "KEY-0123456789"}', "fine", 0, "take out"),
        ('{"url": "x", "url": "y"}', "fine", 0, "a key twice"),
    ],
)
def test_calls_and_results_of_tools(arguments: str, result: str, calls: int, reads: str) -> None:
    made: list[str] = []
    model = Says(call(arguments), text("done"))
    run(Agent(name="a", model=model, tools=[tool(result, made)]), "hi")
    assert len(made) == calls
    seen = model.read[1][-1]["output"]
    assert reads in seen
    assert BAD not in seen


def test_the_filter_redacts_what_the_model_reads_and_ends_the_run_at_what_may_not_pass() -> None:
    model = Says(text("hi"))
    agent: Agent[Any] = Agent(name="a", model=model, instructions="be kind")
    run(agent, f"my {KEY}", call_model_input_filter=model_input_filter(GUARD))
    assert model.read[0][0]["content"] == "my [key]"
    with pytest.raises(Refused):
        run(agent, BAD, call_model_input_filter=model_input_filter(GUARD))
