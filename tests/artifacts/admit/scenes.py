"""A signed and scanned model with all its papers, and a gate with a store of its own."""

import pickle
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
from cryptography.hazmat.primitives.asymmetric import ec

from bartizan.artifacts.admit import Gate, Papers, Store, Terms
from bartizan.artifacts.bom import cyclonedx, describe, spdx
from bartizan.artifacts.oms import KeySigner, TrustedKey, sign
from bartizan.artifacts.scan import scan, walk
from bartizan.artifacts.scanned import attest_scan, scan_model
from bartizan.kernel import Policy, Record
from bartizan.policy import Engine, default

NOW = datetime.now(UTC).replace(microsecond=0)
KEY = ec.generate_private_key(ec.SECP256R1())
SIGNER, TRUST = KeySigner(KEY), TrustedKey(KEY.public_key())
STRANGER = KeySigner(ec.generate_private_key(ec.SECP256R1()))


@dataclass(frozen=True)
class Made:
    """A model with its papers."""

    path: Path
    root: str
    papers: Papers


def make(folder: Path, name: str = "llama", *, value: object = (1.0, 2.0), scanned: Any = None) -> Made:
    """A model of two files; `scanned` changes what its signed scan says."""
    path = folder / name
    path.mkdir()
    (path / "weights.pkl").write_bytes(pickle.dumps(value))
    (path / "README.md").write_text("---\nlicense: apache-2.0\n---\n")
    return Made(path, scan_model(path).root, papers(path, **(scanned or {})))


def papers(path: Path, *, signer: KeySigner = SIGNER, **scanned: Any) -> Papers:
    """The papers of the model as it is now."""
    said = msgspec.structs.replace(scan_model(path), **({"at": NOW} | scanned))
    return Papers(sign(path, signer), attest_scan(said, signer), bom(path))


def bom(path: Path, form: str = "cyclonedx") -> bytes:
    model = describe(path, {file.relative_to(path).as_posix(): scan(file) for file in walk(path)})
    make_one: Callable[..., dict[str, Any]] = spdx if form == "spdx" else cyclonedx
    return msgspec.json.encode(make_one(model, at=NOW, tool_version="1"))


def gate(
    folder: Path,
    *,
    policy: Policy | None = None,
    append: Callable[[Sequence[Record]], object] | None = None,
    now: datetime = NOW,
    approved: bool = False,
    **terms: Any,
) -> Gate:
    engine = Engine(policy or default())
    return Gate(
        terms=Terms(trust=TRUST, **terms),
        engine=lambda: engine,
        store=Store(folder / "evidence"),
        append=append,
        approved=lambda _root, _now: approved,
        clock=lambda: now,
    )


def days(count: float) -> timedelta:
    return timedelta(days=count)
