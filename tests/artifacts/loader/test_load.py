import io
import os
import pickle
import sys
from collections import OrderedDict, defaultdict, deque
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from types import ModuleType
from typing import Any

import joblib
import numpy as np
import pandas as pd
import pytest
import torch
from safetensors.torch import save_file
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from bartizan.artifacts.loader import Refused, load
from bartizan.kernel import Budget, UsageError

VALUES = [
    {"a": [1, 2.5, None, True], "b": ("x", b"y", {1, 2}), "c": frozenset({3})},
    OrderedDict(one=deque([1, 2], maxlen=5), two=defaultdict(list, {"x": [1]})),
    [Decimal("1.5"), 2**200, complex(1, 2), bytearray(b"abc"), range(3), slice(1, 2)],
    "é" * 1000,
]


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize("value", VALUES, ids=range(len(VALUES)))
def test_a_pickle_opens_to_an_equal_value(tmp_path: Path, value: Any, protocol: int) -> None:
    path = tmp_path / "value.pkl"
    path.write_bytes(pickle.dumps(value, protocol))
    assert load(path) == value
    assert type(load(path)) is type(value)


def test_an_npz_file_without_arrays_opens_to_none(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz")
    assert load(tmp_path / "a.npz") == {}


ARRAYS = [
    np.arange(12.0).reshape(3, 4),
    np.asfortranarray(np.arange(6).reshape(2, 3)),
    np.array(["a", "bc"]),
    np.array([(1, 2.0)], dtype=[("a", "i4"), ("b", "f8")]),
    np.array([{"x": 1}, [2]], dtype=object),
    np.array("2026-11-26", dtype="M8[D]"),
]


@pytest.mark.parametrize("array", ARRAYS, ids=range(len(ARRAYS)))
def test_numpy_files_open_to_equal_arrays(tmp_path: Path, array: np.ndarray) -> None:
    np.save(tmp_path / "a.npy", array, allow_pickle=True)
    np.savez_compressed(tmp_path / "a.npz", one=array, two=array)
    for opened in (load(tmp_path / "a.npy"), load(tmp_path / "a.npz")["one"], load(tmp_path / "a.npz")["two"]):
        np.testing.assert_array_equal(opened, array)
        assert (opened.dtype, opened.shape) == (array.dtype, array.shape)


@pytest.mark.parametrize("compress", [0, ("zlib", 3), ("gzip", 3), ("bz2", 3), ("lzma", 3), ("xz", 3)], ids=str)
def test_joblib_files_open_with_their_arrays(tmp_path: Path, compress: Any) -> None:
    value = {"w": np.arange(5000.0), "labels": np.array(["a", {"b": 1}], dtype=object), "n": 3}
    joblib.dump(value, tmp_path / "value.joblib", compress=compress)
    opened = load(tmp_path / "value.joblib")
    np.testing.assert_array_equal(opened["w"], value["w"])
    np.testing.assert_array_equal(opened["labels"], value["labels"])
    assert opened["n"] == 3


@pytest.mark.parametrize(
    "save", [joblib.dump, lambda value, path: path.write_bytes(pickle.dumps(value))], ids=["joblib", "pickle"]
)
def test_estimators_open_and_predict_the_same(tmp_path: Path, save: Callable[[Any, Path], Any]) -> None:
    rng = np.random.default_rng(7)
    inputs, labels = rng.normal(size=(60, 4)), rng.integers(0, 2, 60)
    for model in (make_pipeline(StandardScaler(), LogisticRegression()), RandomForestClassifier(5, random_state=1)):
        model.fit(inputs, labels)
        save(model, tmp_path / "model")
        np.testing.assert_array_equal(load(tmp_path / "model").predict_proba(inputs), model.predict_proba(inputs))


def test_frames_open_to_equal_frames(tmp_path: Path) -> None:
    frame = pd.DataFrame({"a": [1, 2], "b": ["x", "y"], "c": pd.to_datetime(["2026-01-01", "2026-01-02"])})
    frame.to_pickle(tmp_path / "frame.pkl")
    pd.testing.assert_frame_equal(load(tmp_path / "frame.pkl"), frame)


@pytest.mark.parametrize("zipped", [True, False], ids=["zip", "legacy"])
def test_torch_files_open_to_equal_tensors(tmp_path: Path, zipped: bool) -> None:
    net = torch.nn.Sequential(torch.nn.Linear(4, 3), torch.nn.BatchNorm1d(3))
    state = {"net": net.state_dict(), "half": torch.ones(3).half(), "step": 5, "sparse": torch.eye(3).to_sparse()}
    torch.save(state, tmp_path / "state.pt", _use_new_zipfile_serialization=zipped)
    opened = load(tmp_path / "state.pt", map_location="cpu")
    assert opened["step"] == 5
    torch.testing.assert_close(opened["half"], state["half"])
    torch.testing.assert_close(opened["sparse"].to_dense(), torch.eye(3))
    for name, tensor in net.state_dict().items():
        torch.testing.assert_close(opened["net"][name], tensor)


def test_a_whole_torch_module_opens(tmp_path: Path) -> None:
    net = torch.nn.Sequential(torch.nn.Linear(4, 3), torch.nn.ReLU(), torch.nn.Dropout(0.1)).eval()
    torch.save(net, tmp_path / "net.pt")
    inputs = torch.ones(2, 4)
    torch.testing.assert_close(load(tmp_path / "net.pt")(inputs), net(inputs))


def test_safetensors_files_open(tmp_path: Path) -> None:
    save_file({"w": torch.arange(6.0).reshape(2, 3)}, tmp_path / "w.safetensors")
    torch.testing.assert_close(load(tmp_path / "w.safetensors")["w"], torch.arange(6.0).reshape(2, 3))


class Payload:
    """Leaves a marker file if it ever fires."""

    def __init__(self, marker: Path) -> None:
        self._marker = marker

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return os.system, (f"touch {self._marker}",)


def as_pickle(payload: Any, path: Path) -> None:
    path.write_bytes(pickle.dumps({"weights": payload}))


def as_npy(payload: Any, path: Path) -> None:
    held = io.BytesIO()
    np.save(held, np.array([payload], dtype=object), allow_pickle=True)
    path.write_bytes(held.getvalue())


def as_npz(payload: Any, path: Path) -> None:
    held = io.BytesIO()
    np.savez(held, w=np.array([payload], dtype=object))
    path.write_bytes(held.getvalue())


def as_joblib(payload: Any, path: Path) -> None:
    joblib.dump({"w": np.ones(3), "x": np.array([payload], dtype=object)}, path, compress=3)


def as_legacy_torch(payload: Any, path: Path) -> None:
    torch.save(payload, path, _use_new_zipfile_serialization=False)


SAVERS = [as_pickle, as_npy, as_npz, as_joblib, torch.save, as_legacy_torch]


@pytest.mark.parametrize("save", SAVERS, ids=lambda save: save.__name__)
def test_no_payload_fires(tmp_path: Path, save: Callable[[Any, Path], None]) -> None:
    marker, path = tmp_path / "fired", tmp_path / "model"
    save(Payload(marker), path)
    with pytest.raises(Refused, match="system") as refusal:
        load(path, trust=["os.system", "posix.system"])
    assert not marker.exists()
    assert refusal.value.report is not None
    assert refusal.value.report.verdict == "block"


@pytest.fixture
def library() -> Iterator[ModuleType]:
    """A module of the user's own, which the table does not know."""
    made = ModuleType("mylib")

    class Net:
        def __init__(self) -> None:
            self.weights = [1, 2]

    Net.__module__, Net.__qualname__ = "mylib", "Net"
    made.Net = Net  # type: ignore[attr-defined]
    sys.modules["mylib"] = made
    yield made
    del sys.modules["mylib"]


def test_a_class_of_ones_own_opens_only_if_it_is_trusted(tmp_path: Path, library: ModuleType) -> None:
    (tmp_path / "net.pkl").write_bytes(pickle.dumps(library.Net()))
    with pytest.raises(Refused, match=r"mylib\.Net.*trust=\['mylib\.Net'\]"):
        load(tmp_path / "net.pkl")
    assert load(tmp_path / "net.pkl", trust=["mylib.Net"]).weights == [1, 2]


def test_trust_in_one_name_is_no_trust_in_another(tmp_path: Path, library: ModuleType) -> None:
    marker = tmp_path / "fired"
    (tmp_path / "net.pkl").write_bytes(pickle.dumps([library.Net(), Payload(marker)]))
    with pytest.raises(Refused, match="system"):
        load(tmp_path / "net.pkl", trust=["mylib.Net"])
    assert not marker.exists()


def test_what_cannot_be_scanned_is_not_opened(tmp_path: Path) -> None:
    (tmp_path / "odd").write_bytes(bytes(range(256)))
    with pytest.raises(Refused, match="no reader knows"):
        load(tmp_path / "odd")
    (tmp_path / "large.pkl").write_bytes(pickle.dumps(list(range(200_000))))
    with pytest.raises(Refused, match="more than"):
        load(tmp_path / "large.pkl", budget=Budget(seconds=-1))


def test_a_format_without_a_loader_is_wrong_usage(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("only words")
    with pytest.raises(UsageError, match="no loader for data"):
        load(tmp_path / "notes.txt")


def test_a_torn_file_is_refused_in_one_line(tmp_path: Path) -> None:
    torch.save({"w": torch.ones(3)}, tmp_path / "w.pt")
    whole = (tmp_path / "w.pt").read_bytes()
    (tmp_path / "w.pt").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(Refused):
        load(tmp_path / "w.pt")


def test_the_unpickler_resolves_no_name_that_the_table_forbids() -> None:
    from bartizan.artifacts.loader.unpickler import Trust, unpickler

    for name in (b"os\nsystem", b"builtins\neval", b"__builtin__\nexec", b"mylib\nNet", b"torch.serialization\nos"):
        with pytest.raises(Refused, match="may not be named"):
            unpickler(Trust())(io.BytesIO(b"c" + name + b"\n.")).load()
