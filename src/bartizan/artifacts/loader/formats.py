"""How each format is opened once it was judged: by the library that users open it with, under a guarded unpickler."""

import io
import zipfile
from dataclasses import dataclass
from typing import Any, BinaryIO

from bartizan.artifacts.artifact import Held
from bartizan.artifacts.loader.refusal import Refused
from bartizan.artifacts.loader.unpickler import GuardedPickle, Trust, unpickler
from bartizan.artifacts.readers.npy import read_header, read_type
from bartizan.kernel import MissingExtra

ARRAY_WRAPPER = ("joblib.numpy_pickle", "NumpyArrayWrapper")


@dataclass(frozen=True, slots=True)
class Opening:
    """One file that may be opened, and how."""

    file: BinaryIO
    name: str
    trust: Trust
    map_location: Any = None


def open_pickle(opening: Opening) -> Any:
    return unpickler(opening.trust)(opening.file).load()


def open_joblib(opening: Opening) -> Any:
    """The value that joblib dumped, with its raw arrays; compressed or not."""
    try:
        from joblib import numpy_pickle, numpy_pickle_utils
    except ImportError:
        raise MissingExtra("sklearn", "a joblib file") from None
    trust = opening.trust

    class Wrapper(numpy_pickle.NumpyArrayWrapper):  # type: ignore[misc]
        def read_array(self, reader: Any, *options: Any) -> Any:
            if self.dtype.hasobject:
                return unpickler(trust)(reader.file_handle).load()
            return super().read_array(reader, *options)

    class Guarded(numpy_pickle.NumpyUnpickler):  # type: ignore[misc]
        def find_class(self, module: str, name: str) -> Any:
            if (module, name) == ARRAY_WRAPPER:
                return Wrapper
            trust.check(module, name)
            return super().find_class(module, name)

    with numpy_pickle_utils._validate_fileobject_and_memmap(opening.file, opening.name, None) as (file, _):
        return Guarded(opening.name, file, True).load()


def open_torch(opening: Opening) -> Any:
    """What `torch.load` returns; a file of both pickles and code that torch would compile is not opened."""
    try:
        import torch
    except ImportError:
        raise MissingExtra("torch", "a torch file") from None
    guarded: Any = GuardedPickle(opening.trust)
    return torch.load(opening.file, map_location=opening.map_location, pickle_module=guarded, weights_only=False)


def open_npy(opening: Opening) -> Any:
    return _read_npy(opening.file, opening)


def open_npz(opening: Opening) -> Any:
    """The arrays by their names, all read at once."""
    with zipfile.ZipFile(opening.file) as archive:
        names = archive.namelist()
        if not all(name.endswith(".npy") for name in names):
            raise Refused("this archive is no npz file", where=opening.name)
        return {name.removesuffix(".npy"): _read_npy(io.BytesIO(archive.read(name)), opening) for name in names}


def open_safetensors(opening: Opening) -> Any:
    """The tensors by their names: torch's where torch is installed, else numpy's."""
    try:
        import safetensors.numpy
    except ImportError:
        raise MissingExtra("torch", "a safetensors file") from None
    try:
        import safetensors.torch
    except ImportError:
        return safetensors.numpy.load(opening.file.read())
    tensors = safetensors.torch.load(opening.file.read())
    if opening.map_location is None:
        return tensors
    return {name: tensor.to(opening.map_location) for name, tensor in tensors.items()}


def _read_npy(file: BinaryIO, opening: Opening) -> Any:
    """One array, read as `numpy.load` does; an array of objects by the guarded unpickler."""
    try:
        import numpy
    except ImportError:
        raise MissingExtra("sklearn", "a numpy file") from None
    held = Held(opening.name, file.read())
    header, start = read_header(held, 0)
    _, has_objects = read_type(header.get("descr"))
    if has_objects:
        return unpickler(opening.trust)(io.BytesIO(held.read(start, held.size))).load()
    return numpy.load(io.BytesIO(held.read(0, held.size)), allow_pickle=False)
