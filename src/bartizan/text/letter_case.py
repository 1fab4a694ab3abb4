"""Letters in any case: which characters beyond ASCII a case-insensitive pattern takes for the same."""

import sys
from collections import defaultdict
from functools import cache


def in_any_case(code: int) -> frozenset[int]:
    """All characters that differ from this one by case alone, itself among them."""
    return _orbits().get(code, frozenset((code,)))


@cache
def _orbits() -> dict[int, frozenset[int]]:
    """The sets of characters that case joins: sigma, final sigma and capital sigma are one."""
    joined: defaultdict[int, set[int]] = defaultdict(set)
    for code in range(128, sys.maxunicode + 1):
        char = chr(code)
        for other in (char.lower(), char.upper(), char.title(), char.casefold()):
            if other != char and len(other) == 1:
                joined[code].add(ord(other))
                joined[ord(other)].add(code)
    orbits: dict[int, frozenset[int]] = {}
    for code in list(joined):
        if code in orbits:
            continue
        orbit, new = {code}, {code}
        while new:
            new = set().union(*(joined[member] for member in new)) - orbit
            orbit |= new
        orbits |= dict.fromkeys(orbit, frozenset(orbit))
    return orbits
