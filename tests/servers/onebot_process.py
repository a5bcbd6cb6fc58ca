"""The QQ peer as a process of its own, which outlives every bot that is killed; its ledger is the witness."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from aiohttp import ClientSession

from tests.servers.bot_site import PATIENCE, ROOT, TOKEN
from tests.servers.onebot_ledger import Sent, read_ledger


class Peer:
    """`ledger` is read from the file; `count` asks the peer itself."""

    def __init__(self, http: ClientSession, port: int, file: Path) -> None:
        self._http = http
        self._base = f"http://127.0.0.1:{port}"
        self.url = f"ws://127.0.0.1:{port}/"
        self._file = file

    def ledger(self) -> list[Sent]:
        return read_ledger(self._file)

    async def stats(self) -> dict[str, Any]:
        async with self._http.get(self._base + "/_stats") as answer:
            return dict(await answer.json())

    async def count(self) -> int:
        """Messages accepted so far."""
        return int((await self.stats())["ledger"])

    async def order(self, verb: str, **more: Any) -> None:
        async with self._http.post(self._base + "/_control", json={"do": verb, **more}) as answer:
            assert answer.status == 200, await answer.text()

    async def reaches(self, count: int) -> None:
        """Waits until so many messages were accepted."""
        async with asyncio.timeout(PATIENCE):
            while await self.count() < count:  # noqa: ASYNC110 - another process does not announce it
                await asyncio.sleep(0.01)


@asynccontextmanager
async def peer_process(folder: Path, groups: int) -> AsyncIterator[Peer]:
    """Listens in forward mode; ledger and log are written to the folder."""
    file = folder / "ledger.jsonl"
    words = ["--token", TOKEN, "--groups", str(groups), "--ledger", str(file)]
    with (folder / "peer.log").open("ab") as log:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "tests.servers.onebot_peer",
            *words,
            cwd=ROOT,
            stdout=asyncio.subprocess.PIPE,
            stderr=log,
        )
    try:
        assert process.stdout is not None
        port = json.loads(await process.stdout.readline())["port"]
        async with ClientSession() as http:
            yield Peer(http, port, file)
    finally:
        if process.returncode is None:
            process.terminate()
        await process.communicate()
