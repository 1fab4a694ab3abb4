"""`bartizan admit`: may this model be loaded or deployed?"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from bartizan.cli import admit_mlflow, admit_serve, show
from bartizan.cli.gate import gate_options, opened
from bartizan.cli.lazy import FOUND
from bartizan.cli.options import format_option
from bartizan.cli.sign import default_signature, scan_signature

if TYPE_CHECKING:
    from bartizan.artifacts.admit import Admission, Evidence, Gate, Papers, Terms
    from bartizan.runner.settings import Settings

EXAMPLES = """\b
Examples:
  bartizan admit ./model --key team.pub
  bartizan admit ./model --terms admit.toml --publish
  bartizan admit llama@sha256:3f0c... --terms admit.toml --environment staging
  bartizan admit serve --tls-cert tls.crt --tls-key tls.key --terms admit.toml
  bartizan admit mlflow --url http://mlflow:5000 --alias champion --terms admit.toml
"""
REF = "REF"
BOMS = (".cdx.json", ".spdx.json")


class _Refs(click.Group):
    """A group whose first argument may be a model: what is no other verb of it is a reference or an option."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if args and args[0] not in {*self.commands.keys() - {REF}, *ctx.help_option_names}:
            args = [REF, *args]
        return super().parse_args(ctx, args)


@click.group(cls=_Refs, epilog=EXAMPLES, subcommand_metavar="REF|serve|mlflow [OPTIONS]...")
def command() -> None:
    """Say whether a model may be loaded or deployed, by its signature, its scan, its bill of materials and the policy.

    REF is a path, or name@sha256:DIGEST of what was published with --publish. `bartizan admit REF --help` lists the
    options.
    """


@command.command(REF, hidden=True, epilog=EXAMPLES)
@click.argument("ref", metavar="REF")
@gate_options
@click.option("--action", type=click.Choice(["deploy", "load"]), default="deploy", show_default=True)
@click.option("--environment", metavar="NAME", help="Where to [default: what the terms say, or production].")
@click.option("--as", "actor", metavar="ACTOR", help="Who asks, such as service:ci [default: you].")
@click.option("--signature", type=click.Path(path_type=Path), metavar="FILE", help="The bundle [default: MODEL.sig].")
@click.option("--rescan", is_flag=True, help="Scan now, whatever signed scan came with the model.")
@click.option("--publish", is_flag=True, help="Keep the papers by the model's digest, for `serve` and `mlflow`.")
@click.option("--record", is_flag=True, help="Write the decision into the ledger.")
@format_option()
def admit_model(
    settings: "Settings",
    terms: "Terms",
    ref: str,
    action: Literal["deploy", "load"],
    environment: str | None,
    actor: str | None,
    signature: Path | None,
    rescan: bool,
    publish: bool,
    record: bool,
    form: str,
) -> int:
    """Say whether the model REF may be loaded or deployed: a path, or name@sha256:DIGEST.

    Exits with 0 if it is allowed, 1 if it is denied, 2 on wrong usage, 3 if it could not be looked at.
    """
    from bartizan.cli.person import whoami

    with opened(settings, terms, record=record) as gate:
        evidence, papers = _evidence(gate, ref, signature, rescan)
        admission = gate.decide(
            evidence, actor=actor or whoami(), action=action, environment=environment or terms.environment
        )
        published = _publish(gate, evidence, papers) if publish else None
    if form == "json":
        show.as_json(_plain(admission, published))
    else:
        _print(admission, published)
    return 0 if admission.allowed else FOUND


def _evidence(gate: "Gate", ref: str, signature: Path | None, rescan: bool) -> "tuple[Evidence, Papers | None]":
    """The evidence, and the papers that lay beside the model if it is a path."""
    from bartizan.artifacts.admit import Papers, Reference
    from bartizan.kernel import UsageError

    if ref.startswith(("http://", "https://")):
        raise UsageError(
            "what is only read in part has no digest", where=ref, todo="Download the model and name its path"
        )
    model = Path(ref)
    if not model.exists() and "sha256:" in ref:
        return gate.digest(Reference.parse(ref)), None
    if not model.exists():
        raise UsageError("there is no such model", where=ref)
    sig = signature or default_signature(model)
    resolved = model.resolve()
    boms = [resolved.with_name(resolved.name + suffix) for suffix in BOMS]
    papers = Papers.beside(sig, scan_signature(sig), boms)
    beside = [sig, scan_signature(sig), *boms]
    return gate.files(model, papers, beside=beside, rescan=rescan), papers


def _publish(gate: "Gate", evidence: "Evidence", papers: "Papers | None") -> Path:
    from bartizan.kernel import BartizanError, UsageError

    if papers is None:
        raise UsageError("only the papers of a model that is here can be published", todo="Name its path")
    if evidence.contradicted or evidence.signer is None:
        raise BartizanError("not published: " + "; ".join(evidence.problems), where=evidence.model)
    return gate.store.publish(evidence.root, papers)


def _plain(admission: "Admission", published: Path | None) -> dict[str, Any]:
    return {
        "allowed": admission.allowed,
        "rules": admission.rules,
        "reasons": admission.reasons,
        "model": admission.request.resource.asset,
        "action": admission.request.action,
        "evidence": admission.evidence,
        "context": admission.request.context,
        "published": None if published is None else str(published),
    }


def _print(admission: "Admission", published: Path | None) -> None:
    evidence = admission.evidence
    said = "allowed" if admission.allowed else "DENIED"
    click.echo(show.safe(f"{said}: {admission.request.action} {evidence.model}@sha256:{evidence.root}"))
    if admission.allowed:
        click.echo(show.safe(f"by {', '.join(admission.rules)}"))
    else:
        show.table(["why", "what to do"], [(reason.what, reason.todo) for reason in admission.reasons])
    show.table(["evidence", "found"], _found(admission))
    for problem in evidence.problems if admission.allowed else ():
        click.echo(show.safe(f"note: {problem}"), err=True)
    if published is not None:
        click.echo(show.safe(f"published: {published}"))


def _found(admission: "Admission") -> Iterator[Sequence[object]]:
    evidence, context = admission.evidence, admission.request.context
    yield "signed by", evidence.signer or "nobody that counts"
    scanned = evidence.scanned
    if scanned is None:
        yield "scan", "none that counts"
    else:
        yield "scan", f"{scanned.verdict}, {context['age_hours']} hours old, stated by {evidence.scanner}"
        yield "formats", ", ".join(scanned.formats)
    yield "bill of materials", "yes" if evidence.bom else "none that counts"
    yield "licences", ", ".join(evidence.licences) or "not known"
    yield "environment", f"{context['environment']}{', approved' if context['approved'] else ''}"


command.add_command(admit_serve.serve)
command.add_command(admit_mlflow.mlflow)
