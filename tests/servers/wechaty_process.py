"""A Wechaty gateway as a process of its own: started, given orders, frozen, killed; its ledger is the witness.

The gateway is tests/servers/wechaty_gateway/gateway.cjs: the real npm server around a mocked WeChat.
"""

import asyncio
import itertools
import json
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from tests import npm

PROGRAM = Path(__file__).parent / "wechaty_gateway" / "gateway.cjs"
TOKEN = "warm-token"
ME = "wxid_songnuan"
PATIENCE = 30.0


class Sent(Struct):
    """One accepted message: one line of the ledger."""

    n: int
    at: float
    chat: str  # "group:<id>" or "direct:<id>"
    message_id: int
    text: str
    mentions: list[str] = []
    file: str = ""
    bytes: int = 0
    media: str = ""
    echo: str = ""  # a gateway is not told which delivery it is


def room_id(number: int) -> str:
    """As WeChat makes them."""
    return f"{70_000_000_000 + number}@chatroom"


class WechatyGateway:
    """`rooms` are (id, topic); `certificate` is (cert, key) as PEM, without any the gateway speaks in clear."""

    def __init__(
        self,
        *,
        token: str = TOKEN,
        rooms: list[tuple[str, str]] | None = None,
        people: dict[str, str] | None = None,
        certificate: tuple[str, str] | None = None,
        built_in_certificate: bool = False,
        ledger: Path | None = None,
        logged_in: bool = True,
    ) -> None:
        self.token = token
        self.rooms = rooms if rooms is not None else [(room_id(1), "向阳家属群")]
        self.people = people or {}
        self.certificate = certificate
        self.built_in_certificate = built_in_certificate
        self.ledger_file = ledger
        self.logged_in = logged_in
        self.port = 0
        self.sent: list[Sent] = []
        self._process: asyncio.subprocess.Process | None = None
        self._reader: asyncio.Task[None] | None = None
        self._answers: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._numbers = itertools.count(1)
        self._changed = asyncio.Condition()

    @property
    def endpoint(self) -> str:
        return f"127.0.0.1:{self.port}"

    async def start(self) -> None:
        """Listens when this returns; after a kill, on the same port as before."""
        npm.find("wechaty-puppet-service/package.json")
        pipe = asyncio.subprocess.PIPE
        self._process = await asyncio.create_subprocess_exec(
            "node",
            "--no-deprecation",
            str(PROGRAM),
            json.dumps(self._options()),
            stdin=pipe,
            stdout=pipe,
            limit=1 << 22,
        )
        assert self._process.stdout is not None
        async with asyncio.timeout(PATIENCE):
            self.port = json.loads(await self._process.stdout.readline())["port"]
        self._reader = asyncio.create_task(self._read(self._process.stdout))

    def _options(self) -> dict[str, Any]:
        cert, key = self.certificate or ("", "")
        return {
            "port": self.port,
            "token": self.token,
            "tls": self.built_in_certificate or bool(cert),
            "cert": cert,
            "key": key,
            "ledger": str(self.ledger_file or ""),
            "self": {"id": ME, "name": "送暖"},
            "rooms": [{"id": id_, "topic": topic, "members": [ME, *self.people]} for id_, topic in self.rooms],
            "contacts": [{"id": id_, "name": name} for id_, name in self.people.items()],
            "loggedIn": self.logged_in,
        }

    @property
    def url(self) -> str:
        return self.endpoint

    def ledger(self) -> list[Sent]:
        """Everything that was ever accepted, as it stands in the file."""
        assert self.ledger_file is not None
        return read_ledger(self.ledger_file)

    async def count(self) -> int:
        """Messages accepted so far."""
        return int((await self.order("stats"))["count"])

    async def order(self, verb: str, **more: Any) -> dict[str, Any]:
        """See gateway.cjs for the verbs."""
        assert self._process is not None and self._process.stdin is not None
        number = next(self._numbers)
        answer = self._answers[number] = asyncio.get_running_loop().create_future()
        self._process.stdin.write(json.dumps({"n": number, "do": verb, **more}).encode() + b"\n")
        async with asyncio.timeout(PATIENCE):
            found = await answer
        assert "error" not in found, found
        return dict(found)

    async def say(self, text: str, user: str, group: str | None = None, **more: Any) -> str:
        """Somebody writes; returns the message's id."""
        message_id = more.pop("id", f"wx{next(self._numbers):08}")
        await self.order("say", text=text, user=user, group=group, id=message_id, name=more.pop("name", "小赵"), **more)
        return str(message_id)

    async def until(self, condition: Callable[[], bool]) -> None:
        """Looks again after every message that the gateway accepts, and now and then for what is ours to change."""
        async with asyncio.timeout(PATIENCE), self._changed:
            while not condition():
                try:
                    async with asyncio.timeout(0.02):
                        await self._changed.wait()
                except TimeoutError:
                    continue

    async def reaches(self, count: int) -> None:
        await self.until(lambda: len(self.sent) >= count)

    def freeze(self) -> None:
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    async def kill(self) -> None:
        """At once, also when frozen. Harmless when it has ended already."""
        process, self._process = self._process, None
        if process is None:
            return
        if process.returncode is None:
            process.kill()
        await process.wait()
        if self._reader is not None:
            await self._reader
        if process.stdin is not None:
            process.stdin.close()

    async def _read(self, lines: asyncio.StreamReader) -> None:
        async for line in lines:
            found = json.loads(line)
            if "sent" in found:
                async with self._changed:
                    self.sent.append(msgspec.convert(found["sent"], Sent))
                    self._changed.notify_all()
            elif (answer := self._answers.pop(found["n"], None)) is not None:
                answer.set_result(found)


def read_ledger(file: Path) -> list[Sent]:
    """All whole lines; one that was cut off by a kill was never answered and does not count."""
    if not file.exists():
        return []
    return [msgspec.json.decode(line, type=Sent) for line in file.read_bytes().splitlines() if line.endswith(b"}")]
