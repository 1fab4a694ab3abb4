"""A headless Chromium, driven through a pipe by the DevTools protocol."""

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

PROGRAM = shutil.which("chromium") or shutil.which("google-chrome")
QUIET = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--remote-debugging-pipe",
]


class Tab:
    """One page."""

    def __init__(self, to: BinaryIO, back: BinaryIO) -> None:
        self._to, self._back = to, back
        self._number = 0
        self._held = b""
        self._session = ""
        self.complaints: list[str] = []
        """What the page's console said: errors, and violations of the content policy."""
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Log", "Runtime", "DOM"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        """The browser's answer to one command; empty if it could not, as when the page has just changed."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": params}
        if self._session:
            message["sessionId"] = self._session
        self._to.write(json.dumps(message).encode() + b"\0")
        self._to.flush()
        while True:
            answer = self._next()
            if answer.get("id") == self._number:
                result: dict[str, Any] = answer.get("result", {})
                return result

    def document(self) -> str:
        """The page as it stands now."""
        root = self.call("DOM.getDocument").get("root", {}).get("nodeId", 0)
        text: str = self.call("DOM.getOuterHTML", nodeId=root).get("outerHTML", "")
        return text

    def until(self, holds: Callable[[str], object]) -> str:
        """The page as soon as this holds of it; asks the browser again for as long as the test may run."""
        while not holds(text := self.document()):
            pass
        return text

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self._held:
            piece = os.read(self._back.fileno(), 1 << 16)
            assert piece, "the browser has ended"
            self._held += piece
        line, _, self._held = self._held.partition(b"\0")
        message: dict[str, Any] = json.loads(line)
        if message.get("method") == "Log.entryAdded":
            self.complaints.append(message["params"]["entry"]["text"])
        if message.get("method") == "Runtime.exceptionThrown":
            self.complaints.append(message["params"]["exceptionDetails"]["text"])
        return message


@contextmanager
def tab(profile: Path) -> Iterator[Tab]:
    """A fresh browser with one page."""
    assert PROGRAM
    read_end, to = os.pipe()
    back, write_end = os.pipe()

    def take_pipes() -> None:
        ours, theirs = os.dup(read_end), os.dup(write_end)
        os.dup2(ours, 3)
        os.dup2(theirs, 4)

    process = subprocess.Popen(
        [PROGRAM, *QUIET, f"--user-data-dir={profile}"],
        preexec_fn=take_pipes,
        close_fds=False,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(read_end)
    os.close(write_end)
    with open(to, "wb") as writing, open(back, "rb", buffering=0) as reading:  # noqa: PTH123 (file descriptors)
        try:
            yield Tab(writing, reading)  # type: ignore[arg-type]
        finally:
            process.terminate()
            process.wait(20)
