"""What a bill of materials says of a model: its files as they were scanned, and what its own metadata claims."""

import hashlib
import json
import math
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from bartizan.artifacts.json_document import decode
from bartizan.artifacts.report import Report
from bartizan.kernel import BartizanError, HostileInput, OutOfBudget

MAX_METADATA_BYTES = 1 << 20
MAX_VALUES = 200
MAX_VALUE_CHARS = 200
FRONT_MATTER = re.compile(r"\A---\r?\n(.*?)\r?\n---\r?\n", re.DOTALL)

# How model cards spell the licences that SPDX names.
SPDX_LICENCES = {
    name.lower(): name
    for name in (
        "AFL-3.0", "AGPL-3.0-only", "Apache-2.0", "Artistic-2.0", "BSD-2-Clause", "BSD-3-Clause", "BSD-3-Clause-Clear",
        "BSL-1.0", "CC-BY-2.0", "CC-BY-3.0", "CC-BY-4.0", "CC-BY-NC-2.0", "CC-BY-NC-3.0", "CC-BY-NC-4.0",
        "CC-BY-NC-ND-3.0", "CC-BY-NC-ND-4.0", "CC-BY-NC-SA-3.0", "CC-BY-NC-SA-4.0", "CC-BY-ND-4.0", "CC-BY-SA-3.0",
        "CC-BY-SA-4.0", "CC0-1.0", "ECL-2.0", "EPL-2.0", "EUPL-1.2", "GPL-2.0-only", "GPL-3.0-only", "ISC",
        "LGPL-2.1-only", "LGPL-3.0-only", "LPPL-1.3c", "MIT", "MPL-2.0", "MS-PL", "NCSA", "OFL-1.1", "OSL-3.0",
        "PDDL-1.0", "PostgreSQL", "Unlicense", "WTFPL", "Zlib",
    )
} | {"agpl-3.0": "AGPL-3.0-only", "gpl-2.0": "GPL-2.0-only", "gpl-3.0": "GPL-3.0-only",
     "lgpl-2.1": "LGPL-2.1-only", "lgpl-3.0": "LGPL-3.0-only"}  # fmt: skip


class File(msgspec.Struct, frozen=True):
    """One file of the model, as it was scanned."""

    path: str
    """Relative to the model, with `/`."""
    sha256: str
    size: int
    format: str
    verdict: str


class Model(msgspec.Struct, frozen=True, kw_only=True):
    """A model: its files, and what the metadata beside them claims."""

    name: str
    files: tuple[File, ...]
    licences: tuple[str, ...] = ()
    """SPDX ids where the model card uses one, else the card's own word."""
    task: str = ""
    library: str = ""
    family: str = ""
    architecture: str = ""
    datasets: tuple[str, ...] = ()
    base_models: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    parameters: int | None = None

    @property
    def root(self) -> str:
        """The digest of the model: SHA-256 over the digests of its files, in the order of their paths."""
        return hashlib.sha256(b"".join(bytes.fromhex(file.sha256) for file in self.files)).hexdigest()


def describe(folder: Path, reports: Mapping[str, Report]) -> Model:
    """The model in this folder, or of this one file, whose files were scanned; unreadable metadata is left out."""
    card, config = _front_matter(folder / "README.md"), _json(folder / "config.json")
    adapter = _json(folder / "adapter_config.json")
    bases = [*card.get("base_model", []), *_texts(adapter.get("base_model_name_or_path"))]
    return Model(
        name=folder.name or folder.resolve().name,
        files=tuple(_file(path, reports[path]) for path in sorted(reports, key=lambda path: Path(path).parts)),
        licences=_licences(card),
        task=_first(card.get("pipeline_tag", [])),
        library=_first(card.get("library_name", [])),
        family=_first(_texts(config.get("model_type"))),
        architecture=_first(_texts(config.get("architectures"))),
        datasets=tuple(dict.fromkeys(card.get("datasets", []))),
        base_models=tuple(dict.fromkeys(bases)),
        languages=tuple(card.get("language", [])),
        parameters=_parameters(folder, reports),
    )


def _file(path: str, report: Report) -> File:
    if report.digest is None:
        raise BartizanError("a file was not read whole, so it has no digest to list", where=path)
    return File(path, report.digest.removeprefix("sha256:"), report.size, report.format, report.verdict)


def _licences(card: Mapping[str, list[str]]) -> tuple[str, ...]:
    """The card's licences; where it says `other`, the name that it gives instead."""
    named = {"other": _first(card.get("license_name", [])) or "other"}
    return tuple(SPDX_LICENCES.get(one.lower()) or named.get(one, one) for one in card.get("license", []))


def _front_matter(path: Path) -> dict[str, list[str]]:
    """The top-level keys of a model card's YAML head with their plain values; nested values are passed over."""
    head = FRONT_MATTER.match(_text(path))
    found: dict[str, list[str]] = {}
    key = ""
    for line in head.group(1).splitlines() if head else ():
        if line.startswith(("- ", "  - ")) and key:
            found[key].append(line.strip()[2:])
        elif (pair := re.match(r"([A-Za-z_]\w*):(?:\s+(.*))?$", line)) is not None:
            key, value = pair.group(1), (pair.group(2) or "").strip()
            found[key] = value[1:-1].split(",") if value[:1] == "[" and value[-1:] == "]" else [value] if value else []
        elif not line.startswith(" "):
            key = ""
    return {key: _texts(values) for key, values in found.items()}


def _json(path: Path) -> dict[str, Any]:
    try:
        value = decode(_text(path).encode())
    except (HostileInput, OutOfBudget):
        return {}
    return value if isinstance(value, dict) else {}


def _text(path: Path) -> str:
    """The text of a small regular file, or nothing."""
    try:
        if not path.is_file() or path.stat().st_size > MAX_METADATA_BYTES:
            return ""
        return path.read_text("utf-8", "replace")
    except OSError:
        return ""


def _texts(values: Any) -> list[str]:
    """The values that are short plain text, cleaned of quotes and of what is invisible."""
    listed = values if isinstance(values, list) else [values]
    clean = ("".join(filter(str.isprintable, one)).strip().strip("'\"") for one in listed if isinstance(one, str))
    return [one for one in clean if one and len(one) <= MAX_VALUE_CHARS][:MAX_VALUES]


def _first(values: Iterable[str]) -> str:
    return next(iter(values), "")


def _parameters(folder: Path, reports: Mapping[str, Report]) -> int | None:
    """How many numbers the safetensors files hold, if all weights are in such files."""
    weights = [path for path, report in reports.items() if report.format == "safetensors"]
    counts = [_count(folder / path if folder.is_dir() else folder) for path in weights]
    return sum(counts) if counts and all(counts) else None


def _count(path: Path) -> int:
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if length > 100 * MAX_METADATA_BYTES:
            return 0
        try:
            header = json.loads(file.read(length))
            return sum(math.prod(tensor["shape"]) for name, tensor in header.items() if name != "__metadata__")
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            return 0
