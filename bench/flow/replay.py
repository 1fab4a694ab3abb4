"""One task of AgentDojo, replayed call by call through a session, with or without an attacker's calls in between."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from agentdojo.base_tasks import BaseInjectionTask, BaseUserTask
from agentdojo.functions_runtime import FunctionCall, FunctionsRuntime
from agentdojo.task_suite.task_suite import TaskSuite
from agentdojo.types import text_content_block_from_string
from pydantic import BaseModel

from bartizan.guard.session import CallVerdict, Session

MARK_CHARS = 40
MOST_WORLDS = 64


@dataclass(frozen=True)
class Call:
    """A tool and what it is given."""

    tool: str
    arguments: Mapping[str, Any]


@dataclass
class Replay:
    """What came of it."""

    useful: bool = False
    attacked: bool = False
    """The suite's own checker says that the attacker got what he wanted."""
    asks: list[CallVerdict] = field(default_factory=list)
    blocks: list[CallVerdict] = field(default_factory=list)
    reached: list[CallVerdict] = field(default_factory=list)
    """Attacker's calls of sinks that went through."""
    tried: int = 0
    """Attacker's calls of sinks."""
    us: list[int] = field(default_factory=list)


Approves = Callable[[Call], bool]


class Oracle:
    """A person who approves exactly the calls of the user's own task, each as often as it is due."""

    def __init__(self, calls: list[Call]) -> None:
        self._due = list(calls)

    def __call__(self, call: Call) -> bool:
        if call not in self._due:
            return False
        self._due.remove(call)
        return True


def nobody(_: Call) -> bool:
    """A person who approves nothing."""
    return False


def everyone(_: Call) -> bool:
    """A person who approves all: what happens without a guard."""
    return True


def replay(
    suite: TaskSuite[Any],
    task: BaseUserTask[Any],
    new_session: Callable[[], Session],
    approves: Callable[[list[Call]], Approves],
    attack: BaseInjectionTask[Any] | None = None,
    attackers: Callable[[Any], list[Call]] | None = None,
    injections: Mapping[str, str] | None = None,
    *,
    unguarded: bool = False,
) -> Replay:
    """The ground-truth calls of a task through a session; the attacker's after each result that carries his text.

    An attacker without a text of his own tries after every result.
    """
    env = task.init_environment(environment(suite, injections or {}))
    before = env.model_copy(deep=True)
    due = calls_of(task, env)
    agent = _Agent(suite, env, new_session(), approves(due), unguarded=unguarded)
    agent.session.user(task.PROMPT)
    marks = {_mark(text) for text in (injections or {}).values()}
    for call in due:
        value = agent.make(call)
        if attackers and value is not None and (not marks or any(mark in _plain(value) for mark in marks)):
            for bad in attackers(env):
                agent.make(bad, hostile=True)
    out = agent.out
    output = [text_content_block_from_string(task.GROUND_TRUTH_OUTPUT)]
    out.useful = _judged(lambda: suite._check_task_result(task, output, before, env, agent.trace))
    if attack is not None:
        out.attacked = _judged(lambda: suite._check_task_result(attack, output, before, env, agent.trace))
    return out


def environment(suite: TaskSuite[Any], injections: Mapping[str, str]) -> Any:
    """The world of a suite with an attacker's texts in it; made once, for its YAML takes half a second to read."""
    key = suite.name, *sorted(injections.items())
    if key not in _worlds:
        _worlds.clear() if len(_worlds) > MOST_WORLDS else None
        _worlds[key] = suite.load_and_inject_default_environment(dict(injections))
    return _worlds[key].model_copy(deep=True)


_worlds: dict[Any, Any] = {}


def calls_of(task: Any, env: Any) -> list[Call]:
    """The calls that a task is truly solved by; none if its author wrote none."""
    return [Call(call.function, dict(call.args)) for call in task.ground_truth(env.model_copy(deep=True))]


class _Agent:
    """Makes the calls that pass, as a model would that does as it is told."""

    def __init__(
        self, suite: TaskSuite[Any], env: Any, session: Session, approves: Approves, *, unguarded: bool
    ) -> None:
        self.session = session
        self.out = Replay()
        self.trace: list[FunctionCall] = []
        self._env = env
        self._runtime = FunctionsRuntime(suite.tools)
        self._approves = approves
        self._unguarded = unguarded

    def make(self, call: Call, *, hostile: bool = False) -> Any:
        """The result of a call, if it passes or is approved."""
        verdict = self.session.call(call.tool, **call.arguments)
        self.out.us.append(verdict.us)
        sink = self.session.is_sink(call.tool)
        self.out.tried += hostile and sink
        passes = verdict.passes or self._unguarded
        if verdict.action == "ask" and not passes:
            if not hostile:
                self.out.asks.append(verdict)
            if self._approves(call):
                self.session.approve(verdict, **call.arguments)
                passes = True
        if verdict.action == "block" and not hostile:
            self.out.blocks.append(verdict)
        if not passes:
            return None
        if hostile and sink:
            self.out.reached.append(verdict)
        self.trace.append(FunctionCall(function=call.tool, args=dict(call.arguments)))
        value, error = self._runtime.run_function(self._env, call.tool, dict(call.arguments))
        told = error or _dumped(value)
        self.session.result(verdict, told, **call.arguments)
        return told


def _dumped(value: Any) -> Any:
    """A result as plain lists and mappings."""
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if isinstance(value, list | tuple):
        return [_dumped(item) for item in value]
    if isinstance(value, dict):
        return {str(key): _dumped(item) for key, item in value.items()}
    return value


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield str(key)
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
    elif value is not None:
        yield str(value)


def _plain(value: Any) -> str:
    return " ".join(" ".join(_texts(value)).split())


def _mark(text: str) -> str:
    return " ".join(text.split())[:MARK_CHARS]


def _judged(check: Callable[[], bool]) -> bool:
    try:
        return bool(check())
    except Exception:  # a checker that cannot make sense of the state did not find what it looks for
        return False
