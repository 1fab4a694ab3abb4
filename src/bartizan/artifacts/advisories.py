"""Advisories about packages, from an OSV file that the user points at: which versions are vulnerable, and which names
are nearly those of well-known packages. Nothing is fetched.

The file is one OSV record, an array of them, or a line for each (https://ossf.github.io/osv-schema/).
"""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Self

import msgspec

from bartizan.kernel import UsageError

PINNED = re.compile(r"\A\s*\(?\s*={2,3}\s*([\w.+!-]+)\s*\)?\s*\Z")
MAX_PARTS = 6
WELL_KNOWN = (
    "torch", "torchvision", "torchaudio", "tensorflow", "keras", "numpy", "scipy", "pandas", "scikit-learn",
    "transformers", "diffusers", "datasets", "tokenizers", "accelerate", "safetensors", "huggingface-hub", "onnx",
    "onnxruntime", "xgboost", "lightgbm", "catboost", "requests", "urllib3", "pillow", "matplotlib", "jax", "flax",
    "sentencepiece", "openai", "langchain", "fastapi", "pydantic", "pytorch-lightning", "lightning", "einops", "timm",
    "peft", "bitsandbytes", "joblib", "cloudpickle", "protobuf", "opencv-python", "gradio", "streamlit", "mlflow",
    "wandb", "tqdm", "pyyaml", "jinja2", "boto3",
)  # fmt: skip


class _Event(msgspec.Struct):
    introduced: str | None = None
    fixed: str | None = None
    last_affected: str | None = None


class _Range(msgspec.Struct):
    type: str = ""
    events: list[_Event] = []


class _Package(msgspec.Struct):
    name: str = ""
    ecosystem: str = ""


class _Affected(msgspec.Struct):
    package: _Package | None = None
    ranges: list[_Range] = []
    versions: list[str] = []


class _Advisory(msgspec.Struct):
    id: str
    summary: str = ""
    affected: list[_Affected] = []
    withdrawn: str | None = None


class Advisories:
    """What is known about packages, by their normal names."""

    def __init__(self, advisories: Iterable[_Advisory]) -> None:
        self._by_name: dict[str, list[tuple[str, _Affected]]] = {}
        for advisory in advisories:
            for affected in advisory.affected:
                package = affected.package
                if advisory.withdrawn is None and package is not None and package.ecosystem.startswith("PyPI"):
                    label = f"{advisory.id} {advisory.summary}".strip()
                    self._by_name.setdefault(_normal(package.name), []).append((label, affected))

    @classmethod
    def read(cls, path: Path) -> Self:
        """The advisories in this file."""
        try:
            data = path.read_bytes()
        except OSError as error:
            raise UsageError(f"the advisories cannot be read: {error.strerror}", where=path) from None
        try:
            if data.lstrip()[:1] == b"[":
                return cls(msgspec.json.decode(data, type=list[_Advisory]))
            return cls(msgspec.json.Decoder(_Advisory).decode_lines(data))
        except msgspec.MsgspecError as error:
            raise UsageError(f"this is no OSV file: {error}", where=path) from None

    def about(self, name: str, versions: str) -> Iterator[str]:
        """What is known about the versions that a requirement allows; an unpinned one may be a fixed one."""
        pinned = PINNED.match(versions)
        for label, affected in self._by_name.get(_normal(name), ()):
            whole = not affected.versions and any(not _ends(part) for part in affected.ranges)
            if (pinned and _affects(affected, pinned[1])) or (not pinned and whole):
                yield label

    def resembles(self, name: str) -> str | None:
        """The well-known package whose name this one nearly has."""
        normal = _normal(name)
        if normal in WELL_KNOWN:
            return None
        return next((known for known in WELL_KNOWN if len(known) > 4 and _one_edit(normal, known)), None)


def _normal(name: str) -> str:
    """The name as PEP 503 compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _ends(part: _Range) -> bool:
    return any(event.fixed or event.last_affected for event in part.events)


def _affects(affected: _Affected, version: str) -> bool:
    if version in affected.versions:
        return True
    wanted = _ordered(version)
    for part in affected.ranges:
        inside = False
        for event in part.events if part.type == "ECOSYSTEM" else ():
            if event.introduced is not None and _ordered(event.introduced) <= wanted:
                inside = True
            if event.fixed is not None and _ordered(event.fixed) <= wanted:
                inside = False
            if event.last_affected is not None and _ordered(event.last_affected) < wanted:
                inside = False
        if inside:
            return True
    return False


def _ordered(version: str) -> tuple[tuple[int, int, str], ...]:
    """A key that orders versions as PEP 440 does for releases and pre-releases."""
    plain = version.lower().partition("+")[0].lstrip("v")
    release = re.match(r"[\d.]*", plain)
    numbers = [int(part) for part in (release[0] if release else "").split(".") if part]
    numbers += [0] * (MAX_PARTS - len(numbers))
    rest = re.findall(r"\d+|[a-z]+", plain[release.end() if release else 0 :])
    suffix = [(1, int(part), "") if part.isdigit() else (2 if part == "post" else 0, 0, part) for part in rest]
    return (*((1, number, "") for number in numbers), *suffix, (1, 0, ""))


def _one_edit(one: str, other: str) -> bool:
    """True if one letter more, less, changed or swapped makes the one the other."""
    if abs(len(one) - len(other)) > 1 or one == other:
        return False
    at = next(
        (index for index, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other))
    )
    rest, target = one[at:], other[at:]
    swapped = rest[:2] == target[:2][::-1] and rest[2:] == target[2:]
    return rest[1:] == target[1:] or rest[1:] == target or rest == target[1:] or swapped
