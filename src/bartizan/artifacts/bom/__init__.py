"""Bills of materials: what a model consists of, in CycloneDX and in SPDX."""

from bartizan.artifacts.bom.cyclonedx import cyclonedx
from bartizan.artifacts.bom.model import File, Model, describe
from bartizan.artifacts.bom.spdx import spdx

__all__ = ["File", "Model", "cyclonedx", "describe", "spdx"]
