"""numpy's and scipy's files, and pickles of their objects."""

import pickle
from typing import Any

from bench.benign.family import Folder

DTYPES = (
    "?",
    "b",
    "B",
    "h",
    "H",
    "i",
    "I",
    "q",
    "Q",
    "e",
    "f",
    "d",
    "F",
    "D",
    ">i4",
    "<i4",
    ">f8",
    "S5",
    "U7",
    "M8[ns]",
    "M8[D]",
    "m8[s]",
    "V6",
)
SHAPES = ((), (0,), (7,), (3, 4), (2, 3, 4), (1, 1, 1, 9))


def numpy_files(folder: Folder) -> None:
    import numpy as np

    for dtype in DTYPES:
        for number, shape in enumerate(SHAPES):
            array = np.zeros(shape, dtype)
            order = "F" if number % 2 else "C"
            folder.save(
                f"{_word(dtype)}-{number}.npy", lambda path, a=array, o=order: np.save(path, np.array(a, order=o))
            )  # type: ignore[call-overload]
    kinds = {"plain": np.dtype("i4,f8"), "names": np.dtype([("id", "i8"), ("name", "U9"), ("box", "f4", (4,))])}
    kinds["aligned"] = np.dtype([("a", "u1"), ("b", "f8")], align=True)
    kinds["nested"] = np.dtype([("a", [("b", "i2"), ("c", "S3")]), ("d", "?")])
    for name, kind in kinds.items():
        folder.save(f"record-{name}.npy", lambda path, kind=kind: np.save(path, np.zeros(5, kind)))
    objects: dict[str, Any] = {
        "words": np.array(["a", "bc", None], object),
        "ragged": np.array([[1], [2, 3], []], object),
        "dicts": np.array([{"boxes": np.zeros((2, 4)), "label": 3}, {"boxes": np.ones((1, 4)), "label": 1}], object),
        "scalar": np.array({"weights": np.ones(3), "epoch": 7}, object),
    }
    for name, array in objects.items():
        folder.save(f"object-{name}.npy", lambda path, array=array: np.save(path, array, allow_pickle=True))
        folder.save(f"object-{name}.npz", lambda path, array=array: np.savez(path, a=array, b=np.arange(3)))
        folder.save(f"object-{name}-compressed.npz", lambda path, array=array: np.savez_compressed(path, array))
    for number in range(30):
        arrays = {
            f"w{i}": np.full(folder.dice.randrange(1, 99), 0.5, folder.dice.choice("efdi")) for i in range(number)
        }
        saver = folder.dice.choice([np.savez, np.savez_compressed])
        folder.save(f"weights-{number}.npz", lambda path, saver=saver, arrays=arrays: saver(path, **arrays))


def numpy_pickles(folder: Folder) -> None:
    import numpy as np

    rng = np.random.default_rng(1)
    values: dict[str, Any] = {f"array-{_word(dtype)}": np.zeros((2, 3), dtype) for dtype in DTYPES}
    values |= {f"scalar-{_word(dtype)}": np.zeros(1, dtype)[0] for dtype in DTYPES if dtype != "V6"}
    values |= {f"dtype-{_word(dtype)}": np.dtype(dtype) for dtype in DTYPES}
    values |= {
        "fortran": np.asfortranarray(rng.random((3, 4))),
        "view": np.arange(20)[::3],
        "big": rng.random(20_000),
        "masked": np.ma.masked_array([1, 2, 3], [0, 1, 0]),
        "matrix": np.matrix([[1, 2], [3, 4]]),
        "recarray": np.rec.array([(1, "a")], dtype=[("n", "i4"), ("s", "U2")]),
        "object": np.array([{"a": 1}, None], object),
        "random-state": np.random.RandomState(3),
        "generator": np.random.default_rng(3),
        "philox": np.random.Generator(np.random.Philox(1)),
        "sfc": np.random.Generator(np.random.SFC64(1)),
        "mt": np.random.Generator(np.random.MT19937(1)),
        "bits": np.random.PCG64(7),
        "seeds": np.random.SeedSequence(4),
        "ufuncs": [np.add, np.exp, np.log1p],
        "functions": [np.mean, np.median, np.zeros],
        "types": [np.float32, np.int64, np.ndarray],
        "poly": np.polynomial.Polynomial([1, 2]),
        "poly1d": np.poly1d([1, 2]),
        "chararray": np.char.array(["a", "b"]),
        "none": [np.newaxis, np.nan, np.inf],
        "dict": {"mean": np.float32(1.5), "std": rng.random(3)},
    }
    for name, value in values.items():
        for protocol in (0, 2, 3, 4, 5):
            folder.save(
                f"{name}-p{protocol}.pkl",
                lambda path, value=value, protocol=protocol: path.write_bytes(pickle.dumps(value, protocol)),
            )


