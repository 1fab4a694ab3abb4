"""TorchScript source: operators that touch files, and those of libraries that torch does not have."""

import pytest
from hypothesis import given

from bartizan.artifacts import Held, Report, scan
from bartizan.artifacts.fact import Calls, Structure
from tests.artifacts.readers.fuzzing import mutants, survives

SOUND = """class Net(Module):
  __parameters__ = ["weight", ]
  __buffers__ = []
  weight : Tensor
  training : bool
  def forward(self: __torch__.Net,
    x: Tensor) -> Tensor:
    weight = self.weight
    _0 = ops.prim.NumToTensor(torch.size(x, 0))
    _1 = annotate(List[int], [9223372036854775807])
    if torch.gt(_0, 1):
      y = ops.quantized.linear(x, weight, 1., 0)
    else:
      y = torch.relu(torch.linear(x, weight))
    return y
"""


def scanned(source: str) -> Report:
    return scan(Held("code/__torch__.py", source.encode()))


def test_a_model_that_computes_is_allowed() -> None:
    report = scanned(SOUND)
    assert (report.format, report.verdict, report.facts) == ("torchscript+python", "allow", ())


@pytest.mark.parametrize(
    "call", ["torch.from_file('/etc/passwd', True, 9)", "torch.save(x, '/tmp/x')", "ops.image.read_file('/x')"]
)
def test_operators_that_touch_files_are_blocked(call: str) -> None:
    report = scanned(SOUND.replace("torch.relu(torch.linear(x, weight))", call))
    assert report.verdict == "block"
    assert isinstance(report.facts[0], Calls)


def test_operators_of_other_libraries_are_told() -> None:
    report = scanned(SOUND.replace("torch.relu(", "ops.my_library.relu("))
    assert report.verdict == "warn"
    assert report.facts == (Structure("custom-op", "the operator ops.my_library.relu needs a library of its own"),)


def test_python_that_looks_like_torchscript_is_judged_as_python_too() -> None:
    assert scanned(SOUND + "import os\nos.system('id')\n").verdict == "block"


@given(data=mutants(SOUND.encode()))
def test_no_mutant_breaks_the_scan(data: bytes) -> None:
    survives(data)
