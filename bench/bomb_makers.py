"""Small files that would cost a careless reader gigabytes or hours, each made from nothing."""

import base64
import bz2
import gzip
import io
import json
import lzma
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable

from bench.quines import gzip_quine, zip_quine

ZEROS = 256 << 20
NOTHING = b"\x80\x02N."


# Archives


def _nested_gzip() -> bytes:
    data = bytes(10 << 20)
    for _ in range(40):
        data = gzip.compress(data, mtime=0)
    return data


def _nested_zip() -> bytes:
    data, width = bytes(4 << 20), 10
    for _ in range(6):
        data = _zip({f"{number}.zip": data for number in range(width)}, zipfile.ZIP_DEFLATED)
    return data


def _zip(files: dict[str, bytes], method: int = zipfile.ZIP_STORED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return file.getvalue()


def _overlapping_zip() -> bytes:
    """Many directory entries that share one compressed member."""
    packed = zlib.compress(bytes(1 << 24), 9)[2:-4]
    crc = zlib.crc32(bytes(1 << 24))
    local = struct.pack("<4s5H3L2H", b"PK\3\4", 20, 0, 8, 0, 0, crc, len(packed), 1 << 24, 1, 0) + b"a" + packed
    entries = b"".join(
        struct.pack("<4s6H3L5H2L", b"PK\1\2", 20, 20, 0, 8, 0, 0, crc, len(packed), 1 << 24, 4, 0, 0, 0, 0, 0, 0)
        + f"{number:04}".encode()
        for number in range(2000)
    )
    return local + entries + struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 2000, 2000, len(entries), len(local), 0)


def _tar_of_tars() -> bytes:
    data = bytes(1 << 20)
    for _ in range(20):
        data = _tar({f"{number}.tar.gz": data for number in range(3)})
        if len(data) > 1 << 20:
            break
    return data


def _tars_that_differ() -> bytes:
    """The same, but no two members are equal, so that each has to be looked at."""
    layer = [gzip.compress(b"%d " % number * 9, mtime=0) for number in range(3**6)]
    while len(layer) > 1:
        layer = [
            _tar({f"{number}.tar.gz": each for number, each in enumerate(layer[at : at + 3])})
            for at in range(0, len(layer), 3)
        ]
    return layer[0]