def scipy_objects(folder: Folder) -> None:
    import numpy as np
    import scipy.sparse as sp
    from scipy import interpolate, signal, spatial, stats

    matrix = sp.random(8, 9, 0.3, random_state=1)
    for kind in ("csr", "csc", "coo", "bsr", "dia", "lil", "dok"):
        held = matrix.asformat(kind)
        folder.save(f"{kind}.npz", lambda path, held=held: sp.save_npz(path, held))
        folder.save(f"{kind}-plain.npz", lambda path, held=held: sp.save_npz(path, held, compressed=False))
        for protocol in (2, 4, 5):
            folder.write(f"{kind}-p{protocol}.pkl", pickle.dumps(held, protocol))
        if hasattr(sp, f"{kind}_array"):
            folder.write(f"{kind}-array.pkl", pickle.dumps(getattr(sp, f"{kind}_array")(held)))
    x = np.linspace(0, 1, 9)
    values: dict[str, Any] = {
        "kdtree": spatial.KDTree(np.eye(4)),
        "ckdtree": spatial.cKDTree(np.eye(4)),
        "rotation": spatial.transform.Rotation.from_quat([0, 0, 0, 1]),
        "delaunay": spatial.Delaunay(np.random.rand(9, 2)),
        "interp1d": interpolate.interp1d(x, x),
        "spline": interpolate.CubicSpline(x, x),
        "pchip": interpolate.PchipInterpolator(x, x),
        "bspline": interpolate.BSpline(np.arange(9), np.ones(5), 3),
        "univariate": interpolate.UnivariateSpline(x, x),
        "grid": interpolate.RegularGridInterpolator((x, x), np.outer(x, x)),
        "lti": signal.lti([1], [1, 2]),
        "rbf": interpolate.RBFInterpolator(np.random.rand(9, 2), np.arange(9)),
        "kde": stats.gaussian_kde(x),
        "norm": stats.norm(0, 1),
        "gamma": stats.gamma(2),
        "randint": stats.randint(1, 9),
        "uniform": stats.uniform(0, 1),
        "beta": stats.beta(1, 2),
        "loguniform": stats.loguniform(1e-3, 1),
        "multi": stats.multivariate_normal([0, 0]),
        "distribution": stats.expon,
        "result": stats.ttest_ind(x, x + 1),
        "linregress": stats.linregress(x, x),
    }
    for name, value in values.items():
        for protocol in (2, 4):
            folder.save(
                f"{name}-p{protocol}.pkl",
                lambda path, value=value, protocol=protocol: path.write_bytes(pickle.dumps(value, protocol)),
            )


def _word(dtype: str) -> str:
    """The dtype as part of a file's name; `b` and `B` are two names also where the system folds case."""
    words = {">": "be-", "<": "le-", "?": "bool", "[": "-", "]": ""}
    return "".join(words.get(letter, f"u{letter.lower()}" if letter.isupper() else letter) for letter in dtype)


FAMILIES = {"numpy files": numpy_files, "numpy pickles": numpy_pickles, "scipy": scipy_objects}
