"""`bartizan sign`: put your name to a model, and to what a scan found in it."""

import os
import secrets
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bartizan.cli import show
from bartizan.cli.lazy import FOUND

if TYPE_CHECKING:
    from bartizan.artifacts.oms import Signer

EXAMPLES = """\b
Examples:
  openssl ecparam -name prime256v1 -genkey -noout -out key.pem
  bartizan sign ./model --key key.pem
  bartizan sign ./model --key leaf-key.pem --chain leaf.pem --chain intermediate.pem
"""


SEE_ALL = "bartizan scan shows all of it"


@click.command(epilog=EXAMPLES)
@click.argument("model", type=click.Path(exists=True, path_type=Path))
@click.option(
    "--key", required=True, type=click.Path(path_type=Path), metavar="PEM", help="Private key, P-256 to P-521."
)
@click.option(
    "--chain", multiple=True, type=click.Path(path_type=Path), metavar="PEM", help="Certificates, the key's own first."
)
@click.option("--password-env", metavar="NAME", help="Environment variable with the key's password.")
@click.option(
    "--signature", type=click.Path(path_type=Path), metavar="FILE", help="Where to write [default: MODEL.sig]."
)
@click.option("--ignore", multiple=True, metavar="PATH", help="A path inside the model to leave out.")
@click.option("--no-scan", is_flag=True, help="Do not scan the model and sign the verdict too.")
def command(
    model: Path,
    key: Path,
    chain: tuple[Path, ...],
    password_env: str | None,
    signature: Path | None,
    ignore: tuple[str, ...],
    no_scan: bool,
) -> int:
    """Sign every file of a model as OpenSSF Model Signing v1.0 says, and what a scan found as a second statement.

    Writes MODEL.sig and MODEL.scan.sig. A model that the scan blocks is not signed: exit code 1.
    """
    from bartizan.artifacts.oms import sign
    from bartizan.artifacts.scanned import attest_scan, scan_model

    signer = _signer(key, chain, password_env)
    where = signature or default_signature(model)
    beside = [where, scan_signature(where)]
    if not no_scan:
        scanned = scan_model(model, ignore=ignore, beside=beside)
        if scanned.verdict == "block":
            why = scanned.reasons[0].replace("block: ", "", 1)
            click.echo(show.safe(f"bartizan: not signed, the scan blocks it: {why} ({model}). {SEE_ALL}"), err=True)
            return FOUND
        _write(scan_signature(where), attest_scan(scanned, signer))
    _write(where, sign(model, signer, ignore=ignore, beside=beside))
    click.echo(show.safe(f"signed {model}: {' and '.join(str(path) for path in (beside[:1] if no_scan else beside))}"))
    return 0


def default_signature(model: Path) -> Path:
    """Beside the model, not inside: `model.sig`."""
    resolved = model.resolve()
    return resolved.with_name(f"{resolved.name}.sig")


def scan_signature(signature: Path) -> Path:
    """Where the signed scan of a model lies: `model.scan.sig`."""
    return signature.with_name(f"{signature.name.removesuffix('.sig')}.scan.sig")


def _signer(key: Path, chain: tuple[Path, ...], password_env: str | None) -> "Signer":
    from bartizan.artifacts.oms import CertificateSigner, KeySigner
    from bartizan.kernel import UsageError

    password = os.environ.get(password_env, "").encode() if password_env else None
    if password_env and not password:
        raise UsageError(f"the variable {password_env} holds no password")
    if not chain:
        return KeySigner.load(key, password)
    return CertificateSigner.load_chain(key, chain, password)


def _write(path: Path, bundle: bytes) -> None:
    """Write whole or not at all."""
    from bartizan.kernel import UsageError

    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        with draft.open("xb") as file:
            file.write(bundle)
        draft.replace(path)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise UsageError(f"the signature cannot be written: {error.strerror}", where=path) from None
