"""The wrappers of the LangChain integration in a ToolNode of LangGraph, in a graph."""

import asyncio
from typing import Any

import pytest
from langchain_core.messages import AIMessage
from langgraph.graph import END, START, MessagesState, StateGraph
from langgraph.prebuilt import ToolNode

from bartizan.guard.integrations.langchain import tool_wrappers
from tests.guard.integration_guard import BAD, KEY, small_guard


def fetched(url: str, result: str, *, wait: bool) -> tuple[Any, list[str]]:
    made: list[str] = []

    def fetch(url: str) -> str:
        """Fetches."""
        made.append(url)
        return result

    graph = StateGraph(MessagesState)
    graph.add_node("tools", ToolNode([fetch], **tool_wrappers(small_guard())))
    graph.add_edge(START, "tools")
    graph.add_edge("tools", END)
    call = AIMessage("", tool_calls=[{"name": "fetch", "args": {"url": url}, "id": "1"}])
    app, state = graph.compile(), {"messages": [call]}
    final = asyncio.run(app.ainvoke(state)) if wait else app.invoke(state)
    return final["messages"][-1], made


@pytest.mark.parametrize("wait", [False, True])
def test_a_tool_node_is_guarded(wait: bool) -> None:
    message, made = fetched(f"x/{KEY}", f"it is {KEY}", wait=wait)
    assert (message.content, message.status, made) == ("it is [key]", "success", ["x/[key]"])
    message, made = fetched("x", BAD, wait=wait)
    assert (message.status, made) == ("error", ["x"])
    assert BAD not in message.content
    message, made = fetched(BAD, "fine", wait=wait)
    assert (message.status, made) == ("error", [])
