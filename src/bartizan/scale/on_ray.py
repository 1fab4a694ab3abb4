"""Ray workers: an actor for each CPU, and in each a local worker process, so that no item can end an actor."""

import socket
import sys
from collections import Counter, deque
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from bartizan.kernel import MissingExtra
from bartizan.scale.errors import ScaleError
from bartizan.scale.local import LocalPool
from bartizan.scale.outcome import Failure, Outcome
from bartizan.scale.pool import DIED, Job, Reply, lost, split, unpack
from bartizan.scale.worker import Packed, pack

if TYPE_CHECKING:
    from ray import ObjectRef

BATCHES_PER_ACTOR = 2
CONNECT_SECONDS = 5.0
LOOK_SECONDS = 60.0
MAX_LOST_WITH_ACTOR = 3


class RayPool:
    """Up to `most` CPUs of a Ray cluster. Joins the cluster unless this process did so before, and then leaves it."""

    batch_seconds = 0.2
    max_batch = 4_096

    def __init__(self, fn: bytes, seed: int, seconds: float | None, address: str, most: int | None) -> None:
        try:
            import ray
        except ImportError:
            raise MissingExtra("ray", "running on Ray") from None
        self._ray: Any = ray
        self._joined = not ray.is_initialized()
        if self._joined:
            _join(ray, address)
        cpus = max(1, int(self._ray.cluster_resources().get("CPU", 1)))
        self.workers = min(cpus, most or cpus)
        self._actor = self._ray.remote(Hand).options(num_cpus=1)
        self._args = ray.put(fn), seed, seconds
        self._crew = [self._start() for _ in range(self.workers)]
        self._lost_with_actor: Counter[int] = Counter()

    def room(self) -> bool:
        return any(member.room() for member in self._crew)

    def send(self, jobs: Sequence[Job]) -> None:
        member = min((member for member in self._crew if member.room()), key=lambda member: len(member.away))
        member.away[member.actor.run.remote(list(jobs))] = jobs

    def replies(self, seconds: float) -> list[Reply]:
        members = {ref: member for member in self._crew for ref in member.refs()}
        # One look tells of all that is done: the first call waits for one, the second takes the others along.
        done, _ = self._ray.wait(list(members), num_returns=1, timeout=seconds)
        if done:
            done, _ = self._ray.wait(list(members), num_returns=len(members), timeout=0)
        return [self._reply(members[ref], ref) for ref in done]

    def close(self) -> None:
        for member in self._crew:
            with suppress(Exception):  # its node may be gone, and then nothing is left to end
                self._ray.kill(member.actor)
        if self._joined:
            self._ray.shutdown()

    def _start(self) -> "_Member":
        actor = self._actor.remote(*self._args)
        return _Member(actor, actor.begin.remote())

    def _reply(self, member: "_Member", ref: "ObjectRef[Any]") -> Reply:
        jobs = member.away.pop(ref, ())
        try:
            answer: tuple[Packed, float] | str | None = self._ray.get(ref)
        except self._ray.exceptions.RayActorError as error:
            return self._lost(member, jobs, error)
        except self._ray.exceptions.RayError as error:
            raise ScaleError(f"Ray gave up: {type(error).__name__}: {error}") from None
        if isinstance(answer, str):
            raise ScaleError(answer, todo="Each node of the cluster needs the same packages")
        if answer is None:
            member.ready = True
            return Reply()
        packed, seconds = answer
        return Reply(unpack(packed), seconds)

    def _lost(self, member: "_Member", jobs: Sequence[Job], error: Exception) -> Reply:
        """An actor ends with its node or for want of memory. No item is known to be to blame; none goes round for ever.

        One that never began is not replaced: what kept it may keep all others.
        """
        if member in self._crew:
            self._crew.remove(member)
            if member.ready:
                self._crew.append(self._start())
            elif not self._crew:
                raise ScaleError(f"no Ray worker could begin: {error}", todo="Is Bartizan installed on each node?")
            rest = [job for away in member.away.values() for job in away]
            member.away.clear()
            jobs = [*jobs, *rest]
        if not jobs:
            return Reply()
        self._lost_with_actor.update(job.nth for job in jobs)
        if len(jobs) == 1 and self._lost_with_actor[jobs[0].nth] >= MAX_LOST_WITH_ACTOR:
            return lost(jobs, Failure("died", "", DIED, trace=str(error)))
        return Reply(again=split(jobs))


class Hand:
    """The actor: one worker process, which runs batches."""

    def __init__(self, fn: bytes, seed: int, seconds: float | None) -> None:
        # A worker process imports the main program again, which here is Ray's own: a second for nothing.
        vars(sys.modules["__main__"]).pop("__file__", None)
        self._pool = LocalPool(fn, seed, 1, seconds)

    def begin(self) -> None:
        """Answers once the actor has its CPU, so that no batch is stuck with one that waits for it."""

    def run(self, jobs: Sequence[Job]) -> tuple[Packed, float] | str:
        """The packed outcomes and how long they took; a text if nothing can run here."""
        todo: deque[Sequence[Job]] = deque([jobs])
        outcomes: list[Outcome[Any]] = []
        seconds = 0.0
        try:
            while len(outcomes) < len(jobs):
                while todo and self._pool.room():
                    self._pool.send(todo.popleft())
                for reply in self._pool.replies(LOOK_SECONDS):
                    outcomes.extend(reply.outcomes)
                    todo.extend(reply.again)
                    seconds += reply.seconds
        except ScaleError as error:
            return error.what
        return [pack(outcome) for outcome in outcomes], seconds


class _Member:
    """An actor as this process sees it."""

    def __init__(self, actor: Any, begun: "ObjectRef[Any]") -> None:
        self.actor = actor
        self.ready = False
        self.away: dict[ObjectRef[Any], Sequence[Job]] = {}
        self._begun = begun

    def room(self) -> bool:
        return self.ready and len(self.away) < BATCHES_PER_ACTOR

    def refs(self) -> "list[ObjectRef[Any]]":
        return list(self.away) if self.ready else [self._begun]


def _join(ray: Any, address: str) -> None:
    """Join the cluster; an address where nothing listens is refused before Ray waits a minute for it."""
    todo = "Start one with `ray start --head`, or name its address: ray:HOST:PORT"
    try:
        if address != "auto":
            host, _, port = address.removeprefix("ray://").rpartition(":")
            socket.create_connection((host, int(port)), CONNECT_SECONDS).close()
        ray.init(address=address, log_to_driver=False, logging_level="ERROR", include_dashboard=False)
    except (OSError, RuntimeError, ValueError) as error:
        raise ScaleError(f"no Ray cluster answers: {error}", where=address, todo=todo) from None
    except ImportError as error:
        raise ScaleError(f"Ray's client cannot be imported: {error}", todo="pip install 'ray[client]'") from None
