"""The webhook on loopback, behind a certificate of an authority made for it, and the client that calls it."""

import asyncio
import json
import socket
import ssl
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from threading import Event, Thread
from typing import Any

import uvicorn
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID

from bartizan.artifacts.admit.kubernetes import Decide
from bartizan.artifacts.admit.serve import DECIDE_SECONDS, app, bound, server, tls_context
from bartizan.console.limits import BoundedProtocol
from tests.artifacts.oms.pki import Holder, issue, private_pem


def write_certificate(folder: Path, authority: Holder, *, name: str = "server") -> tuple[Path, Path]:
    """The files of a certificate for 127.0.0.1, and of its key; they replace those of the same name."""
    key = ec.generate_private_key(ec.SECP256R1())
    now = datetime.now(UTC)
    purposes = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
    certificate = (
        x509.CertificateBuilder()
        .issuer_name(authority.certificate.subject)
        .subject_name(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.ExtendedKeyUsage(purposes), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.key.public_key()), critical=False)
        .sign(authority.key, hashes.SHA256())
    )
    paths = folder / f"{name}.crt", folder / f"{name}.key"
    for path, content in zip(paths, (Holder(key, certificate).pem, private_pem(key)), strict=True):
        draft = path.with_suffix(".draft")
        draft.write_bytes(content)
        draft.replace(path)
    return paths


class Caller:
    """A client such as the API server: it checks the certificate, and posts reviews."""

    def __init__(self, port: int, authority: Path, client: tuple[Path, Path] | None = None) -> None:
        self.url, self._authority, self._client = f"https://127.0.0.1:{port}", authority, client

    def post(
        self, body: bytes, path: str = "/admit", content_type: str = "application/json"
    ) -> tuple[int, dict[str, Any] | str]:
        request = urllib.request.Request(
            self.url + path, data=body, headers={"content-type": content_type}, method="POST"
        )
        return self._send(request)

    def get(self, path: str) -> tuple[int, dict[str, Any] | str]:
        return self._send(urllib.request.Request(self.url + path))

    def context(self) -> ssl.SSLContext:
        made = ssl.create_default_context(cafile=self._authority)
        if self._client:
            made.load_cert_chain(*self._client)
        return made

    def _send(self, request: urllib.request.Request) -> tuple[int, dict[str, Any] | str]:
        try:
            with urllib.request.urlopen(request, context=self.context(), timeout=30) as answer:
                status, body, kind = answer.status, answer.read(), answer.headers.get_content_type()
        except urllib.error.HTTPError as error:
            with error:
                status, body, kind = error.code, error.read(), error.headers.get_content_type()
        return status, json.loads(body) if kind == "application/json" else body.decode()


@contextmanager
def served(
    decide: Decide, folder: Path, *, clients: Path | None = None, seconds: float = DECIDE_SECONDS
) -> Iterator[tuple[Caller, Holder]]:
    """The webhook while it runs, and the authority that it and its clients go by."""
    authority = issue("Test authority", authority=True)
    root = folder / "root.pem"
    root.write_bytes(authority.pem)
    certificate, key = write_certificate(folder, authority)
    listener = bound("127.0.0.1", 0)
    tls = tls_context(certificate, key, root if clients else None)
    webhook = _Announced(server(app(decide, seconds=seconds), tls, BoundedProtocol).config)
    thread = Thread(target=lambda: asyncio.run(webhook.serve([listener])))
    thread.start()
    try:
        assert webhook.up.wait(30)
        yield Caller(listener.getsockname()[1], root), authority
    finally:
        webhook.should_exit = True
        thread.join(30)
        listener.close()


class _Announced(uvicorn.Server):
    """Says when it answers."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.up = Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.up.set()
