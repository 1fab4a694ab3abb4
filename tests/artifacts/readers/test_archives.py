import bz2
import gzip
import io
import lzma
import random
import struct
import tarfile
import time
import zipfile
import zlib
from collections.abc import Callable

import lz4.frame
import py7zr
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from bartizan.artifacts.artifact import Held
from bartizan.artifacts.decompress import Gzip
from bartizan.artifacts.report import Report
from bartizan.artifacts.scan import scan
from bartizan.kernel import Budget
from tests.artifacts.readers.made import PICKLE, rules, tar_of, zip_of

HOSTILE = b"cposix\nsystem\n(S'id'\ntR."


def look(data: bytes, budget: Budget | None = None) -> Report:
    return scan(Held("it", data), budget=budget or Budget())


def members(report: Report) -> list[tuple[str, str]]:
    return [(member.path, member.format) for member in report.members]


def test_every_entry_of_a_zip_is_recognised_by_its_content() -> None:
    report = look(zip_of({"a.txt": b"hello", "folder/": b"", "b.png": PICKLE}))
    assert (report.format, members(report)) == ("zip", [("a.txt", "data"), ("b.png", "pickle")])


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_zip_is_read_by_every_method_of_packing(method: int) -> None:
    report = look(zip_of({"a": PICKLE, "b": b"text " * 5000}, method))
    assert (members(report), rules(report)) == ([("a", "pickle"), ("b", "data")], set())


@pytest.mark.parametrize("name", ["../a", "/etc/a", "a/../../b", "C:\\a", "..\\a", "~/a"])
def test_names_that_leave_the_folder_are_named(name: str) -> None:
    assert "WritesPath.outside" in rules(look(zip_of({name: b"x"})))
    assert "WritesPath.outside" in rules(look(tar_of({name: b"x"})))


def test_an_archive_stored_within_an_archive_is_no_second_end() -> None:
    inner = zip_of({"b": b"text"})
    report = look(zip_of({"a.npz": inner, "c": b"text"}))
    assert (members(report), rules(report)) == ([("a.npz", "zip"), ("c", "data")], set())


def test_archives_that_are_a_bomb_only_together_are_decided_at_once() -> None:
    data = bytes(1 << 20)
    for _ in range(6):
        data = zip_of({str(number): data for number in range(10)}, zipfile.ZIP_DEFLATED)
    begun = time.process_time()
    report = look(data)
    assert (report.verdict, "Budget.bomb" in rules(report)) == ("block", True)
    assert time.process_time() - begun < 0.5


def spoil_local_header(data: bytes) -> bytes:
    return data.replace(b"PK\x03\x04" + data[4:6] + b"\0\0\0\0", b"PK\x03\x04" + data[4:6] + b"\0\0\x08\0", 1)


def spoil_local_name(data: bytes) -> bytes:
    at = data.index(b"model.pkl")
    return data[:at] + b"other.txt" + data[at + 9 :]


def second_end_record(data: bytes) -> bytes:
    return data[:-2] + struct.pack("<H", 22) + data[-22:]


def prefix_with_directory(data: bytes) -> bytes:
    return data[: data.index(b"PK\x05\x06")] + data


@pytest.mark.parametrize("spoil", [spoil_local_header, spoil_local_name, second_end_record, prefix_with_directory])
def test_a_zip_that_two_loaders_read_in_two_ways_is_ambiguous(spoil: Callable[[bytes], bytes]) -> None:
    data = spoil(zip_of({"model.pkl": b"text"}))
    assert "Structure.ambiguous" in rules(look(data))
    assert look(data).verdict == "block"


def test_two_entries_of_one_name_are_ambiguous() -> None:
    with pytest.warns(UserWarning, match="Duplicate name"):
        data = zip_of([("a", b"one"), ("a", b"two")])
    assert "Structure.ambiguous" in rules(look(data))


def test_an_encrypted_entry_is_not_scanned() -> None:
    data = bytearray(zip_of({"a": b"text"}))
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(mark) + at] |= 1
    report = look(bytes(data))
    assert (report.verdict, rules(report)) == ("unscanned", {"Structure.encrypted"})


def test_a_wrong_checksum_is_named_and_the_entry_still_read() -> None:
    data = zip_of({"a": PICKLE}).replace(struct.pack("<I", zlib.crc32(PICKLE)), b"\1\2\3\4")
    report = look(data)
    assert (members(report), "Structure.checksum" in rules(report)) == ([("a", "pickle")], True)


def test_bytes_before_a_zip_do_not_hide_it() -> None:
    report = look(b"text\n" * 20 + zip_of({"a": PICKLE}))
    assert ("a", "pickle") in members(report)
    assert "Structure.prefixed" in rules(report)


