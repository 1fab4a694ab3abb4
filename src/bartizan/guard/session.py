"""Sessions: what an agent has read, and so which of its tool calls may go on.

A session remembers what the user said, what strangers' texts said, and where each came from. Each argument of a call
is traced to one of them, and Cedar rules decide: allow, ask a person, or block.
"""

import time
from collections.abc import Iterable, Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal, TypeAlias

import msgspec

from bartizan.guard.flow_leaves import KEY, Leaf, leaves
from bartizan.guard.flow_tools import ALL, UNKNOWN, Tool, Tools, load_tools
from bartizan.guard.flow_trace import Origin, Sides, Trace
from bartizan.guard.flow_words import words
from bartizan.kernel import Asset, OutOfBudget, Policy, UsageError
from bartizan.policy import Engine, Principal, Request, Resource
from bartizan.text.fingerprints import Fingerprints
from bartizan.text.view import views

MAX_SAID_CHARS = 1 << 20
"""What a session remembers. Past it, what nobody vouched for counts as a stranger's."""
MAX_ARGUMENTS = 1_000
MAX_STRUCTURED_CHARS = 1 << 20

Trust: TypeAlias = Literal["untrusted", "trusted", "user"]
CHOSEN: frozenset[Origin] = frozenset({"user", "trusted", "selected"})
Act: TypeAlias = Literal["allow", "ask", "block"]


class Argument(msgspec.Struct, frozen=True):
    """One string or number of a call."""

    path: str
    role: str
    origin: Origin
    source: str = ""
    """Whose text it was found in."""
    secret: str = ""
    """Which secret is in it, or nothing."""


class CallVerdict(msgspec.Struct, frozen=True):
    """What a session says about one call."""

    action: Act
    tool: str
    arguments: tuple[Argument, ...]
    labels: tuple[str, ...]
    """What the rules were told."""
    rules: tuple[str, ...]
    """The ids of the rules that decided."""
    reasons: tuple[str, ...]
    """In words, for the person who is asked."""
    us: int

    @property
    def chosen(self) -> bool:
        """Whether the user's own words lead to it, so that the one record that it returns is the user's choice."""
        origins = {argument.origin for argument in self.arguments}
        return origins <= {*CHOSEN, "fact"} and bool(origins & CHOSEN)

    @property
    def passes(self) -> bool:
        """True if the call may go on without anybody's approval."""
        return self.action == "allow"


