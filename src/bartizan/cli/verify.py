"""`bartizan verify`: is this model what somebody trusted signed?"""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from bartizan.cli import show
from bartizan.cli.lazy import FOUND
from bartizan.cli.options import format_option
from bartizan.cli.sign import default_signature, scan_signature

if TYPE_CHECKING:
    from bartizan.artifacts.oms import Trust

EXAMPLES = """\b
Examples:
  bartizan verify ./model --key key.pub
  bartizan verify ./model --root root.pem --holder 'CN=Model team'
  bartizan verify ./model --identity ann@example.org --issuer https://accounts.example.org --trusted-root root.json
"""


def trust_options(command: "click.decorators.FC") -> "click.decorators.FC":
    """Adds the options that say whose signatures count."""
    for option in reversed(
        (
            click.option("--key", type=click.Path(path_type=Path), metavar="PEM", help="Public key of the signer."),
            click.option(
                "--root", multiple=True, type=click.Path(path_type=Path), metavar="PEM", help="Root certificates."
            ),
            click.option("--holder", metavar="NAME", help="Whose certificate it must be, such as 'CN=Model team'."),
            click.option("--identity", metavar="WHO", help="Keyless: the identity that signed."),
            click.option("--issuer", metavar="URL", help="Keyless: who vouches for the identity."),
            click.option(
                "--trusted-root", type=click.Path(path_type=Path), metavar="JSON", help="Keyless: Sigstore's root."
            ),
        )
    ):
        command = option(command)
    return command


@click.command(epilog=EXAMPLES)
@click.argument("model", type=click.Path(exists=True, path_type=Path))
@trust_options
@click.option("--signature", type=click.Path(path_type=Path), metavar="FILE", help="The bundle [default: MODEL.sig].")
@format_option()
def command(
    model: Path,
    key: Path | None,
    root: tuple[Path, ...],
    holder: str | None,
    identity: str | None,
    issuer: str | None,
    trusted_root: Path | None,
    signature: Path | None,
    form: str,
) -> int:
    """Verify a model against its signature (OpenSSF Model Signing v1.0), file by file.

    Exits with 1 if the signature is not that of the one you trust, or a file is missing, added or changed.
    """
    from bartizan.artifacts.oms import Unsigned, verify
    from bartizan.kernel import HostileInput

    trust = trust_of(key, root, holder, identity, issuer, trusted_root)
    where = signature or default_signature(model)
    try:
        verified = verify(model, read_bundle(where), trust, beside=[where, scan_signature(where)])
    except (Unsigned, HostileInput) as error:
        click.echo(show.safe(f"bartizan: {error}" if error.where else f"bartizan: {error} ({where})"), err=True)
        return FOUND
    if form == "json":
        show.as_json(verified)
    else:
        click.echo(show.safe(f"verified {verified.model}: {verified.files} files, signed by {verified.signer}"))
        for path in verified.uncovered:
            click.echo(show.safe(f"not covered by the signature: {path}"), err=True)
    return 0


def trust_of(
    key: Path | None,
    root: tuple[Path, ...],
    holder: str | None,
    identity: str | None,
    issuer: str | None,
    trusted_root: Path | None,
) -> "Trust":
    """The one kind of trust that the options say."""
    from bartizan.artifacts.oms import TrustedIdentity, TrustedKey, TrustedRoots
    from bartizan.kernel import UsageError

    if bool(key) + bool(root) + bool(identity) != 1:
        raise UsageError("whose signature counts?", todo="Pass one of --key, --root and --identity")
    if key:
        return TrustedKey.load(key)
    if root:
        return TrustedRoots.load(root, holder=holder)
    if not (identity and issuer and trusted_root):
        raise UsageError("keyless verification needs --identity, --issuer and --trusted-root")
    return TrustedIdentity(identity, issuer, trusted_root)


def read_bundle(path: Path) -> bytes:
    from bartizan.kernel import BartizanError

    try:
        return path.read_bytes()
    except OSError as error:
        todo = "bartizan sign makes one; --signature names another file"
        raise BartizanError(f"the signature cannot be read: {error.strerror}", where=path, todo=todo) from None