def test_a_link_in_an_archive_is_named() -> None:
    entry = zipfile.ZipInfo("a")
    entry.create_system, entry.external_attr = 3, 0o120777 << 16
    assert "Structure.link" in rules(look(zip_of([(entry, b"/etc/passwd")])))
    inside, outside = tarfile.TarInfo("a"), tarfile.TarInfo("b")
    inside.type = outside.type = tarfile.SYMTYPE
    inside.linkname, outside.linkname = "c", "../../c"
    assert rules(look(tar_of([(inside, b"")]))) == {"Structure.link"}
    assert rules(look(tar_of([(outside, b"")]))) == {"Structure.link", "WritesPath.outside"}


def test_entries_that_share_their_bytes_are_a_bomb() -> None:
    data = zip_of({"a": b"x" * 100, "b": b"y" * 100})
    second = data.rindex(b"PK\x01\x02")
    overlapping = data[: second + 42] + struct.pack("<L", 0) + data[second + 46 :]
    assert "Budget.bomb" in rules(look(overlapping))


@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_every_file_of_a_tar_is_a_member(form: int) -> None:
    name = "folder/" + "n" * 80 + "/" + "m" * 60
    report = look(tar_of({name: PICKLE, "b.txt": b"hello"}, form))
    assert (report.format, members(report), rules(report)) == ("tar", [(name, "pickle"), ("b.txt", "data")], set())


def test_a_name_that_only_a_pax_header_spells_is_read() -> None:
    name = "é" * 120
    assert members(look(tar_of({name: PICKLE}, tarfile.PAX_FORMAT)))[0][1] == "pickle"


def test_bytes_behind_a_tar_are_named_and_read() -> None:
    report = look(tar_of({"a": b"x"}) + zip_of({"b": PICKLE}))
    assert "Structure.trailing" in rules(report)
    assert ("b", "pickle") in [pair for member in report.members for pair in members(member)]


def test_devices_in_a_tar_are_named() -> None:
    device = tarfile.TarInfo("a")
    device.type = tarfile.CHRTYPE
    assert rules(look(tar_of([(device, b"")]))) == {"WritesPath.outside"}


PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "zlib": zlib.compress,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "lzma": lambda data: lzma.compress(data, lzma.FORMAT_ALONE),
    "zstd": zstandard.ZstdCompressor().compress,
    "lz4": lz4.frame.compress,
}


@pytest.mark.parametrize("name", PACKERS)
def test_what_a_stream_holds_is_a_member(name: str) -> None:
    report = look(PACKERS[name](PICKLE * 50))
    assert (report.format, [member.format for member in report.members]) == (name, ["pickle"])
    assert report.members[0].size == len(PICKLE) * 50


@pytest.mark.parametrize("name", PACKERS)
@given(data=st.binary(max_size=3000), repeat=st.integers(1, 200))
def test_a_stream_unpacks_to_what_was_packed(name: str, data: bytes, repeat: int) -> None:
    whole = b"\x89PNG\r\n\x1a\n" + data * repeat
    report = look(PACKERS[name](whole))
    assert [member.size for member in report.members] == [len(whole)]
    assert report.facts == ()


@pytest.mark.parametrize("block_size", [4, 5, 6, 7])
@pytest.mark.parametrize("linked", [True, False])
def test_every_form_of_lz4_frame_is_read(block_size: int, linked: bool) -> None:
    whole = bytes(range(256)) * 1200 + b"tail"
    packed = lz4.frame.compress(
        whole, block_size=block_size, block_linked=linked, block_checksum=True, content_checksum=True, store_size=True
    )
    report = look(packed)
    assert (report.members[0].size, rules(report) & {"Structure.broken"}) == (len(whole), set())


@pytest.mark.parametrize("name", PACKERS)
def test_a_bomb_is_cut_off(name: str) -> None:
    report = look(PACKERS[name](bytes(1 << 25)))
    assert report.verdict in {"block", "unscanned"}
    assert rules(report) & {"Budget.bomb", "Budget.spent"}


def test_a_zstd_frame_that_wants_more_than_64_mib_of_memory_is_not_unpacked() -> None:
    for window_log, broken in ((26, False), (27, True)):
        parameters = zstandard.ZstdCompressionParameters(window_log=window_log)
        wide = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
        report = look(wide.compress(PICKLE) + wide.flush())
        assert ("Structure.broken" in rules(report)) == broken


