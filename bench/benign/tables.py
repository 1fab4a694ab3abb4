"""pandas: frames, series and indexes of every kind, by every protocol and compressor."""

import pickle
from typing import Any

from bench.benign.family import Folder


def frames(folder: Folder) -> None:
    import pandas as pd

    for name, value in _values().items():
        for protocol in (2, 4, 5):
            folder.save(
                f"{name}-p{protocol}.pkl", lambda path, v=value, p=protocol: path.write_bytes(pickle.dumps(v, p))
            )
    for number, how in enumerate(("gzip", "bz2", "xz", "zip", "tar", "zstd", None)):
        frame = pd.DataFrame({"a": range(number + 3), "b": "x"})
        folder.save(f"frame-{how}.pkl", lambda path, how=how, frame=frame: frame.to_pickle(path, compression=how))


def _values() -> dict[str, Any]:
    import numpy as np
    import pandas as pd

    days = pd.date_range("2026-01-01", periods=4, tz="UTC")
    frame = pd.DataFrame({"id": range(4), "name": list("abcd"), "score": [0.5, None, 1.5, 2.5]})
    found: dict[str, Any] = {
        "frame": frame,
        "series": frame["score"],
        "described": frame.describe(),
        "grouped": frame.groupby("name").sum(),
        "category": frame["name"].astype("category"),
        "dates": pd.Series(days),
        "naive": pd.Series(days.tz_localize(None)),
        "period": pd.Series(days.tz_localize(None).to_period("D")),
        "delta": pd.Series(pd.to_timedelta([1, 2], unit="D")),
        "interval": pd.cut(frame["score"], 2),
        "sparse": pd.Series([0, 0, 1]).astype("Sparse[int]"),
        "index": pd.Index([1, 2, 3]),
        "nullable": pd.Series([1, None], dtype="Int64"),
        "boolean": pd.Series([True, None], dtype="boolean"),
        "floats": pd.Series([1.5, None], dtype="Float32"),
        "string": pd.Series(["a", None], dtype="string"),
        "multi": frame.set_index(["id", "name"]),
        "columns": frame.pivot(index="id", columns="name", values="score"),
        "range": pd.RangeIndex(9),
        "timestamp": pd.Timestamp("2026-01-01", tz="Europe/Berlin"),
        "timedelta": pd.Timedelta("1D"),
        "period-one": pd.Period("2026-01"),
        "nat": [pd.NaT, pd.NA],
        "offsets": [pd.offsets.MonthEnd(2), pd.offsets.BDay(), pd.offsets.Hour(3)],
        "intervals": pd.interval_range(0, 3),
        "business": pd.bdate_range("2026-01-01", periods=3),
        "categorical": pd.Categorical(["a", "b"]),
        "objects": pd.DataFrame({"a": [{"x": 1}, [2]]}),
        "empty": pd.DataFrame(),
        "dtypes": frame.dtypes,
        "arrays": pd.arrays.IntervalArray.from_breaks([1, 2]),
        "types": [pd.Int64Dtype(), pd.CategoricalDtype(["a"]), pd.DatetimeTZDtype(tz="UTC")],
        "numpy": frame.to_numpy(),
        "dict": frame.to_dict(),
    }
    for kind in ("i1", "u2", "f4", "c16", "M8[s]", "?"):
        found[f"column-{kind.strip('?[]')}"] = pd.DataFrame({"a": np.zeros(3, kind)})
    return found


FAMILIES = {"pandas": frames}
