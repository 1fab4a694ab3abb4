"""Reads the catalog from its TOML files and refuses it if any rule is broken."""

import tomllib
from collections.abc import Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable
from types import MappingProxyType
from typing import Any, TypeVar

import msgspec

from bartizan.catalog.catalog import Catalog
from bartizan.catalog.errors import BrokenCatalog
from bartizan.catalog.framework import Framework, OutOfReach
from bartizan.catalog.rules import faults
from bartizan.catalog.threat import STAGES, Threat

T = TypeVar("T")


def load(folder: Traversable | None = None) -> Catalog:
    """The catalog in this folder, or the one that Bartizan ships. Each call reads the files: keep what it returns."""
    folder = folder or files("bartizan.catalog") / "data"
    frameworks = list(_frameworks(folder / "frameworks"))
    threats = list(_threats(folder / "threats"))
    out_of_reach = _read(folder / "out-of-reach.toml", dict[str, list[OutOfReach]])
    asset_kinds = _read(folder / "asset-kinds.toml", dict[str, str])
    found = list(faults(frameworks, threats, out_of_reach, asset_kinds))
    if found:
        others = f"{len(found) - 1} more besides" if len(found) > 1 else ""
        raise BrokenCatalog(found[0].what, where=found[0].where, todo=others)
    reasons = {entry: group.because for groups in out_of_reach.values() for group in groups for entry in group.ids}
    threats.sort(key=lambda threat: STAGES.index(threat.stages[0]))
    return Catalog(
        frameworks=MappingProxyType({framework.slug: framework for framework in frameworks}),
        asset_kinds=MappingProxyType(asset_kinds),
        out_of_reach=MappingProxyType(reasons),
        by_slug=MappingProxyType({threat.slug: threat for threat in threats}),
    )


def _frameworks(folder: Traversable) -> Iterator[Framework]:
    """One framework a file, named by the file."""
    for file in _toml_files(folder):
        yield _convert(_parse(file) | {"slug": file.name.removesuffix(".toml")}, Framework, file)


def _threats(folder: Traversable) -> Iterator[Threat]:
    """Many threats a file, each a table named by its slug; a description is refilled to one paragraph."""
    for file in _toml_files(folder):
        for slug, table in _parse(file).items():
            if not isinstance(table, dict):
                raise BrokenCatalog(f"{slug} is no table", where=file)
            paragraph = " ".join(str(table.get("description", "")).split())
            yield _convert(table | {"slug": slug, "description": paragraph}, Threat, file)


def _toml_files(folder: Traversable) -> list[Traversable]:
    return sorted((file for file in folder.iterdir() if file.name.endswith(".toml")), key=lambda file: file.name)


def _read(file: Traversable, type: type[T]) -> T:
    return _convert(_parse(file), type, file)


def _parse(file: Traversable) -> dict[str, Any]:
    """The tables of a TOML file; the parser itself refuses a key or table that stands there twice."""
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BrokenCatalog(f"the file cannot be read: {error}", where=file) from None


def _convert(value: Any, type: type[T], file: Traversable) -> T:
    try:
        return msgspec.convert(value, type)
    except msgspec.ValidationError as error:
        raise BrokenCatalog(str(error), where=file) from None
