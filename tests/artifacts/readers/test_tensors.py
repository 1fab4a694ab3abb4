import io
import json
import math
import pickle
import struct
import time
from collections.abc import Iterable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import save

from bartizan.artifacts.artifact import Held
from bartizan.artifacts.report import Report
from bartizan.artifacts.scan import scan
from bartizan.kernel import Budget
from tests.artifacts.readers.made import rules, zip_of


def look(data: bytes, budget: Budget | None = None) -> Report:
    return scan(Held("it", data), budget=budget or Budget())


def npy(array: np.ndarray) -> bytes:
    held = io.BytesIO()
    np.save(held, array, allow_pickle=True)
    return held.getvalue()


DTYPES = ["?", "b", "<i2", ">i4", "<u8", "<f2", "<f4", "<f8", "<c8", "<c16", "U7", "S5", "V3", "<M8[ns]", "<m8[us]"]


@pytest.mark.parametrize("dtype", [*DTYPES, [("a", "<f4"), ("b", "<i8", (2, 3)), ("c", [("d", "U2")])]], ids=str)
@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 5)])
def test_arrays_of_plain_types_are_allowed(dtype: Any, shape: tuple[int, ...]) -> None:
    report = look(npy(np.zeros(shape, dtype)))
    assert (report.format, report.verdict, report.facts, report.members) == ("npy", "allow", (), ())


@pytest.mark.parametrize("dtype", [object, [("a", "<f4"), ("b", object)]], ids=["plain", "in a field"])
def test_an_array_of_objects_holds_a_pickle(dtype: Any) -> None:
    report = look(npy(np.zeros(2, dtype)))
    assert [member.format for member in report.members] == ["pickle"]


@pytest.mark.parametrize("descr", ["object", "object_", "4O", "i4,O", "(2,)O", "unheard-of"])
def test_objects_under_any_name_of_their_type_are_a_pickle(descr: str) -> None:
    header = f"{{'descr': {descr!r}, 'fortran_order': False, 'shape': (1,), }}".encode().ljust(117) + b"\n"
    body = b"cposix\nsystem\n(S'id'\ntR."
    report = scan(Held("a.npy", b"\x93NUMPY\x01\0" + struct.pack("<H", len(header)) + header + body))
    assert (report.format, report.verdict) == ("npy", "block")


def test_several_arrays_in_a_row_are_read_to_the_last() -> None:
    data = npy(np.arange(5)) + npy(np.array([{}], dtype=object))
    assert [member.format for member in look(data).members] == ["pickle"]


def test_bytes_behind_an_array_are_named_and_read() -> None:
    report = look(npy(np.arange(5)) + pickle.dumps({}))
    assert ("Structure.trailing" in rules(report), report.members[0].format) == (True, "pickle")


@pytest.mark.parametrize("version", [(1, 0), (2, 0), (3, 0)])
def test_every_version_of_npy_is_read(version: tuple[int, int]) -> None:
    held = io.BytesIO()
    np.lib.format.write_array(held, np.arange(4), version=version)
    assert (look(held.getvalue()).verdict, rules(look(held.getvalue()))) == ("allow", set())


def header(text: str) -> bytes:
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text.encode()


@pytest.mark.parametrize(
    "text",
    [
        "{'descr': '<f8', 'fortran_order': False, 'shape': (1 << 70,)}",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (9999999999, 9999999999)}",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (-1,)}",
        "{'descr': 'what', 'fortran_order': False, 'shape': (1,)}",
        "{'descr': [('a', '<f8', (1e9,))], 'shape': (1,)}",
        "__import__('os').system('id')",
        "[" * 20000,
        "(" * 5000 + ")" * 5000,
        "[]",
        "{" + "'a': 1," * 3000 + "}",
        "",
    ],
    ids=lambda text: text[:24],
)
def test_a_hostile_npy_header_is_broken_and_never_evaluated(text: str) -> None:
    report = look(header(text))
    assert report.verdict in {"warn", "unscanned"}
    assert rules(report) & {"Structure.broken", "Budget.spent"}


def test_an_npz_is_a_zip_of_arrays() -> None:
    held = io.BytesIO()
    np.savez_compressed(held, a=np.arange(4), b=np.ones((2, 2)))
    report = look(held.getvalue())
    assert ([member.format for member in report.members], report.verdict) == (["npy", "npy"], "allow")


def test_what_the_reference_implementation_saves_is_allowed() -> None:
    tensors = {f"layer.{i}.{kind}": np.full((3, i), i, kind) for i in range(4) for kind in ("f2", "f4", "i8", "u1")}
    report = look(save(tensors, metadata={"format": "np"}))
    assert (report.format, report.verdict, report.facts) == ("safetensors", "allow", ())


