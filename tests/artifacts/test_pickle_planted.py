"""Functions that a stream only names, and that something calls later; and streams behind bytes of other formats."""

import pickle
import struct

import pytest

from bartizan.artifacts import Held, Report, scan

PLAIN = pickle.dumps({"a": 1}, protocol=4)


def text(value: str) -> bytes:
    return b"\x8c" + bytes([len(value)]) + value.encode()


def found(module: str, name: str) -> bytes:
    return text(module) + text(name) + b"\x93"


def made(function: bytes, *args: bytes) -> bytes:
    return function + b"(" + b"".join(args) + b"tR"


def instance(cls: bytes, *args: bytes) -> bytes:
    return cls + b"(" + b"".join(args) + b"t\x81"


def stream(body: bytes) -> bytes:
    return b"\x80\x04" + body + b"."


def scanned(data: bytes) -> Report:
    return scan(Held("model", data))


RUN = found("torch.utils.collect_env", "run")
IO = found("numpy", "savetxt")
PARTIAL = found("functools", "partial")
HOSTILE = stream(made(found("posix", "system"), text("id")))


@pytest.mark.parametrize("kind", ["map", "filter"])
def test_a_lazy_iterator_made_without_a_call_calls_its_function(kind: str) -> None:
    lazy = instance(found("builtins", kind), found("numpy", "mean"), b"]" + text("x") + b"a")
    assert scanned(stream(made(found("builtins", "list"), lazy))).verdict == "block"


def test_a_class_is_not_made_without_a_call_either() -> None:
    assert scanned(stream(instance(found("builtins", "type"), text("A"), b")", b"}"))).verdict == "block"


def test_a_function_that_starts_programs_is_not_planted_where_a_library_calls_it() -> None:
    state = b"}" + text("_patch_step_function") + made(PARTIAL, RUN, text("id")) + b"s"
    assert scanned(stream(found("torch.optim.sgd", "SGD") + b")\x81" + state + b"b")).verdict == "block"


@pytest.mark.parametrize(
    "body",
    [
        made(PARTIAL, IO, text("/tmp/x")),
        instance(PARTIAL, IO, text("/tmp/x")),
        made(PARTIAL, found("numpy", "mean")) + b"(" + IO + b")}Ntb",
        made(found("copyreg", "__newobj__"), PARTIAL, IO, text("/tmp/x")),
    ],
)
def test_what_touches_files_is_called_by_whom_it_is_made_ready_for(body: bytes) -> None:
    assert scanned(stream(body)).verdict == "block"


@pytest.mark.parametrize("state", [b"N}" + text("clear") + found("numpy", "mean") + b"s\x86", b"}"])
def test_a_class_is_not_changed_through_an_alias_of_it(state: bytes) -> None:
    alias = made(found("typing", "_GenericAlias"), found("collections", "UserList"), found("builtins", "int"))
    assert scanned(stream(alias)).verdict == "allow"
    assert scanned(stream(alias + state + b"b")).verdict == "block"


def test_a_partial_of_what_computes_is_allowed() -> None:
    assert scanned(pickle.dumps(__import__("functools").partial(abs))).verdict == "allow"


@pytest.mark.parametrize(
    "data",
    [
        PLAIN + b"\0" * 64 + HOSTILE,
        PLAIN + b"garbage!" * 4 + HOSTILE,
        PLAIN + b"garbage!" + b"cposix\nsystem\n(S'id'\ntR.",
        struct.pack("<I", len(PLAIN)) + PLAIN + struct.pack("<I", len(HOSTILE)) + HOSTILE,
        b"\x01\x02MYFORMAT\0" + bytes(range(256)) + HOSTILE + b"\xff" * 32,
    ],
)
def test_a_stream_behind_bytes_that_are_none_is_found(data: bytes) -> None:
    assert scanned(data).verdict == "block"


@pytest.mark.parametrize("data", [PLAIN + b"garbage!" * 9, b"\x01\x02" + PLAIN * 3, PLAIN + b"\x80\x04" * 50_000])
def test_what_is_no_stream_or_does_nothing_is_not_blocked(data: bytes) -> None:
    assert scanned(data).verdict in ("warn", "unscanned")
