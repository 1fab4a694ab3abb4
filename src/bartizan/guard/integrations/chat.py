"""Requests and answers of chat APIs as JSON: which stage each of their strings belongs to.

One walk for all of them (OpenAI chat and responses, Anthropic messages, Gemini, Ollama): a `role`, a `type` or a
well-known key says where a string comes from, as far as the one who wrote the request may say so.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from bartizan.guard.integrations.errors import Refused
from bartizan.guard.integrations.look import Look, Stages, shown
from bartizan.guard.verdict import Stage

ROLES: Mapping[str, Stage] = {
    "user": "user",
    "human": "user",
    "system": "system",
    "developer": "system",
    "assistant": "output",
    "ai": "output",
    "model": "output",
    "tool": "tool_result",
    "function": "tool_result",
}
TYPES: Mapping[str, Stage] = {
    "tool_result": "tool_result",
    "function_call_output": "tool_result",
    "tool_use": "tool_call",
    "function_call": "tool_call",
}
KEYS: Mapping[str, Stage] = {
    "system": "system",
    "instructions": "system",
    "systeminstruction": "system",
    "system_instruction": "system",
    "tools": "system",
    "functions": "system",
    "tool_calls": "tool_call",
    "function_call": "tool_call",
    "functioncall": "tool_call",
    "functionresponse": "tool_result",
}
TRUSTED: frozenset[Stage] = frozenset({"system", "output", "tool_result", "tool_call"})
"""What an application that writes its requests itself may say of them."""
MEDIA_TYPES = frozenset(
    (
        "image",
        "image_url",
        "input_image",
        "audio",
        "input_audio",
        "video",
        "video_url",
        "file",
        "input_file",
        "document",
    )
)
MEDIA_KEYS = frozenset(("inline_data", "inlinedata", "file_data", "filedata", "images", "image_url", "input_audio"))
BYTES = re.compile(r"(?:data:[\w.+-]+/[\w.+;=-]+,)?[A-Za-z0-9+/_=-]{256,}\Z")

Media: TypeAlias = Literal["refuse", "pass"]


@dataclass(frozen=True, slots=True)
class Chat:
    """How far a request is believed about itself."""

    trusted: frozenset[Stage] = frozenset()
    """What is said to be of these stages is judged as such; anything else as what a user wrote, and as that besides."""
    media: Media = "refuse"
    """Pictures, sounds and files are not looked at: they end the request, or pass with only their texts judged."""
    base: Stage = "user"
    """The stage of what says nothing of itself."""

    def judged(self, look: Look, body: Any) -> Any:
        """The body with each string judged at its stage."""
        return self._value(look, body, (self.base,), "", 0)

    def _value(self, look: Look, value: Any, stages: Stages, path: str, depth: int, media: bool = False) -> Any:
        if isinstance(value, str):
            return value if media and BYTES.match(value) else look.text(value, stages, path)
        if isinstance(value, list):
            return self._list(look, value, stages, path, look.deeper(depth, stages, path), media)
        if isinstance(value, dict):
            return self._dict(look, value, stages, path, look.deeper(depth, stages, path), media)
        return look.value(value, stages, path)

    def _list(self, look: Look, items: list[Any], stages: Stages, path: str, depth: int, media: bool) -> list[Any]:
        places = [at for at, item in enumerate(items) if _is_part(item)]
        if len(places) < 2:
            return [self._value(look, item, stages, f"{path}[{at}]", depth, media) for at, item in enumerate(items)]
        texts = iter(look.parts([items[at]["text"] for at in places], stages, path))
        bare = [{**item, "text": ""} if _is_part(item) else item for item in items]
        judged = [self._value(look, item, stages, f"{path}[{at}]", depth, media) for at, item in enumerate(bare)]
        for at in places:
            judged[at]["text"] = next(texts)
        return judged

    def _dict(self, look: Look, value: dict[str, Any], stages: Stages, path: str, depth: int, media: bool) -> Any:
        stages = self._said(value.get("role"), ROLES, stages)
        stages = self._said(value.get("type"), TYPES, stages)
        found: dict[str, Any] = {}
        for key, item in value.items():
            below, name = stages, key.lower()
            if name in KEYS:
                below = self._stages(KEYS[name])
            seen = media or name in MEDIA_KEYS or value.get("type") in MEDIA_TYPES
            if seen and not media and self.media == "refuse" and item is not None:
                raise Refused("unscanned", stages[0], "media is not looked at", f"{path}.{shown(key)}".lstrip("."))
            at = f"{path}.{shown(key)}".lstrip(".")
            found[look.key(key, stages, path)] = self._value(look, item, below, at, depth, seen)
        return found

    def _said(self, name: object, table: Mapping[str, Stage], stages: Stages) -> Stages:
        stage = table.get(name.lower()) if isinstance(name, str) else None
        return self._stages(stage) if stage else stages

    def _stages(self, claimed: Stage) -> Stages:
        if claimed == self.base or claimed in self.trusted:
            return (claimed,)
        return (self.base,) if claimed == "output" else (self.base, claimed)


def system_of(body: Any) -> str:
    """The system prompt of a request, as far as it has one."""
    if not isinstance(body, dict):
        return ""
    texts = [*_texts(body.get("system")), *_texts(body.get("instructions"))]
    messages = body.get("messages")
    for message in messages if isinstance(messages, list) else ():
        if isinstance(message, dict) and message.get("role") in ("system", "developer"):
            texts += _texts(message.get("content"))
    return "\n".join(texts)


def _texts(content: Any) -> Iterable[str]:
    if isinstance(content, str):
        return (content,)
    return (item["text"] for item in content if _is_part(item)) if isinstance(content, list) else ()


def _is_part(item: Any) -> bool:
    return isinstance(item, dict) and isinstance(item.get("text"), str)
