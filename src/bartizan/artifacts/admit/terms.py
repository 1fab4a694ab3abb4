"""The terms on which models are let in: whose signatures count, which policy decides, and what is where.

keys = ["team.pub"]                 # PEM files; paths are relative to this file
roots = ["root.pem"]
holder = "CN=Model team"            # of the roots' certificates, whose it must be
policy = "admit.cedar"              # instead of the active policy of the installation
evidence = "evidence"               # folder of published papers, instead of that in the data folder
environment = "production"          # of whatever is not named below
roles = ["operator"]                # of whoever asks

[[identities]]                      # keyless
identity = "ann@example.org"
issuer = "https://accounts.example.org"
trusted_root = "sigstore.json"

[environments]                      # by Kubernetes namespace, or by MLflow alias or stage
"dev-*" = "development"
"""

from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Self

import msgspec

from bartizan.artifacts.admit.papers import read
from bartizan.artifacts.oms import Trust, TrustedIdentity, TrustedKey, TrustedRoots, Unsigned
from bartizan.artifacts.oms.bundle import Bundle
from bartizan.kernel import BartizanError, Policy, UsageError

FILE = "admit.toml"
MAX_BYTES = 1 << 20
ROLES = ("operator",)
PRODUCTION = "production"


class AnyOf:
    """Trusts whom any of these trusts; with none of them, nobody."""

    def __init__(self, trusts: Sequence[Trust]) -> None:
        self._trusts = trusts

    def verify(self, bundle: Bundle) -> str:
        refusals: list[str] = []
        for trust in self._trusts:
            try:
                return trust.verify(bundle)
            except BartizanError as error:
                refusals.append(str(error))
        raise Unsigned("; ".join(dict.fromkeys(refusals)) or "no trust is configured")


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """What one gate goes by."""

    trust: Trust = AnyOf(())
    policy: Policy | None = None
    """None means the active policy of the installation."""
    evidence: Path | None = None
    """The folder of published papers; None means that in the data folder."""
    environment: str = PRODUCTION
    environments: dict[str, str] = {}
    """Patterns of places to environments; the first that fits counts."""
    roles: tuple[str, ...] = ROLES

    @classmethod
    def load(cls, path: Path) -> Self:
        """The terms in a TOML file; UsageError if one of them cannot be had."""
        try:
            content = read(path, MAX_BYTES)
        except BartizanError as error:
            raise UsageError(f"the terms cannot be read: {error.what}", where=path) from None
        if content is None:
            raise UsageError("there is no such file of terms", where=path)
        try:
            said = msgspec.toml.decode(content, type=_File)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise UsageError(f"these are no terms of admission: {error}", where=path) from None
        return cls(
            trust=said.trust(path.parent),
            policy=read_policy(path.parent / said.policy) if said.policy else None,
            evidence=path.parent / said.evidence if said.evidence else None,
            environment=said.environment,
            environments=said.environments,
            roles=said.roles,
        )

    def environment_of(self, place: str) -> str:
        """The environment that a namespace, alias or stage stands for."""
        fitting = (name for pattern, name in self.environments.items() if fnmatchcase(place, pattern))
        return next(fitting, self.environment)


def read_policy(path: Path) -> Policy:
    """The rules in a file."""
    content = read(path, MAX_BYTES)
    if content is None:
        raise UsageError("there is no such policy", where=path)
    try:
        return Policy(content.decode(), str(path))
    except UnicodeDecodeError:
        raise UsageError("a policy is text in UTF-8", where=path) from None


class _Identity(msgspec.Struct, forbid_unknown_fields=True):
    identity: str
    issuer: str
    trusted_root: str


class _File(msgspec.Struct, forbid_unknown_fields=True):
    keys: list[str] = []
    roots: list[str] = []
    holder: str | None = None
    identities: list[_Identity] = []
    policy: str = ""
    evidence: str = ""
    environment: str = PRODUCTION
    environments: dict[str, str] = {}
    roles: tuple[str, ...] = ROLES

    def trust(self, folder: Path) -> AnyOf:
        """Trust in all that are named; files are beside the terms."""
        if self.holder is not None and not self.roots:
            raise UsageError("a holder is named, but no roots that would vouch for one", where=folder)
        trusts: list[Any] = [TrustedKey.load(folder / key) for key in self.keys]
        if self.roots:
            trusts.append(TrustedRoots.load([folder / root for root in self.roots], holder=self.holder))
        trusts += [TrustedIdentity(one.identity, one.issuer, folder / one.trusted_root) for one in self.identities]
        if not trusts:
            raise UsageError("nobody's signature counts", where=folder, todo="Name keys, roots or identities")
        return AnyOf(trusts)
