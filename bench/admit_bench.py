"""What an admission costs: the decision by published papers, and the whole review over TLS."""

import http.client
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from bartizan.artifacts.admit.kubernetes import decider, review
from tests.artifacts.admit.reviews import encoded
from tests.artifacts.admit.scenes import gate, make
from tests.artifacts.admit.webhook import served

CALLS = 500


def run() -> str:
    """A Markdown section with the table."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        model, guard = make(folder), gate(folder)
        guard.store.publish(model.root, model.papers)
        body = encoded("Deployment", f"llama@sha256:{model.root}")
        decide = decider(guard)
        rows = [("review, in this process", _times(lambda: _checked(review(body, decide)["response"]["allowed"])))]
        with served(decide, folder) as (caller, _):
            address = urlsplit(caller.url)
            line = http.client.HTTPSConnection(address.hostname or "", address.port, context=caller.context())

            def ask() -> None:
                line.request("POST", "/admit", body, {"content-type": "application/json"})
                _checked(b'"allowed":true' in line.getresponse().read())

            rows.append(("review over TLS, one kept connection", _times(ask)))
            line.close()
    table = "\n".join(f"| {what} | {p50:.2f} | {p99:.2f} |" for what, (p50, p99) in rows)
    return (
        f"## Admission\n\nOne model with signature, signed scan and bill of materials, all verified at each call; "
        f"n = {CALLS}.\n\n| | p50 ms | p99 ms |\n|---|---|---|\n{table}"
    )


def _checked(allowed: bool) -> None:
    if not allowed:
        raise RuntimeError("the model of the bench was not admitted")


def _times(call: Callable[[], None]) -> tuple[float, float]:
    took = []
    for _ in range(CALLS):
        start = time.perf_counter()
        call()
        took.append((time.perf_counter() - start) * 1000)
    return statistics.median(took), statistics.quantiles(took, n=100)[98]
