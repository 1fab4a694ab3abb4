"""The webhook over real TLS."""

import socket
import ssl
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from bartizan.artifacts.admit import Reference
from bartizan.artifacts.admit.kubernetes import MAX_BODY_BYTES, Asked, decider
from bartizan.artifacts.admit.serve import tls_context
from bartizan.kernel import UsageError
from tests.artifacts.admit.reviews import UID, encoded
from tests.artifacts.admit.scenes import Made, gate, make
from tests.artifacts.admit.webhook import Caller, served, write_certificate
from tests.artifacts.oms.pki import Holder

ROOT = "0a" * 32


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return make(tmp_path_factory.mktemp("model"))


@pytest.fixture(scope="module")
def hook(tmp_path_factory: pytest.TempPathFactory, model: Made) -> Iterator[tuple[Caller, Holder, Path]]:
    folder = tmp_path_factory.mktemp("hook")
    made = gate(folder)
    made.store.publish(model.root, model.papers)
    with served(decider(made), folder) as (caller, authority):
        yield caller, authority, folder


def test_a_review_over_tls_is_answered_with_its_uid(hook: Any, model: Made) -> None:
    status, said = hook[0].post(encoded("Deployment", f"llama@sha256:{model.root}"))
    assert (status, said["response"]) == (200, {"uid": UID, "allowed": True})
    status, said = hook[0].post(encoded("Deployment", f"llama@sha256:{ROOT}"))
    assert (status, said["response"]["allowed"], said["kind"]) == (200, False, "AdmissionReview")


def test_the_path_says_what_becomes_of_workloads_without_annotation(hook: Any) -> None:
    answers = [hook[0].post(encoded("Pod"), path)[1]["response"]["allowed"] for path in ("/admit", "/admit/named")]
    assert answers == [False, True]


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (b"{}", "application/json", 400),
        (b"not json", "application/json; charset=utf-8", 400),
        (encoded("Pod"), "text/plain", 415),
        (b" " * (MAX_BODY_BYTES + 1), "application/json", 413),
    ],
)
def test_what_is_no_review_gets_no_review(hook: Any, body: bytes, content_type: str, status: int) -> None:
    assert hook[0].post(body, content_type=content_type)[0] == status


def test_it_says_that_it_is_well_and_nothing_else(hook: Any) -> None:
    assert hook[0].get("/healthz") == (200, "ok\n")
    assert hook[0].get("/admit")[0] == 405
    assert hook[0].get("/")[0] == 404


def test_old_tls_and_plain_http_are_refused(hook: Any) -> None:
    host, port = "127.0.0.1", int(hook[0].url.rpartition(":")[2])
    old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
    old.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1_1
    with (
        socket.create_connection((host, port), timeout=30) as plain,
        pytest.raises((ssl.SSLError, ConnectionError)),
    ):
        old.wrap_socket(plain)
    with socket.create_connection((host, port), timeout=30) as plain:
        plain.sendall(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n")
        assert b"HTTP/1.1 200" not in plain.recv(1000)


def test_a_renewed_certificate_is_served_without_a_restart(hook: Any) -> None:
    caller, authority, folder = hook

    def serial() -> str:
        host, port = "127.0.0.1", int(caller.url.rpartition(":")[2])
        with (
            socket.create_connection((host, port), timeout=30) as plain,
            caller.context().wrap_socket(plain, server_hostname=host) as tls,
        ):
            certificate = tls.getpeercert()
            assert certificate is not None
            return str(certificate["serialNumber"])

    before = serial()
    write_certificate(folder, authority)
    after = serial()
    assert before != after
    (folder / "server.key").write_text("half written")
    assert serial() == after
    write_certificate(folder, authority)
    assert serial() not in {before, after}


def test_many_reviews_at_once_are_each_answered_for_themselves(hook: Any, model: Made) -> None:
    asked = [(f"uid-{n}", model.root if n % 2 else ROOT) for n in range(24)]

    def ask(one: tuple[str, str]) -> tuple[str, bool]:
        said: Any = hook[0].post(encoded("Pod", f"sha256:{one[1]}", uid=one[0]))[1]
        return said["response"]["uid"], said["response"]["allowed"]

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(ask, asked)) == [(uid, root == model.root) for uid, root in asked]


def test_a_decision_that_takes_too_long_is_a_no_in_form(tmp_path: Path) -> None:
    release = Event()

    def slow(_model: Reference, _asked: Asked) -> Any:
        release.wait(30)
        raise AssertionError("too late")

    with served(slow, tmp_path, seconds=0.2) as (caller, _):
        status, said = caller.post(encoded("Pod", f"sha256:{ROOT}"))
        release.set()
    assert isinstance(said, dict)
    assert (status, said["response"]["uid"], said["response"]["allowed"]) == (200, UID, False)
    assert "within 0.2 seconds" in said["response"]["status"]["message"]


def test_only_clients_with_a_certificate_of_the_named_authority_are_answered(tmp_path: Path) -> None:
    with served(lambda *_: None, tmp_path, clients=tmp_path) as (caller, authority):  # type: ignore[arg-type]
        known = Caller(int(caller.url.rpartition(":")[2]), tmp_path / "root.pem",
                       write_certificate(tmp_path, authority, name="apiserver"))  # fmt: skip
        assert known.get("/healthz") == (200, "ok\n")
        with pytest.raises(OSError, match=r"(?i)certificate required|reset|closed|broken pipe"):
            caller.get("/healthz")


def test_a_certificate_that_is_not_there_is_said_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        tls_context(tmp_path / "none.crt", tmp_path / "none.key")
