"""The pickle machine says of each stream what it calls, names and hides, as an unpickler would meet it."""

import collections
import datetime
import io
import os
import pickle
import struct
import subprocess
import sys

import pytest

from bartizan.artifacts import Held, Report, scan
from bartizan.artifacts.fact import AnyFact, Calls, Imports, Opaque, Spent, Structure
from bartizan.kernel import Budget


def look(data: bytes, **options: object) -> Report:
    return scan(Held("x", data), **options)  # type: ignore[arg-type]


def facts(data: bytes) -> list[tuple[type[AnyFact], str, str]]:
    return [(type(fact), fact.rule, fact.what) for fact in look(data).facts]


class Reduce:
    """Pickles as a call."""

    def __init__(self, function: object, *args: object) -> None:
        self.how = function, args

    def __reduce__(self) -> object:
        return self.how


@pytest.mark.parametrize("protocol", range(6))
def test_a_call_of_os_system_is_blocked_in_every_protocol(protocol: int) -> None:
    report = look(pickle.dumps({"weights": [1, Reduce(os.system, "true")]}, protocol))
    calls = next(fact for fact in report.facts if isinstance(fact, Calls))
    assert (report.format, report.verdict, calls.rule, calls.what) == (
        "pickle",
        "block",
        "code",
        "os.system (as posix.system)",
    )


@pytest.mark.parametrize("protocol", range(6))
def test_plain_values_and_known_classes_are_allowed(protocol: int) -> None:
    value = [
        collections.OrderedDict(a=1),
        datetime.datetime(2020, 1, 1),
        {1, 2},
        1 << 900,
        b"x" * 70_000,
        "é",
        None,
        1.5,
    ]
    assert look(pickle.dumps(value, protocol)).verdict == "allow"


def test_a_global_is_resolved_step_by_step_to_the_object_that_it_is() -> None:
    named = facts(b"\x80\x04\x8c\x13torch.serialization\x8c\x09os.system\x93.")
    assert named == [(Imports, "code", "os.system (as torch.serialization.os.system)")]


def test_the_names_of_python_2_are_mapped_below_protocol_3() -> None:
    assert facts(b"c__builtin__\neval\n(S'1'\ntR.")[0][2] == "builtins.eval (as __builtin__.eval)"
    assert facts(b"ccommands\ngetoutput\n(S'1'\ntR.")[0] == (
        Calls,
        "code",
        "subprocess.getoutput (as commands.getoutput)",
    )


def test_a_name_computed_from_text_is_evaluated() -> None:
    join = b"\x8c\x08builtins\x8c\x08str.join\x93\x8c\x00\x8c\x03sys\x8c\x03tem\x86\x86R"
    assert (Calls, "code", "os.system") in facts(b"\x80\x04\x8c\x02os" + join + b"\x93)R.")


def test_a_name_that_cannot_be_computed_is_blocked() -> None:
    report = look(b"\x80\x04\x8c\x02oscprobe\nf\n)R\x93)R.")
    assert report.verdict == "block"
    assert [fact.rule for fact in report.facts if isinstance(fact, Opaque)] == ["name"]


def test_calling_what_a_call_returned_is_blocked() -> None:
    report = look(b"\x80\x04ccollections\ndeque\n)R)R.")
    assert (report.verdict, report.facts[-1].rule) == ("block", "computed")


def test_a_stream_that_breaks_after_its_call_is_blocked_all_the_same() -> None:
    report = look(b"cos\nsystem\n(S'true'\ntR\xff")
    assert [(type(fact), fact.rule) for fact in report.facts] == [(Calls, "code"), (Structure, "broken")]


def test_what_is_planted_as_an_attribute_counts_as_called() -> None:
    plant = b"cprobe\nC\n)\x81}S'__setstate__'\ncprobe\nf\nsbNb."
    assert (Calls, "computed", "what the stream planted as an attribute, by BUILD") in facts(b"\x80\x02" + plant)


def test_a_change_of_a_shared_object_is_blocked() -> None:
    assert look(b"\x80\x04cmath\nsqrt\nN}S'a'\nK\x01s\x86b.").verdict == "block"
    assert look(b"\x80\x04cos\nenviron\nS'LD_PRELOAD'\nS'x'\ns.").verdict == "block"


def test_unknown_classes_warn_and_named_library_functions_pass() -> None:
    assert look(b"\x80\x02cmypackage\nModel\n)\x81}b.").verdict == "warn"
    assert look(b"\x80\x02ctorch.nn.functional\nrelu\n.").verdict == "allow"
    assert look(b"\x80\x02ctorch.nn.functional\nrelu\n)R.").verdict == "block"


def test_every_stream_of_a_file_is_read_and_bytes_after_them_are_told() -> None:
    two = pickle.dumps([1], 4) + pickle.dumps(Reduce(os.system, "x"), 4)
    assert look(two).verdict == "block"
    assert facts(pickle.dumps([1], 4) + b"\xff\xfe\xfd") == [(Structure, "trailing", "3 bytes after the last stream")]


def test_text_operands_are_read_as_c_reads_them() -> None:
    put_through_nul = b"cos\nsystem\np1\0junk\n0(S'true'\np 2\n0g1\n(g2\ntR."
    assert (Calls, "code", "os.system") in facts(put_through_nul)


@pytest.mark.parametrize("number", [b"I\x005\n", b"I\0\n", b"I\0anything\n"])
def test_a_number_that_is_cut_before_its_first_digit_is_read_on_as_c_does(number: bytes) -> None:
    stream = number + b"0cos\nsystem\n(S'true'\ntR."
    assert pickle.loads(number + b".") == 0
    assert look(stream).verdict == "block"


