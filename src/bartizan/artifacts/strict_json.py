"""JSON of hostile origin: read whole, under a size limit, with duplicate keys told apart from the last value."""

import json
from typing import Any

from bartizan.kernel import HostileInput


def parse(raw: bytes) -> tuple[Any, list[str]]:
    """The value, and the keys that some object repeats; two loaders may take different ones of them."""
    repeated: list[str] = []

    def pairs(listed: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(listed)
        if len(found) != len(listed):
            names = [name for name, _ in listed]
            repeated.extend({name for name in names if names.count(name) > 1} if len(names) < 1000 else {"(many)"})
        return found

    try:
        return json.loads(raw.decode("utf-8"), object_pairs_hook=pairs), sorted(set(repeated))
    except (ValueError, RecursionError) as error:
        raise HostileInput(f"this is no JSON: {error}") from None
