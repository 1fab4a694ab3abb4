"""Which records a SELECT asks for by their ids, so that only files of the view that may hold them are opened.

DuckDB skips no part of a file by the least and greatest id in it, so a look-up of one record would read every id.
Leaving files out changes no row: each place that reads `records` has a condition of its own that drops theirs.
"""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bartizan.ledger.parquet import VIEW_FILE, start_of_id
from bartizan.ledger.select import TABLES, names_given, nodes_of

UUID = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}\Z")
"""The one spelling whose meaning is plain; DuckDB knows more of them, and those are looked for everywhere."""


def ids_asked_for(tree: Any, params: Sequence[Any]) -> frozenset[str] | None:
    """The only ids that the statement can find a record by; None if it may want any record."""
    nodes = list(nodes_of(tree))
    places = sum(_is_records(node) for node in nodes)
    conditions = [ids for node in nodes if (ids := _ids_of_select(node, params)) is not None]
    if not places or len(conditions) != places or TABLES & names_given(nodes):
        return None
    return frozenset[str]().union(*conditions)


def may_hold(path: Path, ids: frozenset[str]) -> bool:
    """False if none of these ids lies between the least and the greatest one in a file of the view."""
    match = VIEW_FILE.match(path.name)
    return match is None or any(match[3] <= start_of_id(each) <= match[4] for each in ids)


def _ids_of_select(node: dict[str, Any], params: Sequence[Any]) -> frozenset[str] | None:
    """The ids of which a SELECT straight from `records` wants one in each row, before it does anything else."""
    table = node.get("from_table")
    if node.get("type") != "SELECT_NODE" or not isinstance(table, dict) or not _is_records(table):
        return None
    # A sample is taken before the condition is applied, and `r(a, b)` gives the columns other names.
    if node.get("sample") or table.get("sample") or table.get("column_name_alias") or table.get("at_clause"):
        return None
    name = str(table.get("alias") or table.get("table_name")).lower()
    for condition in _conjuncts(node.get("where_clause")):
        if (ids := _ids_of_condition(condition, name, params)) is not None:
            return ids
    return None


def _conjuncts(condition: Any) -> list[dict[str, Any]]:
    """The parts of a condition that must all hold."""
    if not isinstance(condition, dict):
        return []
    if condition.get("type") != "CONJUNCTION_AND":
        return [condition]
    return [part for child in condition["children"] for part in _conjuncts(child)]


def _ids_of_condition(condition: dict[str, Any], table: str, params: Sequence[Any]) -> frozenset[str] | None:
    """The ids in `id = ...` and `id in (...)`; None for any other condition."""
    if condition.get("type") == "COMPARE_EQUAL":
        left, right = condition["left"], condition["right"]
        values = [right] if _is_id(left, table) else [left] if _is_id(right, table) else []
    elif condition.get("type") == "COMPARE_IN" and _is_id(condition["children"][0], table):
        values = condition["children"][1:]
    else:
        values = []
    ids = [_constant(value, params) for value in values]
    return frozenset(each.lower() for each in ids if each) if ids and all(ids) else None


def _is_records(node: dict[str, Any]) -> bool:
    return node.get("type") == "BASE_TABLE" and str(node.get("table_name")).lower() in TABLES


def _is_id(node: dict[str, Any], table: str) -> bool:
    names = [str(name).lower() for name in node.get("column_names", ())]
    return node.get("type") == "COLUMN_REF" and names in (["id"], [table, "id"])


def _constant(node: dict[str, Any], params: Sequence[Any]) -> str | None:
    """The id that an expression stands for, if it is plainly one."""
    if node.get("type") == "OPERATOR_CAST" and node["cast_type"]["id"] == "UUID":
        node = node["child"]
    value: Any = None
    if node.get("type") == "VALUE_CONSTANT" and node["value"]["type"]["id"] == "VARCHAR":
        value = node["value"].get("value")
    elif node.get("type") == "VALUE_PARAMETER":
        place = str(node.get("identifier"))
        value = params[int(place) - 1] if place.isdecimal() and 1 <= int(place) <= len(params) else None
    return value if isinstance(value, str) and UUID.match(value) else None
