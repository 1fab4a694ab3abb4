"""The one place that speaks to the Cedar engine: parse, validate, decide."""

import threading
from collections.abc import Callable
from functools import lru_cache
from importlib.resources import files
from typing import TypeVar

import msgspec

# The public wrapper copies the request and parses the answer with `json`: 40 % on top of a decision. The tests
# hold what is decided here equal to what the wrapper decides.
from cedarpy import _internal, policies_to_pst, pst, validate_policies
from cedarpy._internal import Entities, PolicySet, Schema

STACK_BYTES = 64 << 20

T = TypeVar("T")

__all__ = ["Entities", "PolicySet", "Schema", "authorize", "on_big_stack", "parse", "policy_set", "pst", "validate"]


class Diagnostics(msgspec.Struct, frozen=True):
    errors: list[str] = []
    reason: list[str] = []


class Answer(msgspec.Struct, frozen=True):
    """What Cedar says: Allow, Deny, or NoDecision when the request made no sense to it."""

    decision: str
    diagnostics: Diagnostics


_read_answer = msgspec.json.Decoder(Answer).decode


@lru_cache(maxsize=1)
def schema_text() -> str:
    """The schema, in Cedar's JSON form."""
    return files("bartizan.policy").joinpath("schema.json").read_text("utf-8")


@lru_cache(maxsize=1)
def schema() -> Schema:
    return Schema.from_json_str(schema_text())


def authorize(request: dict[str, object], policies: PolicySet, entities: Entities) -> Answer:
    """Cedar's answer; its two id lists are in no particular order."""
    return _read_answer(_internal.is_authorized(request, policies, entities))


def parse(text: str) -> pst.PolicySet:
    """The rules of the text as typed nodes; ValueError if it is not Cedar."""
    return policies_to_pst(text)


def validate(text: str) -> list[tuple[str, str]]:
    """Where the text breaks the schema: the positional id of each bad rule, and why."""
    return [(error.policy_id, error.error) for error in validate_policies(text, schema(), release_gil=True).errors]


def policy_set(rules: dict[str, pst.Template]) -> PolicySet:
    """The handle of a set that has just these rules."""
    return PolicySet.from_pst(pst.PolicySet(templates={}, static_policies=rules, template_links=()))


def on_big_stack(work: Callable[[], T]) -> T:
    """What `work` returns, done in a thread with room for Cedar's recursion.

    On a short stack the parser overflows, and the validator stops early and calls the rest valid.
    """
    done: list[T] = []
    failed: list[BaseException] = []

    def run() -> None:
        try:
            done.append(work())
        except BaseException as error:  # a panic of the engine is no Exception
            failed.append(error)

    with _stack_size_lock:
        before = threading.stack_size(STACK_BYTES)
        try:
            thread = threading.Thread(target=run, name="cedar")
            thread.start()
        finally:
            threading.stack_size(before)
    thread.join()
    if failed:
        raise failed[0]
    return done[0]


_stack_size_lock = threading.Lock()
