"""The registry's HTTP, on the one client of the house: no redirects, so that credentials stay where they belong."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bartizan.artifacts.admit.mlflow import MlflowError
from bartizan.kernel import OutOfBudget
from bartizan.net import Client, NetError, Options, TooLarge
from bartizan.net.sync import Blocking


@dataclass(frozen=True, slots=True)
class NetHttp:
    """Asks one server; each request has a connection of its own."""

    headers: Sequence[tuple[str, str]] = field(default=(), repr=False)
    options: Options = field(default_factory=lambda: Options(redirects=0))

    def ask(self, method: str, url: str, body: bytes | None, limit: int) -> tuple[int, bytes]:
        """Status and body of the answer."""

        async def once() -> tuple[int, bytes]:
            fields = [*self.headers, *([("content-type", "application/json")] if body is not None else [])]
            async with Client(self.options) as client:
                answer = await client.request(method, url, headers=fields, body=body, body_bytes=limit)
                return answer.status, answer.body

        with Blocking() as loop:
            try:
                return loop.run(once())
            except NetError as error:
                raise MlflowError(f"the registry cannot be asked: {error.what}", where=error.where) from None

    def save(self, url: str, into: Path, limit: int) -> int:
        """Writes the body of an answer of status 200 to a new file; how many bytes it has."""

        async def once() -> int:
            async with (
                Client(self.options) as client,
                client.stream("GET", url, headers=self.headers, body_bytes=limit) as answer,
            ):
                if answer.status != 200:
                    raise MlflowError(f"the registry answered with status {answer.status}", where=answer.url)
                with into.open("xb") as file:
                    async for piece in answer:
                        file.write(piece)
                    return file.tell()

        with Blocking() as loop:
            try:
                return loop.run(once())
            except TooLarge:
                raise OutOfBudget("the version's files are larger than may be fetched", where=into.name) from None
            except NetError as error:
                raise MlflowError(f"a file cannot be fetched: {error.what}", where=error.where) from None
