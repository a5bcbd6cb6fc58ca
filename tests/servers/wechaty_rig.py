"""A WeChat channel and its gateway, joined over real gRPC on loopback, and an inbox that remembers."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bot.channels.wechaty.channel import WechatyChannel
from bot.channels.wechaty.gateway import trust
from bot.channels.wechaty.timing import Timing
from bot.config import Wechaty
from bot.events import Chat, Line, Outgoing, Part, Receipt, Text
from tests.servers.onebot_rig import Recorder, eventually
from tests.servers.wechaty_process import TOKEN, WechatyGateway, room_id

GROUP = room_id(1)
FAST = Timing(
    backoff_first=0.02,
    backoff_max=0.1,
    refused=0.3,
    start=5,
    ding=0.2,
    dong=0.4,
    login=0.05,
    names=2,
    refresh_gap=0.01,
    fetch_gap=0.02,
    drain=2,
)


@dataclass
class Rig:
    channel: WechatyChannel
    gateway: WechatyGateway
    inbox: Recorder
    shown: list[str] = field(default_factory=list)

    async def until(self, state: Line) -> None:
        await eventually(lambda: self.channel.health().state is state)

    async def ready(self) -> "Rig":
        """Online, and the groups are known."""
        await self.until(Line.ONLINE)
        await eventually(lambda: bool(self.inbox.groups))
        return self

    async def send(self, text: str = "天冷添衣", *, ref: str = "d1", group: str = GROUP) -> Receipt:
        return await self.channel.send(outgoing(Text(text), ref=ref, group=group))

    async def hears(self, text: str) -> None:
        await eventually(lambda: any(message.text == text for message in self.inbox.messages))


def outgoing(*parts: Part, ref: str = "d1", group: str = GROUP) -> Outgoing:
    return Outgoing(ref, Chat("group", group), parts)


def settings(gateway: WechatyGateway, **changes: Any) -> Wechaty:
    facts = {"type": "wechaty", "endpoint": gateway.endpoint, "token": TOKEN, "tls": False, "timeout_seconds": 5}
    return Wechaty.model_validate({**facts, **changes})


@asynccontextmanager
async def wechat(
    gateway: WechatyGateway, *, timing: Timing = FAST, media: Path = Path("messages"), **changes: Any
) -> AsyncIterator[Rig]:
    """The channel dials a gateway that is there already. Not yet online when it is handed out: `await rig.ready()`."""
    config = settings(gateway, **changes)
    shown: list[str] = []
    channel = WechatyChannel(
        "wechat", config, trust(config, Path()), media_root=media, timing=timing, show=shown.append
    )
    rig = Rig(channel, gateway, Recorder(), shown)
    await channel.start(rig.inbox)
    try:
        yield rig
    finally:
        await channel.stop()


@asynccontextmanager
async def gateway(**facts: Any) -> AsyncIterator[WechatyGateway]:
    """A gateway process; it is gone afterwards, whatever happened to it."""
    process = WechatyGateway(**facts)
    await process.start()
    try:
        yield process
    finally:
        await process.kill()
