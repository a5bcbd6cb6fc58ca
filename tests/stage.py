"""The whole bot on a stage: the real app with a QQ line to the peer, the people of tests/people.py, one schedule."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

from bot import clock, config
from bot.actions.broadcasting import broadcasts
from bot.app import App
from bot.channels.onebot import OneBotChannel
from bot.content import load_schedules
from bot.events import Line
from bot.jobs import broadcasts as job
from bot.log import JsonLines, TextFormatter
from bot.models import db, keys
from tests import people
from tests.servers import onebot_wire as wire
from tests.servers.onebot_peer import OneBotPeer
from tests.servers.onebot_rig import TOKEN, eventually

ROOT = Path(__file__).parents[1]
CONFIG = """
[union]
phone = "0450-0000000"
[database]
url = {url}
key_file = "secrets/songnuan.key"
[web]
port = 0
[broadcasts]
quiet_hours = ""
[channels.qq]
type = "onebot"
mode = {mode}
url = {peer}
token = {token}
quiet_hours = ""
[channels.qq.pacing]
gap_seconds = [0, 0]
per_minute = {per_minute}
per_hour = 0
per_day = 0
canary = false
per_group_day = 0
window = 16
"""


class Stage:
    """`app` talks to `peer`; `heard` are the texts that the peer was given for a chat."""

    def __init__(self, folder: Path, url: str, mode: str) -> None:
        self.folder, self.url, self.mode = folder, url, mode
        self.peer = OneBotPeer(mode=mode, token=TOKEN, groups=people.ALL_GROUPS, redial=0.05)
        names = {int(chat_id): name for chat_id, name, *_ in people.GROUPS}
        for row in self.peer.groups:
            row["group_name"] = names[row["group_id"]]
        self.app: App
        self._said = 0
        self._mark = 0

    async def open(self) -> None:
        if self.mode == "forward":
            await self.peer.start()
        await self.start()
        if self.mode == "reverse":
            await self.peer.start()
        await self.online()

    async def start(self) -> None:
        self.app = App(config.load(self.folder / "config.toml", {"SONGNUAN_CHANNELS__QQ__URL": self.peer.url}))
        await self.app.start()
        self.peer.dial = f"ws://127.0.0.1:{self.app.port}/onebot/qq"

    async def online(self) -> None:
        await eventually(lambda: self.app.channels[0].health().state is Line.ONLINE)

    async def restart(self) -> None:
        await self.app.stop()
        await self.start()
        await self.online()

    def frame(self, text: str, who: str, group: str | None = None, nickname: str = "小赵") -> dict[str, Any]:
        """A message as the implementation sends it; push it twice for a replay."""
        self._said += 1
        return wire.message(self.peer.self_id, self._said, who, nickname, wire.text_message(text, False), group)

    async def say(self, text: str, who: str, group: str | None = None, nickname: str = "小赵") -> None:
        await self.peer.push(self.frame(text, who, group, nickname))

    async def ask(self, text: str, who: str) -> str:
        """Write to the bot alone and wait for its next words there."""
        chat = f"direct:{who}"
        before = len(self.heard(chat))
        await self.say(text, who)
        await self.until(lambda: len(self.heard(chat)) > before)
        return self.heard(chat)[before]

    async def until(self, condition: Callable[[], bool]) -> None:
        await self.peer.wait_for(condition)

    async def hears(self, chat: str, words: str) -> str:
        """Wait until a chat is told something with these words."""
        await self.until(lambda: any(words in text for text in self.heard(chat)))
        return next(text for text in self.heard(chat) if words in text)

    async def count(self, chat: str, number: int) -> None:
        """Wait until a chat was told so many things, no more and no less."""
        await self.until(lambda: len(self.heard(chat)) == number)

    def heard(self, chat: str) -> list[str]:
        return [sent.text for sent in self.peer.sent if sent.chat == chat]

    def news(self) -> list[tuple[str, str]]:
        """(chat, text) of what was sent since the last call."""
        fresh, self._mark = self.peer.sent[self._mark :], len(self.peer.sent)
        return [(sent.chat, sent.text) for sent in fresh]

    async def settled(self, group: str | None = None) -> None:
        """Everything written before this is handled: a chat's messages are taken in order, so is the outbox."""
        self._said += 1
        words = f"收到 {900_000 + self._said}"
        await self.say(words, people.CHAIR, group)
        await self.hears(f"direct:{people.CHAIR}", f"没有 {words[3:]} 号求助单")
        channel = self.app.channels[0]
        assert isinstance(channel, OneBotChannel)
        await channel._lanes.idle()  # who wrote very much is handled after who wrote a little

    async def close(self) -> None:
        await self.app.stop()
        await self.peer.close()
        clock.use(None)


async def prepare(folder: Path, url: str, mode: str, tip_in: timedelta | None = None, per_minute: int = 0) -> None:
    """A folder with config, messages and one schedule, and a database with our people in it."""
    words = {"url": url, "mode": mode, "peer": "ws://127.0.0.1:1/", "token": TOKEN, "per_minute": per_minute}
    (folder / "config.toml").write_text(CONFIG.format(**{name: json.dumps(word) for name, word in words.items()}))
    (folder / "messages").symlink_to(ROOT / "messages")
    (folder / "schedules").mkdir()
    daily = (ROOT / "schedules/daily-tip.toml").read_text()
    far = daily.replace('cron = "30 8 * * *"', 'dates = ["2029-01-01 08:30"]')
    assert far != daily
    (folder / "schedules/daily-tip.toml").write_text(far)
    keys.use(keys.load(folder / "secrets/songnuan.key", create=True))
    await db.open_(url, upgrade=False)
    await people.settle()
    if tip_in is not None:
        mark = job.fingerprint(load_schedules(folder / "schedules")["daily-tip"])
        await broadcasts.plan("daily-tip", mark, clock.now() + tip_in)
    await db.close()


@asynccontextmanager
async def stage(
    folder: Path, url: str, mode: str = "forward", *, tip_in: timedelta | None = None, per_minute: int = 0
) -> AsyncIterator[Stage]:
    """Everything is up and the line is online."""
    await prepare(folder, url, mode, tip_in, per_minute)
    scene = Stage(folder, url, mode)
    try:
        await scene.open()
        yield scene
    finally:
        await asyncio.shield(scene.close())


@asynccontextmanager
async def logged(*, as_json: bool = False) -> AsyncIterator[StringIO]:
    """Everything that our loggers would write at the most talkative level, as it would stand in the log."""
    stream = StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLines() if as_json else TextFormatter())
    root, ours = logging.getLogger(), logging.getLogger("bot")
    before = ours.level
    root.addHandler(handler)
    ours.setLevel(logging.DEBUG)
    try:
        yield stream
    finally:
        root.removeHandler(handler)
        ours.setLevel(before)
