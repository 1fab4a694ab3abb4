"""A checkpoint: a guard, and who is asked when it asks. What every integration is made of.

What passes is exactly what was judged. `block`, `unscanned` and an `ask` to which nobody consents raise `Refused`;
`redact` passes with the finding taken out.
"""

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar

from bartizan.guard.guard import Guard
from bartizan.guard.integrations.errors import Refused
from bartizan.guard.integrations.look import Asked, Look
from bartizan.guard.verdict import Stage
from bartizan.kernel import UsageError

T = TypeVar("T")
OnAsk: TypeAlias = Callable[[Asked], bool | Awaitable[bool]]
"""True lets the text pass. Nothing else does."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Where values are judged on their way."""

    guard: Guard
    on_ask: OnAsk | None = None
    """Nobody is asked, and nothing passes, if there is none."""
    system: str = ""
    """The prompt that the application gave."""

    def passed(self, value: Any, stage: Stage, path: str = "") -> Any:
        """The value as it may go on, for code that does not wait."""
        return self.run(lambda look: look.value(value, (stage,), path))

    async def passed_async(self, value: Any, stage: Stage, path: str = "") -> Any:
        """The value as it may go on, for code that waits."""
        return await self.run_async(lambda look: look.value(value, (stage,), path))

    def run(self, judged: Callable[[Look], T]) -> T:
        """What `judged` makes of a look, once all that it asked about has been granted."""
        look = Look(self.guard, self.system)
        value = judged(look)
        for asked in look.asked:
            with _consent(asked) as granted:
                answer = self.on_ask(asked) if self.on_ask else False
                if inspect.isawaitable(answer):
                    _discard(answer)
                    raise UsageError("on_ask has to be waited for, and the guarded code does not wait")
                granted(answer)
        return value

    async def run_async(self, judged: Callable[[Look], T], *, beside: bool = False) -> T:
        """The same, and `on_ask` may be a coroutine function; `beside` judges in a thread beside the event loop."""
        look = Look(self.guard, self.system)
        value = await asyncio.to_thread(judged, look) if beside else judged(look)
        for asked in look.asked:
            with _consent(asked) as granted:
                answer = self.on_ask(asked) if self.on_ask else False
                granted(await answer if inspect.isawaitable(answer) else answer)
        return value


@contextmanager
def _consent(asked: Asked) -> Iterator[Callable[[object], None]]:
    """Raises unless it is told True: an answer that fails is none."""

    def granted(answer: object) -> None:
        if answer is not True:
            raise Refused("ask", asked.stage, asked.verdict.reason, asked.path)

    try:
        yield granted
    except (Refused, UsageError):
        raise
    except Exception as wrong:
        raise Refused("ask", asked.stage, f"{asked.verdict.reason} ({type(wrong).__name__} while asking)") from wrong


def _discard(answer: object) -> None:
    if inspect.iscoroutine(answer):
        answer.close()
