"""A QQ channel and its peer, joined over a real websocket on loopback, and an inbox that remembers."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiohttp import web

from bot.channels.onebot import OneBotChannel, Timing
from bot.config import OneBot
from bot.errors import SendError
from bot.events import Chat, GroupInfo, Incoming, Line, Outgoing, OwnMessage, Part, Receipt, Text
from tests.servers.onebot_peer import OneBotPeer

ROOT = Path(__file__).parents[2]
TOKEN = "warm-token"
GROUP = "700000001"
FAST = Timing(
    backoff_first=0.02, backoff_max=0.1, refused=0.3, ping=30, refresh=600, refresh_gap=0.01, drain=2, close=0.2
)


class Recorder:
    """An inbox; `hold` makes one chat's handler wait, as a slow database would."""

    def __init__(self) -> None:
        self.messages: list[Incoming] = []
        self.settlements: list[tuple[str, Receipt | SendError]] = []
        self.echoes: list[OwnMessage] = []
        self.groups: list[Sequence[GroupInfo]] = []
        self.hold: dict[str, asyncio.Event] = {}

    def concerns(self, message: Incoming) -> bool:
        return True

    async def received(self, message: Incoming) -> None:
        if message.chat.id in self.hold:
            await self.hold[message.chat.id].wait()
        self.messages.append(message)

    async def settled(self, ref: str, outcome: Receipt | SendError) -> None:
        self.settlements.append((ref, outcome))

    async def echoed(self, channel: str, message: OwnMessage) -> None:
        self.echoes.append(message)

    async def learnt(self, channel: str, groups: Sequence[GroupInfo]) -> None:
        self.groups.append(groups)


@dataclass
class Rig:
    channel: OneBotChannel
    peer: OneBotPeer
    inbox: Recorder
    port: int = 0  # reverse mode: where our door is

    async def until(self, state: Line) -> None:
        await eventually(lambda: self.channel.health().state is state)

    async def ready(self) -> "Rig":
        """Online, and the groups are known."""
        await self.until(Line.ONLINE)
        await eventually(lambda: bool(self.inbox.groups))
        return self

    async def watched(self) -> None:
        """A heartbeat has come, so that its absence means something from now on."""
        await self.ready()
        await eventually(lambda: self.channel._link is not None and self.channel._link._patience > 0)

    async def send(self, text: str = "天冷添衣", *, ref: str = "d1", group: str = GROUP) -> Receipt:
        return await self.channel.send(outgoing(Text(text), ref=ref, group=group))


def outgoing(*parts: Part, ref: str = "d1", group: str = GROUP) -> Outgoing:
    return Outgoing(ref, Chat("group", group), parts)


async def eventually(condition: Callable[[], bool]) -> None:
    """Wait for a state that nobody announces."""
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110 - what is watched has no event
            await asyncio.sleep(0.005)


async def spawn(*words: str) -> tuple[asyncio.subprocess.Process, int]:
    """The peer as a process of its own, and the port of its websocket and of its control door."""
    command = [sys.executable, "-m", "tests.servers.onebot_peer", *words]
    process = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None
    return process, json.loads(await process.stdout.readline())["port"]


def settings(**changes: Any) -> OneBot:
    return OneBot.model_validate({"type": "onebot", "token": TOKEN, "timeout_seconds": 5, **changes})


@asynccontextmanager
async def forward(
    *, timing: Timing = FAST, config: dict[str, Any] | None = None, media: Path = Path("messages"), **peer: Any
) -> AsyncIterator[Rig]:
    """We dial the peer. Not yet online when it is handed out: `await rig.ready()`."""
    other = OneBotPeer(**{"token": TOKEN, **peer})
    await other.start()
    channel = OneBotChannel(
        "qq", settings(mode="forward", url=other.url, **config or {}), timing=timing, media_root=media
    )
    rig = Rig(channel, other, Recorder())
    await channel.start(rig.inbox)
    try:
        yield rig
    finally:
        await channel.stop()
        await other.close()


@asynccontextmanager
async def reverse(
    *, timing: Timing = FAST, config: dict[str, Any] | None = None, start_peer: bool = True, **peer: Any
) -> AsyncIterator[Rig]:
    """The peer dials us."""
    channel = OneBotChannel("qq", settings(mode="reverse", **config or {}), timing=timing)
    app = web.Application()
    app.add_routes(channel.routes())
    runner = web.AppRunner(app, shutdown_timeout=0.2, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    port = runner.addresses[0][1]
    dial = f"ws://127.0.0.1:{port}/onebot/qq"
    other = OneBotPeer(**{"token": TOKEN, "mode": "reverse", "dial": dial, "redial": 0.05, **peer})
    rig = Rig(channel, other, Recorder(), port)
    await channel.start(rig.inbox)
    if start_peer:
        await other.start()
    try:
        yield rig
    finally:
        await channel.stop()
        await other.close()
        await runner.cleanup()