def tensors_of(header: Any, data: bytes = b"") -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


def tensor(start: int, stop: int, shape: Any = None, dtype: Any = "U8") -> dict[str, Any]:
    return {"dtype": dtype, "shape": [stop - start] if shape is None else shape, "data_offsets": [start, stop]}


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        (tensors_of({"a": tensor(0, 8), "b": tensor(4, 12)}, bytes(12)), "Structure.ambiguous"),
        (tensors_of({"a": tensor(0, 4), "b": tensor(8, 12)}, bytes(12)), "Structure.malformed"),
        (tensors_of({"a": tensor(0, 4)}, bytes(12)), "Structure.malformed"),
        (tensors_of({"a": tensor(0, 40)}, bytes(12)), "Structure.malformed"),
        (tensors_of({"a": tensor(0, 4, [2**32, 2**32 + 1], "U8")}, bytes(4)), "Structure.malformed"),
        (tensors_of({"a": tensor(0, 4, [True])}, bytes(4)), "Structure.malformed"),
        (tensors_of({"a": tensor(0, 4, dtype="F99")}, bytes(4)), "Structure.malformed"),
        (tensors_of({"a": tensor(0, 4) | {"code": "x"}}, bytes(4)), "Structure.malformed"),
        (tensors_of({"a": [1]}, bytes(4)), "Structure.malformed"),
        (tensors_of({"__metadata__": {"a": 1}}), "Structure.malformed"),
        (tensors_of(b'{"a":1,"a":2}'), "Structure.ambiguous"),
        (tensors_of(b'{"a":' * 50_000), "Budget.bomb"),
        (tensors_of(b"{not json"), "Structure.broken"),
        (struct.pack("<Q", 2**62) + b'{"a":1}', "Structure.malformed"),
    ],
)
def test_tensors_that_do_not_tile_the_file_are_named(data: bytes, rule: str) -> None:
    report = look(data)
    assert report.format.startswith("safetensors")
    assert rule in rules(report)
    assert report.verdict != "allow"


Value = tuple[int, Any]


def gguf(
    pairs: list[tuple[str, Value]], tensors: Iterable[tuple[str, list[int], int]] = (), data: bytes = b""
) -> bytes:
    tensors = list(tensors)
    out = struct.pack("<4sIQQ", b"GGUF", 3, len(tensors), len(pairs))
    for key, value in pairs:
        out += text(key) + typed(value)
    for name, shape, offset in tensors:
        out += text(name) + struct.pack(f"<I{len(shape)}QIQ", len(shape), *shape, 0, offset)
    return out + bytes(-len(out) % 32) + data


def text(value: str) -> bytes:
    return struct.pack("<Q", len(value.encode())) + value.encode()


def typed(value: Value) -> bytes:
    kind, held = value
    if kind == 8:
        return struct.pack("<I", 8) + text(held)
    if kind == 9:
        inner = held[0][0] if held else 4
        return struct.pack("<IIQ", 9, inner, len(held)) + b"".join(typed(one)[4:] for one in held)
    return struct.pack("<I" + {4: "I", 6: "f", 7: "?", 10: "Q", 12: "d"}[kind], kind, held)


def test_a_gguf_model_is_allowed_and_its_template_is_a_member() -> None:
    pairs: list[tuple[str, Value]] = [
        ("general.architecture", (8, "llama")),
        ("general.alignment", (4, 32)),
        ("tokenizer.ggml.tokens", (9, [(8, "a"), (8, "b")])),
        ("tokenizer.ggml.scores", (9, [(6, 0.5)] * 9)),
        ("nested", (9, [(9, [(4, 1)]), (9, [(4, 2)])])),
        ("tokenizer.chat_template", (8, "{{ messages[0]['content'] }}")),
    ]
    report = look(gguf(pairs, [("w", [2, 2], 0), ("v", [4], 32)], bytes(64)))
    assert (report.format, report.facts, [member.path for member in report.members]) == (
        "gguf",
        (),
        ["tokenizer.chat_template"],
    )


