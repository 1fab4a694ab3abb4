"""`bartizan admit mlflow`: the gate before a model registry."""

import os
import signal
from base64 import b64encode
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

import click

from bartizan.cli import show
from bartizan.cli.gate import gate_options, opened
from bartizan.cli.lazy import COULD_NOT_LOOK, FOUND
from bartizan.cli.options import Finite, format_option

if TYPE_CHECKING:
    from bartizan.artifacts.admit import Terms
    from bartizan.artifacts.admit.mlflow_gate import MlflowGate, Standing
    from bartizan.runner.settings import Settings

EXAMPLES = """\b
Examples:
  bartizan admit mlflow --url https://mlflow.example --alias champion --terms admit.toml
  bartizan admit mlflow --url https://mlflow.example --stage Production --download 20 --watch 60 --enforce

Credentials come from MLFLOW_TRACKING_TOKEN, or from MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD.
"""
GIB = 1 << 30
DOWNLOAD_SECONDS = 3600.0


@click.command("mlflow", epilog=EXAMPLES)
@gate_options
@click.option("--url", required=True, metavar="URL", help="The MLflow server.")
@click.option("--alias", default="", metavar="NAME", help="Judge what stands behind this alias.")
@click.option("--stage", default="", metavar="NAME", help="Judge what is in this stage.")
@click.option("--files", "folder", type=click.Path(file_okay=False, path_type=Path), metavar="DIR",
              help="Read versions that lie in this folder of this machine.")  # fmt: skip
@click.option("--download", "download_gib", type=Finite(min=0, min_open=True), metavar="GIB",
              help="Fetch versions of at most so many GiB that the server hands out.")  # fmt: skip
@click.option("--enforce", is_flag=True, help="Take denied versions out: remove the alias, or leave the stage.")
@click.option("--watch", type=Finite(min=1), metavar="SECONDS", help="Judge again and again.")
@click.option("--ca", type=click.Path(path_type=Path), metavar="PEM", help="Certificates to trust for the server.")
@format_option()
def mlflow(
    settings: "Settings",
    terms: "Terms",
    url: str,
    alias: str,
    stage: str,
    folder: Path | None,
    download_gib: float | None,
    enforce: bool,
    watch: float | None,
    ca: Path | None,
    form: str,
) -> int:
    """Judge the model versions behind an alias or in a stage of an MLflow registry, and tag them with the answer.

    Every decision is recorded. A version's digest comes from its files where they can be read, else from its tag
    bartizan.root. Exits with 1 if a version is denied, with 3 if one could not be looked at.
    """
    from bartizan.artifacts.admit.http import NetHttp
    from bartizan.artifacts.admit.mlflow import Registry
    from bartizan.artifacts.admit.mlflow_gate import MlflowGate
    from bartizan.kernel import Budget
    from bartizan.net import Options

    registry = Registry(url, NetHttp(_credentials(), Options(redirects=0, ca_file=ca)))
    download = Budget(bytes=int(download_gib * GIB), seconds=DOWNLOAD_SECONDS) if download_gib else None
    with opened(settings, terms, record=True) as gate:
        before_registry = MlflowGate(
            registry=registry, gate=gate, alias=alias, stage=stage, enforce=enforce, folder=folder, download=download
        )
        if watch is None:
            standings = list(before_registry.check())
            _print(standings, form)
            return _code(standings)
        return _watch(before_registry, watch, form)


def _watch(gate: "MlflowGate", seconds: float, form: str) -> int:
    """Judge until a signal ends it; what goes wrong in one round is said, and the next one tries again."""
    from bartizan.kernel import BartizanError

    stop = Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    while not stop.is_set():
        try:
            _print(list(gate.check()), form)
        except BartizanError as error:
            click.echo(f"bartizan: {show.safe(error)}", err=True)
        stop.wait(seconds)
    return 0


def _credentials() -> list[tuple[str, str]]:
    """The authorization that MLflow's own variables hold."""
    if token := os.environ.get("MLFLOW_TRACKING_TOKEN"):
        return [("authorization", f"Bearer {token}")]
    name, password = os.environ.get("MLFLOW_TRACKING_USERNAME"), os.environ.get("MLFLOW_TRACKING_PASSWORD", "")
    return [("authorization", f"Basic {b64encode(f'{name}:{password}'.encode()).decode()}")] if name else []


def _print(standings: "Sequence[Standing]", form: str) -> None:
    if form == "json":
        show.as_json(standings)
        return
    rows = [
        (
            one.verdict if one.verdict == "allowed" else one.verdict.upper(),
            one.model,
            one.version,
            one.by or "-",
            "; ".join(one.reasons) + (" [taken out]" if one.removed else ""),
        )
        for one in standings
    ]
    show.table(["verdict", "model", "version", "known by", "why"], rows, empty="no version stands there")


def _code(standings: "Sequence[Standing]") -> int:
    counts = Counter(one.verdict for one in standings)
    return FOUND if counts["denied"] else COULD_NOT_LOOK if counts["unknown"] else 0
