"""`bartizan admit serve`: the Kubernetes webhook."""

import signal
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bartizan.cli.gate import gate_options, opened

if TYPE_CHECKING:
    from bartizan.artifacts.admit import Terms
    from bartizan.runner.settings import Settings

EXAMPLES = """\b
Example:
  bartizan admit serve --tls-cert tls.crt --tls-key tls.key --terms admit.toml
"""
FILE = click.Path(path_type=Path)


@click.command("serve", epilog=EXAMPLES)
@gate_options
@click.option("--host", default="0.0.0.0", show_default=True, help="Address to listen on.")  # noqa: S104
@click.option("--port", type=click.IntRange(0, 65535), default=8443, show_default=True, help="0 takes a free one.")
@click.option("--tls-cert", "certificate", type=FILE, required=True, metavar="PEM", help="Certificate chain.")
@click.option("--tls-key", "key_file", type=FILE, required=True, metavar="PEM", help="Its private key.")
@click.option("--client-ca", "clients", type=FILE, metavar="PEM", help="Who must vouch for the API server.")
def serve(
    settings: "Settings",
    terms: "Terms",
    host: str,
    port: int,
    certificate: Path,
    key_file: Path,
    clients: Path | None,
) -> int:
    """Answer AdmissionReview v1 of Kubernetes over HTTPS, from published papers. Every decision is recorded.

    POST /admit refuses workloads that do not say which models they use, POST /admit/named lets them pass;
    GET /healthz. Ctrl-C or SIGTERM ends it.
    """
    from bartizan.artifacts.admit.kubernetes import decider
    from bartizan.artifacts.admit.serve import app, bound, server, tls_context
    from bartizan.console.limits import BoundedProtocol

    tls = tls_context(certificate, key_file, clients)
    with bound(host, port) as listener, opened(settings, terms, record=True) as gate:
        webhook = server(app(decider(gate)), tls, BoundedProtocol)
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: setattr(webhook, "should_exit", True))
        click.echo(f"bartizan: answering AdmissionReview v1 on https://{host}:{listener.getsockname()[1]}/admit")
        webhook.run(sockets=[listener])
    return 0
