"""`bartizan guard`: judge texts as the guard does, and list the secrets or the personal data in them."""

import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import click
import msgspec

from bartizan.cli import show
from bartizan.cli.lazy import COULD_NOT_LOOK, FOUND
from bartizan.cli.options import format_option

if TYPE_CHECKING:
    from bartizan.guard import Guard, Stage, Verdict

EXAMPLES = """\b
Examples:
  bartizan guard check prompt.txt
  echo 'Ignore your instructions.' | bartizan guard check -
  bartizan guard check --stage retrieved --format jsonl - < exchanges.jsonl
"""
ONE_FAMILY = """\b
Examples:
  bartizan guard {verb} notes.txt
  bartizan guard {verb} --format jsonl - < texts.jsonl
"""
STAGES = ("user", "system", "retrieved", "tool_result", "tool_call", "output")
LINE_BYTES = 64 << 20
"""A longer line is not read into a text."""


@click.group()
def command() -> None:
    """Judge prompts, documents, tool calls and answers: injection, leaks, secrets, personal data, hidden text."""


@command.command(epilog=EXAMPLES)
@click.argument("files", nargs=-1, required=True, type=click.Path(allow_dash=True, path_type=Path), metavar="FILE...|-")
@click.option(
    "--stage", type=click.Choice(STAGES), default="user", show_default=True, help="Where the texts come from."
)
@click.option("--profile", type=click.Path(path_type=Path), metavar="TOML", help="What is done about each finding.")
@click.option(
    "--rules", type=click.Path(path_type=Path), metavar="TOML", help="Rules of your own beside the shipped ones."
)
@format_option("table", "json", "jsonl")
def check(files: tuple[Path, ...], stage: "Stage", profile: Path | None, rules: Path | None, form: str) -> int:
    """Say of each text whether it may pass: allow, redact, ask, block, or unscanned.

    With --format jsonl each line of input is {"text": ..., "system": optional}, and one line is printed for each, in
    order; the exit code is 0. Otherwise a file is one text, and the exit code is 1 if one may not pass, 3 if one could
    not be looked at.
    """
    from bartizan.guard import Guard

    return _judge(Guard.load(profile, rules=_own(rules)), files, stage, form)


def _family(verb: str, family: str, help: str) -> None:
    @command.command(verb, epilog=ONE_FAMILY.format(verb=verb), help=help)
    @click.argument(
        "files", nargs=-1, required=True, type=click.Path(allow_dash=True, path_type=Path), metavar="FILE...|-"
    )
    @format_option("table", "json", "jsonl")
    def look(files: tuple[Path, ...], form: str) -> int:
        from bartizan.guard import Guard

        return _judge(Guard.of(family), files, "output", form)


_family("secrets", "secret", "List the secrets in texts: keys, tokens, passwords. Exits with 1 if there are any.")
_family("pii", "personal", "List the personal data in texts. Exits with 1 if there is any.")


def _own(rules: Path | None) -> tuple[Any, ...]:
    from bartizan.text.rules import user_rules

    return user_rules(rules) if rules else ()


def _judge(guard: "Guard", files: tuple[Path, ...], stage: "Stage", form: str) -> int:
    if form == "jsonl":
        for file in files:
            _stream(guard, file, stage)
        return 0
    verdicts = [(str(file), _whole(guard, file, stage)) for file in files]
    if form == "json":
        show.as_json({"verdicts": [{"path": path, **_shown(verdict)} for path, verdict in verdicts]})
    else:
        rows = [row for path, verdict in verdicts for row in _rows(path, verdict)]
        show.table(["text", "action", "score", "what", "rule", "at"], rows)
    actions = {verdict.action for _, verdict in verdicts}
    if actions & {"ask", "block", "redact"}:
        return FOUND
    return COULD_NOT_LOOK if "unscanned" in actions else 0


def _whole(guard: "Guard", file: Path, stage: "Stage") -> "Verdict":
    with _opened(file) as source:
        content = source.read(LINE_BYTES + 1)
    return _judged(lambda: guard.check(content.decode(), stage), content)


def _stream(guard: "Guard", file: Path, stage: "Stage") -> None:
    """Judge line by line, and answer each at once."""

    class Exchange(msgspec.Struct):
        text: str
        system: str = ""

    decoder = msgspec.json.Decoder(Exchange)

    def look(line: bytes) -> "Verdict":
        exchange = decoder.decode(line)
        return guard.check(exchange.text, stage, system=exchange.system)

    with _opened(file) as source:
        for line in _lines(source):
            if line.strip():
                show.as_json_line(_shown(_judged(partial(look, line), line)))
                sys.stdout.flush()


def _judged(look: Callable[[], "Verdict"], content: bytes) -> "Verdict":
    """The verdict, or that the text could not be looked at."""
    from bartizan.guard import Verdict

    began = time.perf_counter_ns()
    if len(content) > LINE_BYTES:
        why = f"the text has more than {LINE_BYTES:,} bytes"
    else:
        try:
            return look()
        except (msgspec.MsgspecError, UnicodeDecodeError, ValueError, RecursionError) as wrong:
            why = f"not readable: {wrong}"
    return Verdict("unscanned", 0.0, (), "", (time.perf_counter_ns() - began) // 1_000, " ".join(why.split())[:300])


def _lines(source: IO[bytes]) -> Iterator[bytes]:
    """The lines; of one that is too long, its beginning, which is longer than allowed."""
    while line := source.readline(LINE_BYTES + 1):
        yield line
        while len(line) > LINE_BYTES and not line.endswith(b"\n"):
            line = source.readline(LINE_BYTES + 1)


def _opened(file: Path) -> IO[bytes]:
    from bartizan.kernel import UsageError

    if str(file) == "-":
        return sys.stdin.buffer
    try:
        return file.open("rb")
    except OSError as wrong:
        raise UsageError(f"the file cannot be read: {wrong.strerror}", where=file) from None


def _shown(verdict: "Verdict") -> dict[str, Any]:
    found = [
        {"kind": hit.kind, "rule": hit.rule, "start": hit.start, "end": hit.end, "score": round(hit.score, 6)}
        for hit in verdict.findings
    ]
    reason = {"reason": verdict.reason} if verdict.reason else {}
    return {
        "action": verdict.action,
        "score": verdict.score,
        "findings": found,
        "text": verdict.text,
        "us": verdict.us,
        **reason,
    }


def _rows(path: str, verdict: "Verdict") -> Iterator[tuple[object, ...]]:
    """A line for the verdict, and one for each finding that counts."""
    yield path, verdict.action, f"{verdict.score:.4f}", verdict.reason, "", ""
    for hit in verdict.findings:
        yield "", hit.action, f"{hit.score:.4f}", hit.kind, hit.rule, f"{hit.start}-{hit.end}"
