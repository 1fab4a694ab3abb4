"""What the verbs of `bartizan admit` share: the options that say whose word counts, and the gate that they open."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bartizan.cli.options import data_option
from bartizan.cli.verify import trust_of, trust_options

if TYPE_CHECKING:
    from bartizan.artifacts.admit import Gate, Terms
    from bartizan.runner.settings import Settings

TRUST = ("key", "root", "holder", "identity", "issuer", "trusted_root")


def gate_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Adds the options, and hands the command `settings` and `terms`."""

    @wraps(command)
    def with_terms(**given: Any) -> Any:
        trust = {name: given.pop(name) for name in TRUST}
        file, policy, roles = given.pop("terms_file"), given.pop("policy_file"), given.pop("roles")
        terms = _terms(given["settings"], trust, file, policy, roles)
        return command(terms=terms, **given)

    for option in (
        data_option,
        click.option("--role", "roles", multiple=True, metavar="ROLE", help="Role of who asks [default: operator]."),
        click.option("--policy", "policy_file", type=click.Path(path_type=Path), metavar="FILE", help="Cedar rules."),
        click.option(
            "--terms",
            "terms_file",
            type=click.Path(path_type=Path),
            metavar="TOML",
            help="Keys, roots, environments and policy in one file [default: admit.toml in the data folder].",
        ),
        trust_options,
    ):
        with_terms = option(with_terms)
    return with_terms


@contextmanager
def opened(settings: "Settings", terms: "Terms", *, record: bool) -> "Iterator[Gate]":
    """The gate of this installation; without one, and with nothing to record, the built-in policy decides."""
    from bartizan.artifacts.admit import Gate, Store, approvals
    from bartizan.policy import Engine, default

    store = Store(terms.evidence or settings.data / "evidence")
    own = Engine(terms.policy) if terms.policy else None
    if not record and not (settings.data / "vault").is_dir():
        engine = own or Engine(default())
        yield Gate(terms=terms, engine=lambda: engine, store=store, tenant=settings.tenant)
        return
    from bartizan.runner.keep import Keep

    with Keep.open(settings) as keep:
        yield Gate(
            terms=terms,
            engine=lambda: own or keep.policy,
            store=store,
            append=keep.append if record else None,
            approved=approvals(keep.state, settings.tenant),
            tenant=settings.tenant,
        )


def _terms(
    settings: "Settings", trust: dict[str, Any], file: Path | None, policy: Path | None, roles: tuple[str, ...]
) -> "Terms":
    """The terms of the file, with what the options say in its place."""
    import msgspec

    from bartizan.artifacts.admit import Terms
    from bartizan.artifacts.admit.terms import FILE, read_policy
    from bartizan.kernel import UsageError

    if file is None and (settings.data / FILE).exists():
        file = settings.data / FILE
    terms = Terms.load(file) if file is not None else Terms()
    said: dict[str, Any] = {}
    if any(trust.values()):
        said["trust"] = trust_of(**trust)
    elif file is None:
        raise UsageError("whose signature counts?", todo="Pass --key, --root or --identity, or a file with --terms")
    if policy is not None:
        said["policy"] = read_policy(policy)
    if roles:
        said["roles"] = roles
    return msgspec.structs.replace(terms, **said)
