"""Facts about tools: read from a file or refused in one line, and what is not said is guarded."""

from pathlib import Path

import pytest

from bartizan.guard.flow_tools import UNKNOWN, BadTools, Tool, load_tools

AGENTDOJO = Path(__file__).parents[2] / "bench" / "flow" / "agentdojo.toml"


def test_a_file_is_read(tmp_path: Path):
    path = tmp_path / "tools.toml"
    path.write_text(
        '[tool.pay]\nkind = "pay"\nwords = ["pay"]\ntarget = ["to"]\ncontent = ["amount"]\nfree = ["colour"]\n'
    )
    tool = load_tools(path)["pay"]
    assert tool == Tool(kind="pay", words=("pay",), target=("to",), content=("amount",), free=("colour",))
    assert [tool.role(name) for name in ("to", "amount", "colour", "other")] == ["target", "content", "free", "target"]
    assert tool.labels == ("outside", "pay", "sink")


@pytest.mark.parametrize(
    "text",
    [
        b'[tool.x]\nkind = "peek"\n',
        b"[tool.x]\ncolour = 1\n",
        b'[tool.x]\ntarget = ["a"]\nfree = ["a"]\n',
        b"[tool.x\n",
        b"\xff",
        b"x = 1\n",
        b"#" * (2 << 20),
    ],
)
def test_what_is_no_file_of_tools_is_refused_in_one_line(text: bytes, tmp_path: Path):
    path = tmp_path / "tools.toml"
    path.write_bytes(text)
    with pytest.raises(BadTools) as told:
        load_tools(path)
    assert "\n" not in str(told.value)


def test_a_missing_file_is_an_error():
    with pytest.raises(BadTools):
        load_tools(Path("no-such-file.toml"))


def test_a_tool_that_nobody_described_is_a_sink_to_the_outside():
    assert UNKNOWN.labels == ("outside", "sink", "unknown")
    assert not UNKNOWN.words


def test_whether_others_see_it_can_be_said():
    assert not Tool(kind="send", outside=False).gets_outside
    assert Tool(kind="write", outside=True).gets_outside
    assert Tool(kind="read").labels == ("read",)


def test_every_sink_of_the_bench_has_a_verb_by_which_it_is_asked_for():
    tools = load_tools(AGENTDOJO)
    assert len(tools) == 69
    assert [name for name, tool in tools.items() if tool.sink and not tool.words] == []
    assert [name for name, tool in tools.items() if not tool.sink and tool.words] == []
