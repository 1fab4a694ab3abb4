"""An integration without its framework says in one line what to install."""

import importlib
import subprocess
import sys

import pytest

from bartizan.guard.integrations import MissingFramework


@pytest.mark.parametrize(
    ("module", "imports", "package"),
    [
        ("langchain", "langchain_core", "langchain-core"),
        ("openai_agents", "agents", "openai-agents"),
        ("litellm", "litellm", "litellm"),
    ],
)
def test_a_framework_that_is_not_there_is_named(
    module: str, imports: str, package: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = [name for name in sys.modules if name == imports or name.startswith(f"{imports}.")]
    for name in (*loaded, imports):
        monkeypatch.setitem(sys.modules, name, None)
    name = f"bartizan.guard.integrations.{module}"
    monkeypatch.delitem(sys.modules, name, raising=False)
    with pytest.raises(MissingFramework) as missing:
        importlib.import_module(name)
    assert str(missing.value).endswith(f"pip install {package}")
    assert "\n" not in str(missing.value)


def test_the_decorator_and_the_middleware_load_no_framework() -> None:
    heavy = "{'agents', 'langchain_core', 'litellm', 'starlette', 'pydantic'} & set(sys.modules)"
    inputs = "'bartizan.guard.inputs' in sys.modules"
    code = f"import sys, bartizan.guard.integrations; sys.exit(bool({heavy}) or {inputs})"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
