"""What the savers of libraries write is allowed; what looks like it and calls more is not."""

import collections
import functools
import io
import operator
import pickle
import struct
from typing import Any

import joblib
import numpy as np
import pytest
import torch

from bartizan.artifacts import Held, Report, scan


def look(data: bytes) -> Report:
    return scan(Held("x", data), digest=False)


def text(word: str) -> bytes:
    return b"\x8c" + bytes([len(word)]) + word.encode()


def named(name: str) -> bytes:
    module, _, last = name.rpartition(".")
    return text(module) + text(last) + b"\x93"


def call(function: str, *arguments: str) -> bytes:
    """A stream that calls the function with texts, and keeps what it returns on the stack."""
    return b"\x80\x04" + named(function) + b"(" + b"".join(map(text, arguments)) + b"tR"


def legacy(value: Any) -> bytes:
    file = io.BytesIO()
    torch.save(value, file, _use_new_zipfile_serialization=False)
    return file.getvalue()


def test_whole_modules_in_the_legacy_layout_are_allowed() -> None:
    report = look(legacy(torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.ReLU())))
    assert (report.format, report.verdict) == ("torch-legacy", "allow")


def test_a_class_in_a_persistent_id_counts_as_that_class() -> None:
    data = legacy(torch.nn.Linear(2, 2)).replace(b"ctorch.nn.modules.linear\nLinear\n", b"cos\nsystem\n")
    assert look(data).verdict == "block"


def test_lazy_modules_keep_bound_methods_as_hooks() -> None:
    assert look(pickle.dumps(torch.nn.LazyLinear(3))).verdict == "allow"


class Method:
    """Pickles as the method of an instance."""

    def __init__(self, owner: Any, name: str, *before: Any) -> None:
        self.owner, self.name, self.before = owner, name, before

    def __reduce__(self) -> Any:
        return getattr, (self.owner, self.name)


def test_a_method_of_an_instance_is_not_gotten_once_something_worth_calling_was_found() -> None:
    plain = Method(torch.nn.Linear(2, 2), "forward")
    assert look(pickle.dumps(plain)).verdict == "allow"
    assert look(pickle.dumps([torch.nn.functional.fold, plain])).verdict == "block"


def test_what_a_method_returns_is_not_called() -> None:
    data = pickle.dumps(Method(collections.OrderedDict(), "popitem"), 4)
    assert look(data[:-1] + b")R.").verdict == "block"


@pytest.mark.parametrize("protocol", range(6))
def test_an_attrgetter_is_only_made(protocol: int) -> None:
    assert look(pickle.dumps(operator.attrgetter("score"), protocol)).verdict == "allow"


def test_a_call_of_an_attrgetter_is_blocked() -> None:
    assert look(call("operator.attrgetter", "system")[:-1] + b"R" + named("os.path") + b"\x85R.").verdict == "block"


class New(str):
    """Pickles with keywords for `__new__`, which protocols 2 and 3 write by `functools.partial`."""

    def __getnewargs_ex__(self) -> Any:
        return ("x",), {}


def rewritten(data: bytes, name: str) -> bytes:
    """The stream with another class in the place of `New`."""
    module, _, last = name.rpartition(".")
    return data.replace(f"{__name__}\nNew\n".encode(), f"{module}\n{last}\n".encode())


@pytest.mark.parametrize("protocol", [2, 3])
@pytest.mark.parametrize(
    ("name", "verdict"),
    [("collections.OrderedDict", "allow"), ("mylib.Thing", "warn"), ("subprocess.Popen", "block")],
)
def test_new_with_keywords_counts_as_the_class_that_it_makes(protocol: int, name: str, verdict: str) -> None:
    assert look(rewritten(pickle.dumps(New("x"), protocol), name)).verdict == verdict


def test_a_partial_of_anything_else_is_not_called() -> None:
    data = pickle.dumps(functools.partial(len, []), 2)
    assert look(data[:-1] + b")R.").verdict == "block"


@pytest.mark.parametrize(
    ("function", "argument", "verdict"),
    [
        ("dill._dill._load_type", "PartialType", "allow"),
        ("dill._dill._load_type", "complex", "allow"),
        ("dill._dill._load_type", "FileType", "block"),
        ("dill._dill._load_type", "CodeType", "block"),
        ("cloudpickle.cloudpickle._builtin_type", "SimpleNamespace", "allow"),
        ("cloudpickle.cloudpickle._builtin_type", "FunctionType", "block"),
    ],
)
def test_types_that_serialisers_name_count_as_those_types(function: str, argument: str, verdict: str) -> None:
    assert look(call(function, argument) + b")R.").verdict == verdict


@pytest.mark.parametrize(
    ("argument", "verdict"),
    [("Ellipsis", "allow"), ("range(1, 9)", "allow"), ("range(1, 9).count", "block"), ("exit()", "block")],
)
def test_only_constants_are_evaluated(argument: str, verdict: str) -> None:
    assert look(call("dill._dill._eval_repr", argument) + b".").verdict == verdict


def test_classes_of_torchscript_are_its_own() -> None:
    assert look(b"\x80\x04" + named("__torch__.torch.nn.modules.linear.Linear") + b")\x81}b.").verdict == "allow"


def test_an_array_of_numbers_as_objects_is_at_most_doubtful_by_plain_unpickling() -> None:
    file = io.BytesIO()
    joblib.dump({"classes": np.array([np.float64(0.5), np.float64(1.5)], object)}, file)
    assert look(file.getvalue()).verdict in ("allow", "warn")


def test_the_second_of_several_old_streams_is_seen() -> None:
    assert look(b"I1\n.cposix\nsystem\n(S'true'\ntR.").verdict == "block"


@pytest.mark.parametrize("first", [b"\0", b"{", b"\xff"])
def test_what_fails_at_its_first_opcode_is_no_pickle(first: bytes) -> None:
    assert "pickle" not in look(b"\x80\x02" + first + struct.pack("<Q", 0)).format


def test_a_list_of_words_is_no_script() -> None:
    assert look(b"[PAD]\neval\n##exec\nbash\nrm\nimport\nos\n").verdict == "allow"
