"""`bartizan keys`: issue, list, revoke and rotate API keys."""

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import click

from bartizan.cli import show
from bartizan.cli.default import ListGroup
from bartizan.cli.options import data_option, format_option
from bartizan.kernel import UsageError

if TYPE_CHECKING:
    from bartizan.runner.settings import Settings
    from bartizan.state import KeyRow

LIFETIME = re.compile(r"([1-9][0-9]{0,5})([hdw])\Z")
UNITS = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}

tenant_option = click.option("--tenant", metavar="TENANT", help="Tenant of the key [default: the setting `tenant`].")


@click.group(cls=ListGroup)
def command() -> None:
    """Issue, list, revoke and rotate API keys.

    Without a verb it lists them, and takes the options of `list`.

    \b
    Example:
      bartizan keys add ci --role service --route '/v1/*' --expires 90d
      bartizan keys list
      bartizan keys revoke k-0123456789abcdef
    """


@command.command()
@click.argument("name")
@data_option
@tenant_option
@click.option("--role", "roles", multiple=True, default=["service"], show_default=True, help="A role; may be repeated.")
@click.option("--route", "routes", multiple=True, help="A path, or /prefix/*; may be repeated [default: all].")
@click.option("--expires", default="365d", show_default=True, help="When it ends: 12h, 90d, 4w, a date, or never.")
def add(
    name: str, settings: "Settings", tenant: str | None, roles: tuple[str, ...], routes: tuple[str, ...], expires: str
) -> None:
    """Issue a key. It is shown once, alone on the last line, and cannot be shown again.

    \b
    Example:
      bartizan keys add ci --role service --expires 90d | tail -n 1 > key
    """
    from bartizan.cli.person import whoami
    from bartizan.policy.keys import Keys
    from bartizan.runner.keep import Keep

    until = _moment(expires)
    with Keep.open(settings) as keep:
        keys = Keys(keep.state)
        secret = keys.add(
            name, tenant=tenant or settings.tenant, roles=roles, routes=routes, expires=until, actor=whoami()
        )
        row = keys.check(secret)
        known = keep.policy.roles
    for role in roles:
        if role not in known:
            _warn_of_role(role, known)
    _show_secret(secret, row)


@command.command("list")
@data_option
@tenant_option
@click.option("--all", "everyone", is_flag=True, help="The keys of all tenants.")
@format_option()
def list_keys(settings: "Settings", tenant: str | None, everyone: bool, form: str) -> None:
    """List the keys, never their secrets.

    \b
    Example:
      bartizan keys list --all --format json
    """
    from bartizan.policy.keys import Keys
    from bartizan.runner.keep import Keep

    with Keep.open(settings, create=False) as keep:
        rows = Keys(keep.state).list(None if everyone else tenant or settings.tenant)
    now = datetime.now(UTC)
    listed = [
        {
            "key": row.key,
            "name": row.name,
            "tenant": row.tenant,
            "status": _status(row, now),
            "roles": list(row.roles),
            "routes": list(row.routes),
            "expires": row.expires,
        }
        for row in rows
    ]
    if form == "json":
        show.as_json(listed)
        return
    show.table(
        ["key", "name", "tenant", "status", "roles", "routes", "expires"],
        [
            (
                row.key,
                row.name,
                row.tenant,
                _status(row, now),
                ", ".join(row.roles),
                ", ".join(row.routes) or "all",
                f"{row.expires:%Y-%m-%d %H:%M}Z" if row.expires else "never",
            )
            for row in rows
        ],
        empty="there are no keys",
    )


@command.command()
@click.argument("key")
@data_option
@tenant_option
@click.option("--reason", default="", help="Why, for the record.")
def revoke(key: str, settings: "Settings", tenant: str | None, reason: str) -> None:
    """Make KEY (its id, as listed) useless from now on.

    \b
    Example:
      bartizan keys revoke k-0123456789abcdef --reason "laptop lost"
    """
    from bartizan.cli.person import whoami
    from bartizan.policy.keys import Keys
    from bartizan.runner.keep import Keep

    with Keep.open(settings, create=False) as keep:
        Keys(keep.state).revoke(key, tenant=tenant or settings.tenant, reason=reason, actor=whoami())
    click.echo(show.safe(f"{key} is revoked"))


@command.command()
@click.argument("key")
@data_option
@tenant_option
@click.option("--expires", help="When the new key ends [default: when the old one would].")
def rotate(key: str, settings: "Settings", tenant: str | None, expires: str | None) -> None:
    """Revoke KEY and issue a new one with the same name and scope, in one change.

    \b
    Example:
      bartizan keys rotate k-0123456789abcdef --expires 90d
    """
    from bartizan.cli.person import whoami
    from bartizan.policy.keys import Keys
    from bartizan.runner.keep import Keep

    until = _moment(expires) if expires else None
    with Keep.open(settings, create=False) as keep:
        keys = Keys(keep.state)
        secret = keys.rotate(key, tenant=tenant or settings.tenant, expires=until, actor=whoami())
        row = keys.check(secret)
    _show_secret(secret, row)


def _moment(text: str) -> datetime | None:
    """When `90d`, `2027-01-31` or `2027-01-31T12:00:00Z` is; None for `never`."""
    if text == "never":
        return None
    try:
        if lifetime := LIFETIME.match(text):
            return datetime.now(UTC) + int(lifetime[1]) * UNITS[lifetime[2]]
        moment = datetime.fromisoformat(text)
    except (ValueError, OverflowError):
        raise UsageError(f"{text!r} is no time", todo="Write 12h, 90d, 4w, 2027-01-31 or never") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _status(row: "KeyRow", now: datetime) -> str:
    if row.revoked:
        return "revoked"
    return "expired" if row.expires is not None and row.expires <= now else "active"


def _warn_of_role(role: str, known: frozenset[str]) -> None:
    """A role is any name, so that a misspelt one is no error; but it permits nothing."""
    from difflib import get_close_matches

    near = get_close_matches(role, sorted(known), n=1)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    click.echo(show.safe(f"warning: no rule names the role {role!r}, and none is built in.{hint}"), err=True)


def _show_secret(secret: str, row: "KeyRow | None") -> None:
    """What the key is and may do, then the secret alone on the last line."""
    if row is not None:
        until = f"until {row.expires:%Y-%m-%d %H:%M}Z" if row.expires else "for ever"
        where = ", ".join(row.routes) or "all routes"
        click.echo(show.safe(f"{row.key} ({row.name}): {', '.join(row.roles)} in {row.tenant} on {where}, {until}."))
        click.echo("This is the key. It is not kept and cannot be shown again:")
    click.echo(secret)
