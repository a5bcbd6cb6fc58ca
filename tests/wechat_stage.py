"""The whole bot with two networks: QQ as in tests/stage.py, and beside it WeChat behind a real gateway.

Of the people of tests/people.py the families, and whoever is named, have their account on WeChat; so has the family
group. Account numbers stay the same.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

from bot import config
from bot.actions.staff import directory
from bot.app import App
from bot.channels.wechaty.channel import WechatyChannel
from bot.events import Line
from bot.models import Group, Identity, db, keys
from tests import people, stage
from tests.people import FAMILY_GROUP, LIU
from tests.servers.onebot_rig import eventually
from tests.servers.wechaty_process import ME, TOKEN, Sent, WechatyGateway, room_id
from tests.servers.wechaty_rig import FAST

ROOM = room_id(1)
WECHAT = """
[channels.wechat]
type = "wechaty"
endpoint = {endpoint}
token = {token}
tls = false
timeout_seconds = 2
quiet_hours = ""
pacing = {{ gap_seconds = [0, 0], per_minute = 0, per_day = 0, per_group_day = 0, window = 16 }}
"""


class WechatStage(stage.Stage):
    """`gateway` is WeChat, `peer` is QQ."""

    def __init__(self, folder: Path, url: str, gateway: WechatyGateway) -> None:
        super().__init__(folder, url, "forward")
        self.gateway = gateway

    async def start(self) -> None:
        self.app = App(config.load(self.folder / "config.toml", {"SONGNUAN_CHANNELS__QQ__URL": self.peer.url}))
        self.wechat._timing = FAST
        await self.app.start()

    @property
    def wechat(self) -> WechatyChannel:
        channel = self.app.channels[1]
        assert isinstance(channel, WechatyChannel)
        return channel

    async def online(self) -> None:
        await eventually(lambda: all(channel.health().state is Line.ONLINE for channel in self.app.channels))

    def read(self, chat: str) -> list[str]:
        """What a chat on WeChat was told."""
        return [sent.text for sent in self.gateway.sent if sent.chat == chat]

    async def reads(self, chat: str, words: str) -> Sent:
        """Wait until a chat on WeChat is told something with these words."""
        await self.gateway.until(lambda: any(words in text for text in self.read(chat)))
        return next(sent for sent in self.gateway.sent if sent.chat == chat and words in sent.text)

    async def close(self) -> None:
        await super().close()
        await self.gateway.kill()


@asynccontextmanager
async def wechat_stage(
    folder: Path, url: str, *, on_wechat: Collection[str] = (), tip_in: timedelta | None = None
) -> AsyncIterator[WechatStage]:
    """Everything is up and both lines are online."""
    names = {worker.user_id: worker.name for worker in people.WORKERS} | {LIU: "刘桂芳"}
    gateway = WechatyGateway(rooms=[(ROOM, "向阳家属群")], people={ME: "送暖", **names})
    await gateway.start()
    await stage.prepare(folder, url, "forward", tip_in)
    words = {"endpoint": json.dumps(gateway.endpoint), "token": json.dumps(TOKEN)}
    with (folder / "config.toml").open("a") as file:
        file.write(WECHAT.format(**words))
    keys.use(keys.load(folder / "secrets/songnuan.key", create=False))
    await db.open_(url, upgrade=False)
    async with db.transaction():
        await Group.filter(chat_id=FAMILY_GROUP).update(channel="wechat", chat_id=ROOM)
        await Identity.filter(user_id__in=[LIU, *on_wechat]).update(channel="wechat")
        await directory.changed()
    await db.close()
    scene = WechatStage(folder, url, gateway)
    try:
        await scene.open()
        yield scene
    finally:
        await asyncio.shield(scene.close())
