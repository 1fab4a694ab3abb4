"""Lineage: what an asset was made from, and what was made from it, over any number of steps."""

from collections.abc import Iterator
from typing import Literal

import msgspec

from bartizan.kernel import Asset
from bartizan.state.rows import LinkRow
from bartizan.state.state import State

MAX_STEPS = 64
MAX_LINKS = 10_000


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One edge met on the way, and how many edges away it lies."""

    distance: int
    link: LinkRow


def ancestors(state: State, asset: Asset, *, tenant: str = "main") -> list[Step]:
    """The edges that lead to what the asset was made from, the nearest first."""
    return list(_walk(state, asset, tenant, "parents"))


def descendants(state: State, asset: Asset, *, tenant: str = "main") -> list[Step]:
    """The edges that lead to what was made from the asset, the nearest first."""
    return list(_walk(state, asset, tenant, "children"))


def _walk(state: State, asset: Asset, tenant: str, to: Literal["parents", "children"]) -> Iterator[Step]:
    """Breadth first, each thing once: a lineage with a circle ends too."""
    met = {str(asset.thing)}
    edge = [str(asset.thing)]
    found = 0
    for distance in range(1, MAX_STEPS + 1):
        ahead: list[str] = []
        for thing in edge:
            for link in state.links(thing, to, tenant=tenant):
                yield Step(distance=distance, link=link)
                found += 1
                if found == MAX_LINKS:
                    return
                other = link.parent_thing if to == "parents" else link.child_thing
                if other not in met:
                    met.add(other)
                    ahead.append(other)
        edge = ahead
