"""OpenAI Agents SDK: guardrails that stop a run, guardrails of tools, and a filter that takes out what is redacted.

A guardrail of that SDK says stop or go, and cannot change a text: `redact` stops, unless `model_input_filter` is there
to take it out (`redacts=False`).
"""

from collections.abc import Awaitable, Callable
from typing import Any

from bartizan.guard.guard import Guard
from bartizan.guard.integrations.chat import TRUSTED, Chat, Media
from bartizan.guard.integrations.checkpoint import Checkpoint, OnAsk
from bartizan.guard.integrations.errors import MissingFramework, Refused
from bartizan.guard.integrations.strict_json import parse
from bartizan.guard.verdict import Stage
from bartizan.kernel import HostileInput

try:
    from agents import (
        GuardrailFunctionOutput,
        InputGuardrail,
        OutputGuardrail,
        ToolGuardrailFunctionOutput,
        ToolInputGuardrail,
        ToolOutputGuardrail,
    )
    from agents.run import ModelInputData
except ImportError:
    raise MissingFramework("the OpenAI Agents SDK", "openai-agents") from None


def input_guardrail(
    guard: Guard, *, on_ask: OnAsk | None = None, redacts: bool = True, media: Media = "refuse"
) -> "InputGuardrail[Any]":
    """For `Agent(input_guardrails=[...])`: judged before the agent starts, and not beside it."""
    stops = _Stops(Checkpoint(guard, on_ask), "user", redacts, media)

    async def judged(_context: Any, _agent: Any, given: Any) -> Any:
        return await stops.output(given)

    return InputGuardrail(guardrail_function=judged, name="bartizan", run_in_parallel=False)


def output_guardrail(
    guard: Guard, *, on_ask: OnAsk | None = None, redacts: bool = True, system: str = ""
) -> "OutputGuardrail[Any]":
    """For `Agent(output_guardrails=[...])`. The SDK asks it once the answer is there: what was streamed is out."""
    stops = _Stops(Checkpoint(guard, on_ask, system), "output", redacts, "refuse")

    async def judged(_context: Any, _agent: Any, answer: Any) -> Any:
        return await stops.output(answer.model_dump() if hasattr(answer, "model_dump") else answer)

    return OutputGuardrail(guardrail_function=judged, name="bartizan")


def tool_input_guardrail(guard: Guard, *, on_ask: OnAsk | None = None) -> "ToolInputGuardrail[Any]":
    """For `function_tool(tool_input_guardrails=[...])`: a call that is refused, or redacted, is not made."""
    stops = _Stops(Checkpoint(guard, on_ask), "tool_call", True, "refuse")

    async def judged(data: Any) -> Any:
        arguments = data.context.tool_arguments
        try:
            found = parse(arguments.encode("utf-8", "surrogatepass")) if arguments else {}
        except HostileInput as wrong:
            return ToolGuardrailFunctionOutput.reject_content(wrong.what)
        refused, _ = await stops.judged(found)
        return ToolGuardrailFunctionOutput.reject_content(refused) if refused else ToolGuardrailFunctionOutput.allow()

    return ToolInputGuardrail(guardrail_function=judged, name="bartizan")


def tool_output_guardrail(guard: Guard, *, on_ask: OnAsk | None = None) -> "ToolOutputGuardrail[Any]":
    """For `function_tool(tool_output_guardrails=[...])`: the model reads the redacted result, or why there is none."""
    stops = _Stops(Checkpoint(guard, on_ask), "tool_result", False, "refuse")

    async def judged(data: Any) -> Any:
        result = data.output if isinstance(data.output, str | list | dict) else str(data.output)
        refused, passed = await stops.judged(result)
        if refused or passed != result:
            return ToolGuardrailFunctionOutput.reject_content(refused or str(passed))
        return ToolGuardrailFunctionOutput.allow()

    return ToolOutputGuardrail(guardrail_function=judged, name="bartizan")


def model_input_filter(
    guard: Guard, *, on_ask: OnAsk | None = None, media: Media = "refuse"
) -> "Callable[[Any], Awaitable[ModelInputData]]":
    """For `RunConfig(call_model_input_filter=...)`: judges and redacts what the model is about to read."""
    chat = Chat(TRUSTED, media)

    async def judged(data: Any) -> "ModelInputData":
        given = data.model_data
        checkpoint = Checkpoint(guard, on_ask, given.instructions or "")
        passed = await checkpoint.run_async(lambda look: chat.judged(look, given.input))
        return ModelInputData(input=passed, instructions=given.instructions)

    return judged


class _Stops:
    """Turns what a checkpoint says into stop or go."""

    def __init__(self, checkpoint: Checkpoint, stage: Stage, redacts: bool, media: Media) -> None:
        self._checkpoint = checkpoint
        self._chat = Chat(TRUSTED, media, stage)
        self._stage: Stage = stage
        self._redacts = redacts

    async def output(self, value: Any) -> Any:
        refused, _ = await self.judged(value)
        return GuardrailFunctionOutput(output_info={"guard": refused or "passed"}, tripwire_triggered=bool(refused))

    async def judged(self, value: Any) -> tuple[str, Any]:
        """Why it may not pass, if it may not; and what may."""
        try:
            passed = await self._checkpoint.run_async(lambda look: self._chat.judged(look, value))
        except Refused as refused:
            return str(refused), None
        if self._redacts and passed != value:
            return str(Refused("redact", self._stage, "")), None
        return "", passed