class Session:
    """One conversation of one agent. Not safe between threads: a conversation has one order."""

    def __init__(
        self,
        tools: Tools | Path | None = None,
        policy: Policy | Engine | None = None,
        *,
        secrets: Fingerprints | None = None,
        agent: str = "agent",
        roles: tuple[str, ...] = (),
        max_chars: int = MAX_SAID_CHARS,
    ) -> None:
        self._tools = load_tools(tools) if isinstance(tools, Path) else (tools or {})
        self._engine = policy if isinstance(policy, Engine) else Engine(policy or flow_policy())
        self._secrets = secrets
        self._who = Principal("Agent", agent, roles)
        self._sides = Sides()
        self._max_chars = max_chars
        self._tainted = False
        self._full = ""
        """Why not all that was said is remembered, or nothing."""
        self._forgot = ""
        """The same of secrets."""
        self._labelled = 0

    @property
    def tainted(self) -> bool:
        """Whether anything by a stranger was read."""
        return self._tainted

    def is_sink(self, tool: str) -> bool:
        """Whether calls of a tool are guarded; those of one that nobody described are."""
        return self._tools.get(tool, UNKNOWN).sink

    def user(self, text: str) -> None:
        """Takes in what the user said: values in it are the user's, and its verbs ask for actions."""
        self._hear("user", "the user", [text])

    def ingest(self, value: Any, *, trust: Trust = "untrusted", source: str = "", secret: bool = False) -> None:
        """Takes in a text or value that the agent gets to read. `secret` is what must not get outside."""
        texts = [leaf.text for leaf in self._read(value)]
        self._hear(trust, source or trust, texts)
        if secret:
            self._hide(source or "a secret", texts)

    def label(self, value: Any, trust: Trust = "untrusted", *, source: str = "a label", secret: bool = False) -> None:
        """Says of a value whose it is, if the caller knows better than any search: this beats what texts say."""
        found = [leaf.text for leaf in self._read(value)]
        self._tainted = self._tainted or trust == "untrusted"
        for text in found:
            self._sides.labels[words(text)] = Trace(trust, source)
        if secret:
            self._hide(source, found)
        self._count(sum(map(len, found)))

    def call(self, tool: str, /, **arguments: Any) -> CallVerdict:
        """Whether the agent may make this call. It is not made here."""
        began = time.perf_counter_ns()
        known = self._tools.get(tool, UNKNOWN)
        judged, unread = self._look(tool, known, arguments)
        labels = {label for argument in judged for label in _labels(argument)}
        labels |= {name for name, holds in (("tainted", self._tainted), ("unread", bool(unread))) if holds}
        if known.sink and not (self._sides.user.asks(known.words) or self._sides.trusted.asks(known.words)):
            labels.add("unasked")
        action, rules = self._decide(tool, known, labels)
        reasons = tuple(_reasons(labels, judged, known, unread)) if action != "allow" else ()
        us = (time.perf_counter_ns() - began) // 1_000
        return CallVerdict(action, tool, judged, tuple(sorted(labels)), rules, reasons, us)

    def approve(self, verdict: CallVerdict, /, **arguments: Any) -> None:
        """Remembers that a person approved this call: its values need no second approval for the same tool."""
        if verdict.action == "block":
            raise UsageError("a blocked call cannot be approved", where=verdict.tool)
        for leaf in leaves(arguments):
            if KEY not in leaf.path:
                self._sides.approved.add((verdict.tool, words(leaf.text)))

    def result(self, verdict: CallVerdict, value: Any, /, **arguments: Any) -> None:
        """Takes in what a call returned, field by field, as far as the facts about the tool tell them apart."""
        tool = self._tools.get(verdict.tool, UNKNOWN)
        if tool.trust:
            self.ingest(value, trust="trusted", source=verdict.tool)
            return
        value = _structured(value) if tool.facts or tool.keys or tool.secret else value
        chosen = self._chosen(verdict, value, arguments) if verdict.chosen or tool.sink else None
        heard: list[str] = []
        facts: list[str] = []
        for leaf in self._read(value):
            field = _field(leaf)
            if {field, ALL} & {*tool.secret}:
                self._hide(f"{verdict.tool}: {field}", [leaf.text])
            if field in tool.keys and chosen in {ALL, leaf.path[0]}:
                self._sides.selected.add(words(leaf.text))
            elif {field, ALL} & {*tool.facts}:
                facts.append(leaf.text)
            else:
                heard.append(leaf.text)
        self._hear("untrusted", verdict.tool, heard)
        if facts and not self._full:
            self._sides.facts.add(verdict.tool, facts)
            self._count()

    def _chosen(self, verdict: CallVerdict, value: Any, arguments: Mapping[str, Any]) -> str | None:
        """Which record of a result the arguments chose: the only one, or the only one with one of them as a field."""
        if isinstance(value, Mapping) or (isinstance(value, list | tuple) and len(value) == 1):
            return ALL
        if not isinstance(value, list | tuple) or not verdict.chosen:
            return None
        asked = {words(leaf.text) for leaf in self._read(arguments) if KEY not in leaf.path}
        found = {leaf.path[0] for leaf in self._read(value) if len(leaf.path) == 2 and words(leaf.text) in asked}
        return found.pop() if len(found) == 1 else None

    def _hear(self, trust: Trust, source: str, texts: list[str]) -> None:
        side = {"user": self._sides.user, "trusted": self._sides.trusted, "untrusted": self._sides.untrusted}[trust]
        if trust == "untrusted":
            self._tainted = True
        if texts and not self._full:
            side.add(source, texts)
            self._count()

    def _hide(self, source: str, texts: list[str]) -> None:
        self._sides.secret.add(source, texts)
        if self._sides.secret.chars > self._max_chars:
            self._forgot = f"more than {self._max_chars:,} characters are secret"

    def _count(self, labelled: int = 0) -> None:
        sides = self._sides
        self._labelled += labelled
        held = sum(side.chars for side in (sides.user, sides.trusted, sides.facts, sides.untrusted)) + self._labelled
        if held > self._max_chars:
            self._full = f"more than {self._max_chars:,} characters were said"
        self._full = self._full or sides.untrusted.unread

    def _read(self, value: Any) -> list[Leaf]:
        """The leaves of what was read; if it cannot all be read, nothing made or found counts as harmless any more."""
        try:
            return leaves(value)
        except OutOfBudget as reason:
            self._tainted, self._full = True, reason.what
            return []

    def _look(self, tool: str, known: Tool, arguments: Mapping[str, Any]) -> tuple[tuple[Argument, ...], str]:
        """The arguments of a call one by one, and why not all could be looked at."""
        if _asset(tool) is None:
            return (), "the tool's name is none that an asset may have"
        try:
            found = leaves(arguments, most=MAX_ARGUMENTS)
            judged = tuple(self._judged(tool, known, leaf) for leaf in found if leaf.path != (KEY,))
        except OutOfBudget as reason:
            return (), reason.what
        return judged, self._forgot if known.gets_outside else ""

    def _judged(self, tool: str, known: Tool, leaf: Leaf) -> Argument:
        name = leaf.path[0]
        role = known.role(name)
        nouns = tuple(words(f"{name} {tool}".replace("_", " ")).split()) if role == "target" else ()
        origin, source = self._sides.trace(leaf, nouns, tool)
        if self._full and origin in {"made", "fact"}:
            origin, source = "untrusted", f"anybody ({self._full})"
        if KEY in leaf.path and origin == "made":
            role = "content"
        secret = self._leaked(leaf) or self._sides.secret_in(leaf) if known.gets_outside else ""
        return Argument(".".join(leaf.path), role, origin, source, secret)

    def _leaked(self, leaf: Leaf) -> str:
        """What is registered and stands in the value, or why that is not known."""
        if self._secrets is None:
            return ""
        seen = views(leaf.text)
        return next((leak.name for leak in self._secrets.find(seen)), seen.unread)

    def _decide(self, tool: str, known: Tool, labels: Iterable[str]) -> tuple[Act, tuple[str, ...]]:
        resource = Resource(_asset(tool) or Asset("tool", "odd-name"), labels=known.labels)
        context = {
            "tool": resource.asset.name,
            "labels": sorted(labels),
            "approved": False,
            "destructive": known.kind in {"delete", "execute", "pay", "unknown"},
            "external": known.gets_outside,
        }
        first = self._engine.decide(Request(self._who, "tool", resource, context))
        if first.allowed:
            return "allow", first.rules
        second = self._engine.decide(Request(self._who, "tool", resource, {**context, "approved": True}))
        return ("ask", first.rules) if second.allowed else ("block", second.rules or first.rules)


