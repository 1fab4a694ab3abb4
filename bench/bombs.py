"""Small files that would cost a careless reader gigabytes or hours; `python -m bench.bombs` decides each in a child."""

import bz2
import gzip
import io
import json
import lzma
import struct
import subprocess
import sys
import tarfile
import time
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

ZEROS = 256 << 20


def bombs() -> dict[str, bytes]:
    """Each bomb by its name."""
    return {name: make() for name, make in MAKERS.items()}


def decide(path: Path) -> dict[str, object]:
    """Verdict, milliseconds of CPU and MiB beyond an idle scanner for one file, in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.bombs", str(path)], capture_output=True, text=True, check=True, timeout=120
    )
    return dict(json.loads(done.stdout))


def _nested_gzip() -> bytes:
    data = bytes(10 << 20)
    for _ in range(40):
        data = gzip.compress(data, mtime=0)
    return data


def _nested_zip() -> bytes:
    data, width = bytes(4 << 20), 10
    for _ in range(6):
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            for number in range(width):
                archive.writestr(f"{number}.zip", data)
        data = file.getvalue()
    return data


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
        file = io.BytesIO()
        with tarfile.open(fileobj=file, mode="w:gz") as archive:
            for number in range(3):
                info = tarfile.TarInfo(f"{number}.tar.gz")
                info.size = len(data)
                archive.addfile(info, io.BytesIO(data))
        data = file.getvalue()
        if len(data) > 1 << 20:
            break
    return data


def _memo_pickle() -> bytes:
    """Each list holds the one before ten times: as text it would never end."""
    step = b"".join(b"](" + b"h%c" % level * 10 + b"e\x94" for level in range(1, 100))
    return b"\x80\x04](K\x01e\x94](h\x00e\x94" + step + b"."


def _deep_pickle() -> bytes:
    return b"\x80\x04" + b"]" * 400_000 + b"a" * 399_999 + b"."


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


def _jinja() -> bytes:
    return json.dumps(
        {"chat_template": "{% for a in range(99999999) %}" * 40 + "{{ 'x' * 999999999 }}" + "{% endfor %}" * 40}
    ).encode()


def _zstd() -> bytes:
    import zstandard

    return zstandard.ZstdCompressor(19).compress(bytes(ZEROS))


MAKERS: dict[str, Callable[[], bytes]] = {
    "gzip of 256 MB": lambda: gzip.compress(bytes(ZEROS), mtime=0),
    "bzip2 of 256 MB": lambda: bz2.compress(bytes(ZEROS)),
    "xz of 256 MB": lambda: lzma.compress(bytes(ZEROS), preset=1),
    "zstd of 256 MB": _zstd,
    "gzip 40 deep": _nested_gzip,
    "zip of zips, 10 wide, 6 deep": _nested_zip,
    "zip of overlapping entries": _overlapping_zip,
    "tar.gz of tar.gz, 20 deep": _tar_of_tars,
    "pickle that doubles by its memo": _memo_pickle,
    "pickle 400,000 deep": _deep_pickle,
    "pickle with a number of 2 GB": lambda: b"\x80\x02\x8b" + struct.pack("<i", 2**31 - 1) + b".",
    "pickle with a frame of 2^63": lambda: b"\x80\x04\x95" + b"\xff" * 7 + b"\x7f" + b"N.",
    "JSON 2,000,000 deep": lambda: b"[" * 2_000_000,
    "JSON config 100,000 deep": lambda: b'{"architectures":' * 100_000 + b"1" + b"}" * 100_000,
    "npy of 2^96 items": _npy,
    "GGUF of 2^60 tensors": _gguf,
    "GGUF array of 2^40 texts": _gguf_array,
    "safetensors whose shape wraps": _safetensors,
    "YAML of aliases of aliases": _yaml,
    "XML entities (PMML)": _xml,
    "template that loops and repeats": _jinja,
    "Python 100,000 brackets deep": lambda: b"import os\nx = " + b"(" * 100_000 + b")" * 100_000,
}


def main(path: str) -> None:
    from bartizan.artifacts import Held, scan

    scan(Held("warm", b"\x80\x04N."))
    before, began = _peak_kib(), time.process_time()
    report = scan(path)
    taken = time.process_time() - began
    print(json.dumps({"verdict": report.verdict, "ms": taken * 1e3, "mib": (_peak_kib() - before) / 1024}))


def _peak_kib() -> int:
    """The most memory that this process has had; unlike ru_maxrss it owes nothing to the process that started it."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0])


if __name__ == "__main__":
    main(sys.argv[1])
