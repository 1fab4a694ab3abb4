"""JSON that every parser reads alike: UTF-8, no key twice, no number that is none."""

import json
from typing import Any, NoReturn

from bartizan.kernel import HostileInput


def parse(raw: bytes) -> Any:
    """The value of a document."""
    try:
        return json.loads(raw.decode("utf-8"), object_pairs_hook=_object, parse_constant=_constant, parse_float=_float)
    except UnicodeDecodeError:
        raise HostileInput("the body is not UTF-8") from None
    except RecursionError:
        raise HostileInput("the body is nested too deeply") from None
    except ValueError:
        raise HostileInput("the body is no JSON") from None


def write(value: Any) -> bytes:
    """The document of a value, without a byte that has no need to be there."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise HostileInput("the body has an object with a key twice, which parsers read differently")
    return found


def _constant(_: str) -> NoReturn:
    raise HostileInput("the body has a number that is none")


def _float(text: str) -> float:
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise HostileInput("the body has a number that is none")
    return value
