"""`fanout` on a real Ray cluster of three nodes: the same outcomes as worker processes here, crashes included."""

import os
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial

import pytest

from bartizan.scale import Failure, Outcome, ScaleError, fanout
from tests.scale import jobs

NODES = 3
NODE = {"num_cpus": 1, "include_dashboard": False, "include_log_monitor": False, "no_monitor": True}

# A node gives agents that choose their ports 15 seconds to tell them, which is too short on a busy machine.
AGENT_PORTS = ("metrics_agent_port", "metrics_export_port", "dashboard_agent_listen_port", "runtime_env_agent_port")

# Ray speaks to its own usage page otherwise, and keeps idle workers of its own.
os.environ["RAY_USAGE_STATS_ENABLED"] = "0"


@pytest.fixture(scope="module")
def cluster() -> Iterator[str]:
    """The place to run at."""
    from ray.cluster_utils import Cluster

    nodes = Cluster()
    try:
        for _ in range(NODES):
            nodes.add_node(**NODE, **dict(zip(AGENT_PORTS, _free_ports(len(AGENT_PORTS)), strict=True)))
        nodes.wait_for_nodes()
        yield f"ray:{nodes.address}"
    finally:
        nodes.shutdown()


def test_three_nodes_agree_with_one_and_four_worker_processes_on_6000_items(cluster: str) -> None:
    on_ray = list(fanout(jobs.mixed, range(6_000), seed=1, on=cluster))
    assert on_ray == list(fanout(jobs.mixed, range(6_000), seed=1, on="local:4"))
    assert on_ray == list(fanout(jobs.mixed, range(6_000), seed=1, on="local:1"))
    failed = [outcome.error.kind for outcome in on_ray if outcome.error]
    assert (len(on_ray), len(failed), failed.count("died")) == (6_000, 77, 3)


def test_ray_workers_survive_crashes_and_hangs_and_end_when_the_run_does(cluster: str, listener: socket.socket) -> None:
    import ray

    ray.init(address=cluster.removeprefix("ray:"), log_to_driver=False, logging_level="ERROR")
    try:
        died = Failure("died", "", "the worker process ended while it ran this item")
        overtime = Failure("overtime", "", "more than 0.5 seconds")
        assert list(fanout(jobs.crash_or_hang, ["a", "killed", "hang"], on="ray:auto", seconds=0.5)) == [
            Outcome(0, "A"),
            Outcome(1, error=died),
            Outcome(2, error=overtime),
        ]
        run = fanout(jobs.hold_or_draw, [0, listener.getsockname()[1]], on="ray:auto")
        assert next(run).index == 0
        with jobs.accept(listener) as line:
            run.close()
            assert line.recv(1) == b""
        with pytest.raises(ScaleError, match="a worker cannot import the function: TypeError: not here"):
            list(fanout(partial(jobs.draw_with, jobs.Grumpy()), [1], on="ray:auto"))
        assert ray.is_initialized()
    finally:
        ray.shutdown()


def test_a_cluster_that_does_not_answer_is_one_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    for on in (f"ray:127.0.0.1:{port}", f"ray://127.0.0.1:{port}"):
        with pytest.raises(ScaleError, match="no Ray cluster answers"):
            list(fanout(jobs.draw, [1], on=on))


def _free_ports(count: int) -> list[int]:
    with ExitStack() as stack:
        servers = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [server.getsockname()[1] for server in servers]
