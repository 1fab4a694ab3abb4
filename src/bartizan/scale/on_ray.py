"""Ray workers: a batch is a task, and a task that took its worker along is run again in smaller ones."""

import socket
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from bartizan.kernel import MissingExtra
from bartizan.scale.errors import ScaleError
from bartizan.scale.outcome import Failure
from bartizan.scale.pool import DIED, Job, Reply, lost, split, unpack
from bartizan.scale.worker import run_batch

if TYPE_CHECKING:
    from ray import ObjectRef

TASKS_PER_CPU = 2
CONNECT_SECONDS = 5.0
MAX_LOST_WITH_NODE = 3


class RayPool:
    """The CPUs of a Ray cluster. Joins the cluster unless this process has joined one, and leaves it if so."""

    batch_seconds = 0.2
    max_batch = 4_096

    def __init__(self, fn: bytes, seed: int, address: str) -> None:
        try:
            import ray
        except ImportError:
            raise MissingExtra("ray", "running on Ray") from None
        self._ray: Any = ray
        self._joined = not ray.is_initialized()
        if self._joined:
            _join(ray, address)
        self.workers = max(1, int(self._ray.cluster_resources().get("CPU", 1)))
        self._fn, self._seed = ray.put(fn), seed
        self._task = ray.remote(run_batch).options(max_retries=0, num_cpus=1, name="bartizan fanout")
        self._away: dict[ObjectRef[Any], Sequence[Job]] = {}
        self._lost_with_node: Counter[int] = Counter()

    def room(self) -> bool:
        return len(self._away) < self.workers * TASKS_PER_CPU

    def send(self, jobs: Sequence[Job]) -> None:
        self._away[self._task.remote(self._fn, self._seed, list(jobs))] = jobs

    def replies(self, seconds: float) -> list[Reply]:
        if not self._away:
            return []
        # One look tells of all that is done: the first call waits for one task, the second takes the others along.
        done, _ = self._ray.wait(list(self._away), num_returns=1, timeout=seconds)
        if done:
            done, _ = self._ray.wait(list(self._away), num_returns=len(self._away), timeout=0)
        return [self._reply(ref, self._away.pop(ref)) for ref in done]

    def close(self) -> None:
        for ref in self._away:
            with suppress(Exception):  # it may be done, or its node gone; either way nothing is left to end
                self._ray.cancel(ref, force=True)
        if self._joined:
            self._ray.shutdown()

    def _reply(self, ref: "ObjectRef[Any]", jobs: Sequence[Job]) -> Reply:
        errors = self._ray.exceptions
        try:
            packed, seconds = self._ray.get(ref)
        except (errors.WorkerCrashedError, errors.OutOfMemoryError) as error:
            return lost(jobs, Failure("died", "", DIED, trace=str(error)))
        except (errors.NodeDiedError, errors.ObjectLostError, errors.LocalRayletDiedError) as error:
            return self._lost_with_its_node(jobs, error)
        except errors.RayError as error:
            raise ScaleError(f"Ray gave up: {type(error).__name__}: {error}") from None
        if isinstance(packed, str):
            raise ScaleError(f"a Ray worker cannot import the function: {packed}", todo="Install it on each node")
        return Reply(unpack(packed), seconds)

    def _lost_with_its_node(self, jobs: Sequence[Job], error: Exception) -> Reply:
        """No item is to blame for the end of a machine, but none may go round for ever."""
        self._lost_with_node.update(job.nth for job in jobs)
        if len(jobs) == 1 and self._lost_with_node[jobs[0].nth] >= MAX_LOST_WITH_NODE:
            return lost(jobs, Failure("died", "", DIED, trace=str(error)))
        return Reply(again=split(jobs))


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
