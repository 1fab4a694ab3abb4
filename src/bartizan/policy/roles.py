"""Roles, and which roles each one includes."""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from importlib.resources import files

import msgspec

Includes = Mapping[str, tuple[str, ...]]


@lru_cache(maxsize=1)
def built_in() -> Includes:
    """The built-in roles: admin, operator, analyst, auditor, service."""
    data = files("bartizan.policy").joinpath("roles.json").read_bytes()
    return msgspec.json.decode(data, type=dict[str, tuple[str, ...]])


def expand(roles: Iterable[str], includes: Includes) -> tuple[str, ...]:
    """The roles and all that they include, sorted; a role nobody defined includes none."""
    found: set[str] = set()
    ahead = list(roles)
    while ahead:
        role = ahead.pop()
        if role not in found:
            found.add(role)
            ahead.extend(includes.get(role, ()))
    return tuple(sorted(found))
