"""Threats and frameworks as data: our own slugs and sentences, other people's ids and short names."""

from bartizan.catalog.catalog import Catalog
from bartizan.catalog.errors import BrokenCatalog, UnknownName
from bartizan.catalog.framework import Framework
from bartizan.catalog.loader import load
from bartizan.catalog.threat import STAGES, Stage, Threat

__all__ = ["STAGES", "BrokenCatalog", "Catalog", "Framework", "Stage", "Threat", "UnknownName", "load"]
