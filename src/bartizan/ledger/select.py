"""What SQL may be asked of the ledger: one SELECT over `records`, and no table function that reaches outside."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import msgspec

from bartizan.kernel import UsageError

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

TABLES = frozenset({"records"})
TABLE_FUNCTIONS = frozenset({"range", "generate_series", "unnest", "json_each", "json_tree", "repeat"})
MAX_SQL_CHARS = 100_000
AT_HINT = 'The column "at" needs its double quotes.'


def checked_select(session: "DuckDBPyConnection", sql: str) -> dict[str, Any]:
    """The syntax tree of one SELECT over the view `records`, as DuckDB's own parser sees it; all else is refused."""
    if len(sql) > MAX_SQL_CHARS:
        raise UsageError(f"the SQL has more than {MAX_SQL_CHARS:,} characters")
    found = session.execute("select json_serialize_sql(?::VARCHAR)", [sql]).fetchone()
    try:
        tree: dict[str, Any] = msgspec.json.decode(found[0]) if found else {"error": True}
    except (msgspec.DecodeError, RecursionError):  # DuckDB writes 1e400 as a number that JSON has not
        raise UsageError("the SQL has a number or a nesting beyond all bounds") from None
    if tree.get("error"):
        said = str(tree.get("error_message", "it cannot be parsed"))
        if tree.get("error_type") == "parser":
            raise UsageError(f"the SQL cannot be parsed: {said}", todo=AT_HINT if _trips_over_at(sql) else "")
        raise UsageError(f"only a SELECT can be asked of the ledger: {said}")
    if len(tree["statements"]) != 1:
        raise UsageError(f"one statement at a time, not {len(tree['statements'])}")
    nodes = list(nodes_of(tree))
    named = names_given(nodes)
    for node in nodes:
        _check_node(node, named)
    return tree


def _check_node(node: dict[str, Any], named: set[str]) -> None:
    kind = node.get("type")
    if kind == "BASE_TABLE":
        name = str(node.get("table_name"))
        if node.get("schema_name") or node.get("catalog_name") or name.lower() not in TABLES | named:
            raise UsageError(f"there is no table {name} here", todo="Select from records.")
    elif kind == "TABLE_FUNCTION":
        name = str(node.get("function", {}).get("function_name"))
        if name.lower() not in TABLE_FUNCTIONS:
            raise UsageError(f"the table function {name} is not allowed", todo="Select from records.")
    elif kind == "SHOW_REF":
        name = str(node.get("table_name")).strip('"').lower()
        if node.get("query") is None and name not in TABLES | named:
            raise UsageError("only `describe records` is allowed", todo="Select from records.")


def nodes_of(tree: Any) -> Iterator[dict[str, Any]]:
    """Every object of the syntax tree, without recursion."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            yield node
            waiting.extend(node.values())
        elif isinstance(node, list):
            waiting.extend(node)


def names_given(nodes: list[dict[str, Any]]) -> set[str]:
    """What the statement calls its own sub-queries (`with name as ...`)."""
    return {entry["key"].lower() for node in nodes for entry in _map(node.get("cte_map"))}


def _map(value: Any) -> list[dict[str, Any]]:
    return [entry for entry in value["map"] if "key" in entry] if isinstance(value, dict) and "map" in value else []


def _trips_over_at(sql: str) -> bool:
    words = sql.replace(",", " ").replace("(", " ").replace(")", " ").replace(".", " ").split()
    return any(word.lower() == "at" for word in words)