@pytest.mark.parametrize("name", PACKERS)
def test_a_torn_stream_shows_what_came_before(name: str) -> None:
    packed = PACKERS[name](PICKLE + bytes(range(256)) * 400)
    report = look(packed[: len(packed) * 9 // 10])
    assert "Structure.broken" in rules(report)


CHAINS: dict[str, list[dict[str, int]]] = {
    "lzma2": [{"id": py7zr.FILTER_LZMA2, "preset": 6}],
    "lzma1": [{"id": py7zr.FILTER_LZMA, "preset": 6}],
    "x86 and lzma2": [{"id": py7zr.FILTER_X86}, {"id": py7zr.FILTER_LZMA2, "preset": 6}],
    "delta and lzma2": [{"id": py7zr.FILTER_DELTA}, {"id": py7zr.FILTER_LZMA2, "preset": 6}],
    "deflate": [{"id": py7zr.FILTER_DEFLATE}],
    "bzip2": [{"id": py7zr.FILTER_BZIP2}],
    "copy": [{"id": py7zr.FILTER_COPY}],
}


def seven_zip_of(files: dict[str, bytes], chain: str, password: str | None = None) -> bytes:
    held = io.BytesIO()
    filters = None if password else CHAINS[chain]
    with py7zr.SevenZipFile(held, "w", filters=filters, password=password) as archive:
        for name, data in files.items():
            archive.writestr(data, name)
    return held.getvalue()


@pytest.mark.parametrize("chain", CHAINS)
def test_every_file_of_a_7z_archive_is_a_member(chain: str) -> None:
    files = {"a": PICKLE, "folder/b.txt": b"hello " * 3000, "c": b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 300}
    report = look(seven_zip_of(files, chain))
    assert (report.format, rules(report)) == ("7z", set())
    assert [(one.path, one.format, one.size) for one in report.members] == [
        (name, kind, len(data)) for (name, data), kind in zip(files.items(), ["pickle", "data", "data"], strict=True)
    ]


def test_an_encrypted_7z_archive_is_not_scanned() -> None:
    report = look(seven_zip_of({"a": PICKLE}, "lzma2", password="secret"))
    assert (report.verdict, rules(report)) == ("unscanned", {"Structure.encrypted"})


@pytest.mark.parametrize("size", [0, 30_000, 300_000])
def test_a_wrong_checksum_at_the_end_of_gzip_hides_nothing(size: int) -> None:
    spoilt = bytearray(gzip.compress(HOSTILE + random.Random(1).randbytes(size)))
    spoilt[-8] ^= 1
    report = scan(Held("x.gz", bytes(spoilt)))
    assert (report.format, report.verdict) == ("gzip", "block")


@given(st.binary(max_size=3000), st.integers(0, 5))
def test_gzip_with_all_parts_of_a_header_is_read(data: bytes, level: int) -> None:
    plain = gzip.compress(data, level)
    full = plain[:3] + b"\x1e" + plain[4:10] + b"\x03\0abc" + b"name\0" + b"comment\0" + b"\0\0" + plain[10:]
    for packed in (plain, full, full + plain):
        stream, given_bytes = Gzip(), b""
        rest = packed
        while rest:
            given_bytes += stream.decompress(rest, 100)
            rest = stream.unused_data if stream.eof else stream.unconsumed_tail
            stream = Gzip() if stream.eof else stream
        assert given_bytes == data * (2 if packed == full + plain else 1)


def test_a_second_tar_behind_the_zeros_of_the_first_is_read() -> None:
    report = scan(Held("x.tar", tar_of({"a.txt": b"hello world"}) + tar_of({"b.pkl": HOSTILE})))
    assert report.verdict == "block"


def test_a_file_of_unknown_type_or_said_to_be_sparse_is_read_in_a_tar() -> None:
    odd = tarfile.TarInfo("a.pkl")
    odd.type = b"A"
    sparse = tarfile.TarInfo("b.pkl")
    sparse.pax_headers = {"GNU.sparse.name": "b"}
    for info in (odd, sparse):
        assert scan(Held("x.tar", tar_of([(info, HOSTILE)]))).verdict == "block"


def test_nesting_is_bounded() -> None:
    data = PICKLE
    for _ in range(40):
        data = gzip.compress(data)
    report = look(data)
    assert (report.verdict, "Budget.spent" in rules(report)) == ("unscanned", True)


SAMPLES = [
    zip_of({"a": PICKLE, "b": b"text" * 50}, zipfile.ZIP_DEFLATED),
    tar_of({"a": PICKLE, "b": b"text"}),
    *(packer(PICKLE * 20) for packer in PACKERS.values()),
    *(seven_zip_of({"a": PICKLE, "b": b"text" * 40}, chain) for chain in CHAINS),
]


@given(st.sampled_from(SAMPLES), st.data())
def test_no_mutation_of_an_archive_gets_past_scan(sample: bytes, data: st.DataObject) -> None:
    mutated = bytearray(sample)
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(mutated) - 1))
        mutated[at] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(mutated)))
    for hostile in (bytes(mutated), bytes(mutated[:cut])):
        report = look(hostile, Budget(bytes=1 << 22, members=100, steps=100_000, seconds=5))
        assert report.verdict in {"allow", "warn", "unscanned", "block"}