def flow_policy() -> Policy:
    """The rules that decide where a session is given no others."""
    return Policy(files("bartizan.guard").joinpath("flow/flow.cedar").read_text("utf-8"), "built-in flow rules")


def _asset(tool: str) -> Asset | None:
    """The tool as policies know it, if its name can be told from others."""
    try:
        return Asset("tool", tool)
    except ValueError:
        return None


def _labels(argument: Argument) -> Iterable[str]:
    if argument.secret:
        yield "secret"
    if argument.role == "free":
        return
    if argument.origin == "untrusted":
        yield "untrusted"
    yield f"{argument.origin}-{argument.role}"


def _reasons(labels: set[str], judged: Iterable[Argument], tool: Tool, unread: str) -> Iterable[str]:
    if unread:
        yield f"not looked at: {unread}"
    for argument in judged:
        if argument.secret:
            yield f"{argument.path} holds a secret: {argument.secret}"
        elif argument.role == "free":
            continue
        elif argument.origin == "untrusted":
            yield f"{argument.path} comes from what {argument.source or 'a stranger'} said"
        elif argument.origin in {"made", "fact"} and argument.role == "target":
            yield f"{argument.path} is nothing that the user said"
    if "unasked" in labels and "tainted" in labels:
        yield f"the user did not ask to {tool.words[0]}" if tool.words else "the user did not ask for it"


def _field(leaf: Leaf) -> str:
    """The field of the record that a leaf is in; what is nested deeper is part of it."""
    path = leaf.path[1:] if leaf.path and leaf.path[0].isdigit() else leaf.path
    return path[0] if path else ""


def _structured(value: Any) -> Any:
    """JSON as what it says, all else as it is."""
    if isinstance(value, str) and len(value) <= MAX_STRUCTURED_CHARS and value.lstrip()[:1] in {"{", "["}:
        try:
            return msgspec.json.decode(value)
        except (msgspec.DecodeError, RecursionError):
            return value
    return value
