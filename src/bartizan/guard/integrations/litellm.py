"""LiteLLM: a guardrail of its proxy and of its library, which redacts as well as refuses, also in streams."""

from collections.abc import AsyncIterator
from typing import Any, ClassVar

from bartizan.guard.guard import Guard
from bartizan.guard.integrations.chat import TRUSTED, Chat, Media, system_of
from bartizan.guard.integrations.checkpoint import Checkpoint, OnAsk
from bartizan.guard.integrations.deltas import Deltas, Event
from bartizan.guard.integrations.errors import MissingFramework, Refused

try:
    from litellm.exceptions import GuardrailRaisedException
    from litellm.integrations.custom_guardrail import CustomGuardrail
except ImportError:
    raise MissingFramework("LiteLLM", "litellm") from None

ASKED_FOR = ("messages", "input", "prompt", "system", "instructions", "tools", "functions")
"""What of a request goes to the model; the rest are LiteLLM's own fields."""


class BartizanGuardrail(CustomGuardrail):  # type: ignore[misc]
    """Named in the proxy's configuration, or put into `litellm.callbacks`."""

    use_native_lifecycle_hooks: ClassVar[bool] = True

    def __init__(
        self,
        guard: Guard | None = None,
        *,
        on_ask: OnAsk | None = None,
        media: Media = "refuse",
        guardrail_name: str = "bartizan",
        **options: Any,
    ) -> None:
        self._guard = guard or Guard.load()
        self._on_ask = on_ask
        self._request = Chat(TRUSTED, media)
        self._answer = Chat(TRUSTED, media, "output")
        super().__init__(guardrail_name=guardrail_name, **options)

    async def async_pre_call_hook(self, user_api_key_dict: Any, cache: Any, data: Any, call_type: Any) -> Any:
        """The request as it may go to the model."""
        asked = {name: data[name] for name in ASKED_FOR if data.get(name) is not None}
        passed = await self._passed(self._request, asked, system_of(data))
        return {**data, **passed}

    async def async_post_call_success_hook(self, data: Any, user_api_key_dict: Any, response: Any) -> Any:
        """The answer as it may go to whoever asked."""
        passed = await self._passed(self._answer, response.model_dump(exclude_none=True), system_of(data))
        return type(response)(**passed)

    async def async_post_call_streaming_iterator_hook(
        self, user_api_key_dict: Any, response: Any, request_data: Any
    ) -> AsyncIterator[Any]:
        """The pieces of an answer as they may go, none of it to be redacted later."""
        deltas = Deltas(self._checkpoint(system_of(request_data)))
        like: Any = None
        try:
            async for piece in response:
                like = piece
                before, bare = deltas.take(Event("", piece.model_dump(exclude_none=True)))
                judged = deltas.filled(await self._passed(self._answer, bare, ""))
                for value in (*(event.value for event in before), judged):
                    yield type(piece)(**value)
            for event in deltas.close():
                yield type(like)(**event.value)
        except Refused as refused:
            raise self._raised(refused) from None

    async def _passed(self, chat: Chat, value: Any, system: str) -> Any:
        try:
            return await self._checkpoint(system).run_async(lambda look: chat.judged(look, value))
        except Refused as refused:
            raise self._raised(refused) from None

    def _checkpoint(self, system: str) -> Checkpoint:
        return Checkpoint(self._guard, self._on_ask, system)

    def _raised(self, refused: Refused) -> Exception:
        error: Exception = GuardrailRaisedException(
            guardrail_name=self.guardrail_name,
            message=str(refused),
            should_wrap_with_default_message=False,
            blocked_content=refused.action != "unscanned",
        )
        return error