def test_bytes_for_a_tensor_are_a_member_of_their_own() -> None:
    inner = pickle.dumps(Reduce(os.system, "x"), 2)
    outer = b"\x80\x04ctorch.storage\n_load_from_bytes\nC" + bytes([len(inner)]) + inner + b"\x85R."
    report = look(outer)
    assert (report.verdict, report.members[0].verdict) == ("block", "block")
    assert look(outer.replace(inner, b"\x80\x02N." + b" " * (len(inner) - 4))).verdict == "warn"


def joblib_array(shape: bytes, dtype: bytes, raw: bytes, after: bytes = b"") -> bytes:
    """A stream as joblib writes it: the wrapper, padding, raw bytes, and the rest of the stream."""
    state = (
        b"}(S'shape'\n"
        + shape
        + b"S'dtype'\ncnumpy\ndtype\n(S'"
        + dtype
        + b"'\n\x89\x88tRS'numpy_array_alignment_bytes'\nK\x10ub"
    )
    return b"\x80\x03cjoblib.numpy_pickle\nNumpyArrayWrapper\n)\x81" + state + b"\x03\xff\xff\xff" + raw + after + b"."


def test_raw_arrays_of_joblib_are_skipped_by_shape_and_dtype() -> None:
    raw = b"cos\nsyst"
    assert len(raw) == 8
    assert look(joblib_array(b"K\x01\x85", b"f8", raw)).verdict == "allow"
    assert look(joblib_array(b"K\x02K\x02\x86", b"<i2", raw)).verdict == "allow"
    call = b"cos\nsystem\n(S'x'\ntR"
    assert look(joblib_array(b"K\x01\x85", b"f8", raw, after=b"0" + call)).verdict == "block"


def test_an_array_of_objects_is_a_stream_and_an_unclear_extent_is_blocked() -> None:
    call = pickle.dumps(Reduce(os.system, "x"), 2)
    wrapper = joblib_array(b"K\x01\x85", b"O8", b"").replace(b"\x03\xff\xff\xff", call)
    assert (Calls, "code", "os.system (as posix.system)") in facts(wrapper)
    assert look(joblib_array(b"cprobe\nf\n)R", b"f8", bytes(8))).verdict == "block"


def test_what_plain_pickle_makes_of_the_raw_array_is_listed_too() -> None:
    raw = b"0cos\nsystem\n(S'x'\ntR."
    assert (
        look(joblib_array(b"K%c\x85" % len(raw), b"u1", raw).replace(b"\x03\xff\xff\xff", b"0NNN")).verdict == "block"
    )


def test_scipy_text_that_is_compiled_passes_only_as_scipy_writes_it() -> None:
    text = (
        "\ndef _parse_args(self, a, loc=0, scale=1):\n    return (a,), loc, scale\n\n"
        "def _parse_args_rvs(self, a, loc=0, scale=1, size=None):\n"
        "    return self._argcheck_rvs(a, loc, scale, size=size)\n\n"
        "def _parse_args_stats(self, a, loc=0, scale=1, moments='mv'):\n    return (a,), loc, scale, moments\n"
    )

    def stream(template: str) -> bytes:
        state = pickle.dumps({"_parse_arg_template": template}, 4)[11:-1]
        return b"\x80\x04cscipy.stats._continuous_distns\nnorm_gen\n)\x81" + state + b"b."

    assert look(stream(text)).verdict == "allow"
    assert look(stream(text + "import os")).verdict == "block"
    assert look(stream(text.replace("loc=0", "loc=f()"))).verdict == "block"


def test_a_budget_that_ends_is_said_and_what_was_found_stands() -> None:
    data = b"cos\nsystem\n0" + b"K\x01" * 3_000_000
    report = look(data, budget=Budget(steps=300_000))
    assert isinstance(report.facts[0], Imports)
    assert any(isinstance(fact, Spent) for fact in report.facts)
    assert look(b"cprobe\nf\n0" + b"K\x01" * 3_000_000, budget=Budget(steps=300_000)).verdict == "unscanned"


@pytest.mark.parametrize("text", [b"N.B. read this\n", b"config\nname\n", b"import os\n", b"I am\n", b"."])
def test_text_is_no_pickle(text: bytes) -> None:
    assert "pickle" not in look(text).format


def test_long_payloads_and_streams_longer_than_the_window_are_read() -> None:
    call = pickle.dumps(Reduce(os.system, "x"), 4)[2:]
    long = b"\x80\x04" + b"\x8e" + struct.pack("<Q", 3 << 20) + bytes(3 << 20) + b"0" + b"K\x010" * 700_000 + call
    assert look(long).verdict == "block"
    assert facts(b"\x80\x04\x8e" + struct.pack("<Q", 1 << 40) + b"abc.")[0][:2] == (Structure, "broken")


def test_no_framework_is_imported_by_a_scan() -> None:
    code = (
        "import sys, pickle, bartizan.artifacts as a;"
        "a.scan(a.Held('x', b'\\x80\\x02ctorch.nn.modules.linear\\nLinear\\n)\\x81}b.'));"
        "print(*sorted({'torch', 'numpy', 'sklearn', 'joblib', 'pandas', 'scipy'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "\n"


def test_every_cut_of_a_stream_is_answered() -> None:
    file = io.BytesIO()
    pickle.dump([collections.OrderedDict(a=[1.5, "text"]), {b"k": 1 << 70}], file, 4)
    for end in range(len(file.getvalue())):
        assert look(file.getvalue()[:end]).verdict in ("allow", "warn", "unscanned")