NESTED = struct.pack("<4sIQQQ1s", b"GGUF", 3, 0, 1, 1, b"a") + struct.pack("<IIQ", 9, 9, 1) * 20


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        (gguf([("a", (4, 1)), ("a", (4, 2))]), "Structure.ambiguous"),
        (gguf([("general.alignment", (4, 33))]), "Structure.malformed"),
        (gguf([], [("w", [4], 0), ("w", [4], 32)], bytes(64)), "Structure.ambiguous"),
        (gguf([], [("w", [2**40, 2**40], 0)], bytes(64)), "Structure.malformed"),
        (gguf([], [("w", [4], 33)], bytes(64)), "Structure.malformed"),
        (gguf([], [("w", [4], 3200)], bytes(64)), "Structure.malformed"),
        (gguf([], [("w", [1] * 40, 0)], bytes(64)), "Structure.malformed"),
        (struct.pack("<4sIQQ", b"GGUF", 3, 0, 2**60), "Structure.malformed"),
        (struct.pack("<4sIQQ", b"GGUF", 3, 2**60, 0), "Structure.malformed"),
        (struct.pack("<4sIQQQ", b"GGUF", 3, 0, 1, 2**62), "Structure.malformed"),
        (struct.pack("<4sIQQ", b"GGUF", 9, 0, 0), "Structure.unsupported"),
        (struct.pack("<4sIQQQ1sIIQ", b"GGUF", 3, 0, 1, 1, b"a", 9, 8, 2**60), "Structure.malformed"),
        (
            struct.pack("<4sIQQQ1s", b"GGUF", 3, 0, 1, 1, b"a") + struct.pack("<IIQ", 9, 9, 1) * 20,
            "Structure.malformed",
        ),
    ],
)
def test_a_gguf_file_with_an_odd_layout_is_named(data: bytes, rule: str) -> None:
    report = look(data)
    assert rule in rules(report)
    assert report.verdict != "allow"


def torch_like(extra: dict[str, bytes] | None = None, pkl: bytes = pickle.dumps({}, 2)) -> bytes:
    files = {"m/data.pkl": pkl, "m/byteorder": b"little", "m/data/0": pickle.dumps({}), "m/version": b"3\n"}
    return zip_of(files | (extra or {}))


def test_the_pickle_of_a_torch_file_is_read_and_its_tensors_are_not() -> None:
    report = look(torch_like())
    assert (report.format, [(one.path, one.format) for one in report.members]) == ("torch", [("m/data.pkl", "pickle")])
    assert report.verdict == "allow"


def test_other_files_in_a_torch_archive_are_read() -> None:
    report = look(torch_like({"m/extra/readme.txt": b"hello", "m/data/evil.bin": pickle.dumps([])}))
    assert [one.path for one in report.members] == ["m/data.pkl", "m/extra/readme.txt", "m/data/evil.bin"]


def test_a_pickle_without_a_mark_is_read_as_the_loader_reads_it() -> None:
    report = look(torch_like(pkl=b"cos\nsystem\n(S'true'\ntR."))
    assert report.verdict == "block"


def test_a_torch_archive_with_two_roots_is_ambiguous() -> None:
    assert "Structure.ambiguous" in rules(look(torch_like({"n/data.pkl": pickle.dumps({})})))


SAMPLES = [
    npy(np.arange(6.0)),
    npy(np.array([{}], dtype=object)),
    save({"a": np.ones((2, 3)), "b": np.zeros(4, "i1")}),
    gguf([("a", (8, "x")), ("b", (9, [(8, "c")]))], [("w", [4], 0)], bytes(32)),
    torch_like(),
]


@given(st.sampled_from(SAMPLES), st.data())
def test_no_mutation_of_a_file_of_tensors_gets_past_scan(sample: bytes, data: st.DataObject) -> None:
    mutated = bytearray(sample)
    for _ in range(data.draw(st.integers(1, 6))):
        mutated[data.draw(st.integers(0, len(mutated) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(mutated)))
    for hostile in (bytes(mutated), bytes(mutated[:cut])):
        report = look(hostile, Budget(bytes=1 << 22, members=1000, steps=100_000, seconds=5))
        assert report.verdict in {"allow", "warn", "unscanned", "block"}


@given(st.lists(st.integers(0, 2**40), max_size=6))
def test_shapes_multiply_without_wrapping(shape: list[int]) -> None:
    report = look(tensors_of({"a": tensor(0, 4, shape)}, bytes(4)))
    assert (report.verdict == "allow") == (math.prod(shape) == 4)


def test_many_pickles_in_one_torch_archive_take_time_in_proportion() -> None:
    many = torch_like({f"m/{number}.pkl": b"\x80\x02X\xe8\x03\0\0" + b"%1000d." % number for number in range(4_000)})
    begun = time.perf_counter()
    report = look(many)
    assert time.perf_counter() - begun < 4
    assert (report.verdict, len(report.members)) == ("allow", 4_001)
