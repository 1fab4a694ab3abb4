"""The guard where texts pass: a decorator, ASGI, LangChain and LangGraph, OpenAI Agents, LiteLLM.

`guarded` and `GuardMiddleware` need nothing; `langchain`, `langgraph`, `openai_agents` and `litellm` are modules that
need their framework.
"""

from bartizan.guard.integrations.asgi import GuardMiddleware
from bartizan.guard.integrations.checkpoint import Checkpoint
from bartizan.guard.integrations.decorator import guarded
from bartizan.guard.integrations.errors import MissingFramework, Refused
from bartizan.guard.integrations.look import Asked

__all__ = ["Asked", "Checkpoint", "GuardMiddleware", "MissingFramework", "Refused", "guarded"]