def _tar(files: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as archive:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return file.getvalue()


def _different_sources() -> bytes:
    """Source packs well and costs much to judge."""
    source = "import os\ndef f(x):\n    return os.path.join(x, str(x))\n" * 100
    return _zip({f"{number}.py": f"n = {number}\n{source}".encode() for number in range(900)}, zipfile.ZIP_DEFLATED)


def _zstd() -> bytes:
    import zstandard

    return zstandard.ZstdCompressor(19).compress(bytes(ZEROS))


def _lz4_of_tiny_blocks() -> bytes:
    """Blocks of one byte each: who keeps a window as bytes copies 64 KiB for each."""
    frame = struct.pack("<LBBB", 0x184D2204, 0x40, 0x40, 0xC0)
    return frame + struct.pack("<LB", 0x8000_0001, 65) * 40_000 + bytes(4)


def _seven_zip_of_streams() -> bytes:
    """A header that claims streams by the hundred thousand, over and over."""
    number = b"\xe0\x7f\x84\x01"  # 99,967
    header = b"\1\4\x06\0" + number + b"\x0a\1" * 200
    start = struct.pack("<QQL", 0, len(header), zlib.crc32(header))
    return b"7z\xbc\xaf\x27\x1c\0\4" + struct.pack("<L", zlib.crc32(start)) + start + header


# Pickles


def _memo_pickle() -> bytes:
    """Each list holds the one before ten times: as text it would never end."""
    step = b"".join(b"](" + b"h%c" % level * 10 + b"e\x94" for level in range(1, 100))
    return b"\x80\x04](K\x01e\x94](h\x00e\x94" + step + b"."


def _deep_pickle() -> bytes:
    return b"\x80\x04" + b"]" * 400_000 + b"a" * 399_999 + b"."


def _called(name: bytes, *operands: bytes, times: int) -> bytes:
    """One function called again and again on arguments from the memo."""
    module, _, function = name.partition(b" ")
    memo = b"".join(operand + b"q%c0" % (slot + 2) for slot, operand in enumerate(operands))
    push = b"".join(b"h%c" % (slot + 2) for slot in range(len(operands)))
    tuple_of = {1: b"\x85", 2: b"\x86", 3: b"\x87"}[len(operands)]
    call = b"h\0" + push + tuple_of + b"R0"
    return b"\x80\x02c" + module + b"\n" + function + b"\nq\0" + b"0" + memo + call * times + b"N."


def _text(data: bytes) -> bytes:
    return b"X" + struct.pack("<L", len(data)) + data


def _tuple_of(operand: bytes, count: int) -> bytes:
    return operand + b"q\1" + b"0(" + b"h\1" * count + b"t"


def _globals(module: str, name: str, count: int) -> bytes:
    lines = (f"c{module.format(number)}\n{name.format(number)}\n" for number in range(count))
    return b"\x80\x02(" + "".join(lines).encode() + b"l."


# Data and configurations


def _npy() -> bytes:
    header = b"{'descr': '<f8', 'fortran_order': False, 'shape': (4294967295, 4294967295, 4294967295)}\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header


def _gguf() -> bytes:
    return b"GGUF" + struct.pack("<IQQ", 3, 2**60, 2**60) + struct.pack("<Q", 2**62)


def _gguf_array() -> bytes:
    return b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + struct.pack("<Q", 1) + b"a" + struct.pack("<IIQ", 9, 8, 2**40)


def _safetensors() -> bytes:
    header = json.dumps({"a": {"dtype": "F32", "shape": [2**40, 2**40], "data_offsets": [0, 4]}}).encode()
    return struct.pack("<Q", len(header)) + header + bytes(4)


def _yaml() -> bytes:
    lines = ["a: &a [x, x, x, x, x, x, x, x, x]"]
    pairs = zip("abcdefghijkl", "bcdefghijklm", strict=True)
    return "\n".join(lines + [f"{name}: &{name} [{', '.join(['*' + before] * 9)}]" for before, name in pairs]).encode()


def _xml() -> bytes:
    entities = "".join(f'<!ENTITY l{n + 1} "{f"&l{n};" * 10}">' for n in range(12))
    return (
        f'<?xml version="1.0"?><!DOCTYPE PMML [<!ENTITY l0 "lol">{entities}]><PMML version="4.4">&l12;</PMML>'.encode()
    )


def _template(source: str) -> bytes:
    return json.dumps({"chat_template": source}).encode()


def _templates() -> bytes:
    turn = "{% for m in messages %}{{ m['role'] + ': ' + m['content'] }}{% if loop.last %}x{% endif %}{% endfor %}"
    named = [{"name": f"t{n}", "template": f"{turn}{n}{'{{ a.b }}' * 50}"} for n in range(400)]
    return json.dumps({"chat_template": named}).encode()


def _lists_of_lists() -> str:
    """Each variable is a list that holds the one before twice: as text it would never end."""
    steps = "".join(f"{{% set a{n + 1} = [a{n}, a{n}] %}}" for n in range(60))
    return "{% set a0 = ['_'] %}" + steps + "{{ ['', a60] | join }}"


def _cells(count: int) -> bytes:
    cell = {"cell_type": "code", "source": ["x = 1\n", "print(x)"], "outputs": [], "metadata": {}}
    return json.dumps({"nbformat": 4, "nbformat_minor": 2, "metadata": {}, "cells": [cell] * count}).encode()


# Code


def _decoded_again() -> bytes:
    """A text that unpacks to a quarter of a megabyte wherever it is named."""
    packed = base64.b64encode(zlib.compress(bytes(1 << 18))).decode()
    lines = "f(zlib.decompress(base64.b64decode(x)))\n" * 700
    return f"import zlib, base64\nx = {packed!r}\n{lines}".encode()


def _calls_of_calls() -> bytes:
    """Each call runs a function whose body every one of them looks through."""
    body = "".join(f"    def g{n}(): pass\n" for n in range(800))
    return ("def f():\n" + body + "f()()\n" * 1500).encode()


def _source_in_source() -> bytes:
    return ("s = '''" + "a = b(1)\n" * 900 + "'''\n" + "exec(s)\n" * 300).encode()


def _bytecode_of_references() -> bytes:
    """Code whose names are one long tuple, that every function inside refers to."""
    names = b"\xa8" + struct.pack("<i", 8000) + b"z\1a" * 8000
    head = b"\x63" + bytes(20) + b"s\0\0\0\0"
    tail = b"r" + struct.pack("<i", 0) + b")\0" * 5 + bytes(4) + b"s\0\0\0\0" * 2
    inner = b"(" + struct.pack("<i", 900) + (head + b")\0" + tail) * 900
    whole = b"\xe3" + bytes(20) + b"s\0\0\0\0" + b")\2" + names + inner + tail
    return struct.pack("<H", 3495) + b"\r\n" + bytes(12) + whole


MAKERS: dict[str, Callable[[], bytes]] = {
    "gzip of 256 MB": lambda: gzip.compress(bytes(ZEROS), mtime=0),
    "bzip2 of 256 MB": lambda: bz2.compress(bytes(ZEROS)),
    "xz of 256 MB": lambda: lzma.compress(bytes(ZEROS), preset=1),
    "zstd of 256 MB": _zstd,
    "gzip 40 deep": _nested_gzip,
    "gzip that holds itself": gzip_quine,
    "zip that holds itself": zip_quine,
    "zip of zips, 10 wide, 6 deep": _nested_zip,
    "zip of overlapping entries": _overlapping_zip,
    "zip of 20,000 entries": lambda: _zip({f"{number}.x": NOTHING for number in range(20_000)}),
    "zip of 50,000 folders": lambda: _zip({f"{number}/": b"" for number in range(50_000)}),
    "zip of 900 different sources": _different_sources,
    "torch archive of 20,000 pickles": lambda: _zip(
        {"a/data.pkl": NOTHING} | {f"a/{number}.pkl": NOTHING for number in range(20_000)}
    ),
    "tar.gz of tar.gz, 20 deep": _tar_of_tars,
    "tar.gz of tar.gz, none like another": _tars_that_differ,
    "lz4 of 40,000 blocks": _lz4_of_tiny_blocks,
    "7z that claims streams": _seven_zip_of_streams,
    "pickle that doubles by its memo": _memo_pickle,
    "pickle 400,000 deep": _deep_pickle,
    "pickle with a number of 2 GB": lambda: b"\x80\x02\x8b" + struct.pack("<i", 2**31 - 1) + b".",
    "pickle with a frame of 2^63": lambda: b"\x80\x04\x95" + b"\xff" * 7 + b"\x7f" + b"N.",
    "pickle with a text of 4 MB of escapes": lambda: b"S'" + b"\\1" * (2 << 20) + b"'\n.",
    "pickle of 50,000 globals": lambda: _globals("numpy.core", "name{}", 50_000),
    "pickle of 50,000 classes of torch": lambda: _globals("torch.foo{}", "Klass", 50_000),
    "pickle of a module 16,000 deep": lambda: b"c" + b".".join([b"a"] * 16_000) + b"\nb\n.",
    "pickle that joins a text to 4 GB": lambda: _called(
        b"__builtin__ str.join", _text(b","), _tuple_of(_text(b"x" * 65_000), 60_000), times=1
    ),
    "pickle that replaces a text to 4 GB": lambda: _called(
        b"__builtin__ str.replace", _text(b"a" * 65_000), _text(b"a"), _text(b"b" * 65_000), times=1
    ),
    "pickle that upper-cases 20,000 times": lambda: _called(
        b"__builtin__ str.upper", _text(b"a" * 60_000), times=20_000
    ),
    "pickle that gets attributes 20,000 times": lambda: _globals("datetime", "x{}", 900)[:-2] + _called(
        b"__builtin__ getattr", b"cdatetime\ndate\n)\x81", _text(b"today"), times=20_000
    )[2:],
    "400 beginnings of pickles": lambda: b"\0" + b"cos\nx\n" * 400 * 8,
    "JSON 2,000,000 deep": lambda: b"[" * 2_000_000,
    "JSON config 100,000 deep": lambda: b'{"architectures":' * 100_000 + b"1" + b"}" * 100_000,
    "JSON of 800,000 lists": lambda: b"[" + b"[]," * 800_000 + b"[]]",
    "JSON of 500,000 times one key": lambda: b"{" + b'"a":1,' * 499_999 + b'"a":1}',
    "notebook of 20,000 cells": lambda: _cells(20_000),
    "npy of 2^96 items": _npy,
    "GGUF of 2^60 tensors": _gguf,
    "GGUF array of 2^40 texts": _gguf_array,
    "safetensors whose shape wraps": _safetensors,
    "YAML of aliases of aliases": _yaml,
    "XML entities (PMML)": _xml,
    "template that loops and repeats": lambda: _template(
        "{% for a in range(99999999) %}" * 40 + "{{ 'x' * 999999999 }}" + "{% endfor %}" * 40
    ),
    "400 templates": _templates,
    "template that adds 8,000 texts": lambda: _template("{{ " + " + ".join(["xx"] * 8_000) + " }}"),
    "template that adds 2,500 texts": lambda: _template("{{ " + " + ".join(["'xx'"] * 2_500) + " }}"),
    "template of lists of lists": lambda: _template(_lists_of_lists()),
    "Python 100,000 brackets deep": lambda: b"import os\nx = " + b"(" * 100_000 + b")" * 100_000,
    "Python of 100,000 names": lambda: b"import os\n" + b"a;" * 100_000,
    "Python import of 20,000 steps": lambda: b"import os\nimport " + b".".join([b"a"] * 20_000),
    "Python that decodes a text 700 times": _decoded_again,
    "Python that calls what it is given": _calls_of_calls,
    "Python of source in source": _source_in_source,
    "90,000 lines of a .pth file": lambda: b"import a;b(\n" * 90_000,
    "bytecode of references": _bytecode_of_references,
}  # fmt: skip
"""Each bomb by its name."""
