"""The sandbox channel: a chat network inside the bot, so that everything can be tried with no account at all.

To the rest it is a channel like any other. It also plays the network's part: it keeps the chats, remembers
them over a restart, and lets the pages at /sandbox speak as any of the world's people.
"""

import secrets
from collections import deque
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

from aiohttp import WSMsgType
from aiohttp.web import AbstractRouteDef, HTTPForbidden, HTTPServiceUnavailable, Request, WebSocketResponse, get

from bot import clock
from bot.channels.sandbox.frames import TEXT_MAX, Accepted, Hello, Refused, Said, Say, encode, parse
from bot.channels.sandbox.guard import may_enter
from bot.channels.sandbox.journal import Journal
from bot.channels.sandbox.media import Media
from bot.channels.sandbox.pages import Pages
from bot.config import Sandbox
from bot.errors import Permanent, Retryable
from bot.events import (
    Chat,
    GroupInfo,
    Health,
    Inbox,
    Incoming,
    Limits,
    Line,
    Outgoing,
    Part,
    PartName,
    Receipt,
    Sender,
    Text,
)
from bot.sample import World

BOT = "送暖"
HISTORY_MAX = 300  # messages of a chat kept in memory
SHOWN_MAX = 60  # of these, what a page gets when it opens
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
PARTS: frozenset[PartName] = frozenset({"text", "image", "file", "link", "mention"})


class SandboxChannel:
    """Implements `bot.events.Channel`. `media` is the folder that Image and File paths are relative to."""

    limits = Limits(TEXT_MAX, "chars", PARTS)

    def __init__(
        self, name: str, config: Sandbox, world: World, journal: Path | None = None, *, media: Path | None = None
    ) -> None:
        self.name = name
        self.config = config
        self._world = world
        self._members = {group.id: frozenset(group.members) for group in world.groups}
        self._chats: dict[Chat, deque[Said]] = {}
        self._journal = Journal(journal)
        self._media = Media(media)
        self._pages = Pages(self._hello)
        self._inbox: Inbox | None = None
        self._since = clock.now()
        self._seq = 0
        # Ids must never repeat, not even if the journal is deleted: a repeated id is taken for a replay.
        self._ids = (f"sb-{token}-{number}" for token in [secrets.token_hex(6)] for number in count(1))

    def routes(self) -> Sequence[AbstractRouteDef]:
        return [get("/sandbox/ws", self._connect), get("/sandbox/media/{path:.+}", self._media.serve)]

    async def start(self, inbox: Inbox) -> None:
        kept = self._journal.open()
        if kept:
            self._chats.clear()  # started a second time: what is in memory is on file as well
        for said in kept:
            self._remember(said)
        self._inbox, self._since = inbox, clock.now()
        groups = [GroupInfo(group.id, group.name, len(group.members)) for group in self._world.groups]
        await inbox.learnt(self.name, groups)

    async def stop(self) -> None:
        self._inbox, self._since = None, clock.now()
        await self._pages.close()
        self._journal.close()

    async def send(self, out: Outgoing) -> Receipt:
        if self._inbox is None:
            raise Retryable("not_started")
        self._check(out)
        said = self._keep(out.chat, "", out.parts, out.ref)
        return Receipt(said.id, _time(said))

    def health(self) -> Health:
        if self._inbox is None:
            return Health(Line.OFFLINE, self._since, "演练场没有启动")
        return Health(Line.ONLINE, self._since, "演练场，消息不会发到外面")

    def history(self, chat: Chat) -> tuple[Said, ...]:
        """What stands in a chat, oldest first, as far as it is still in memory."""
        return tuple(self._chats.get(chat, ()))

    def forget_before(self, moment: datetime) -> None:
        """Nothing that was said earlier is kept, neither on file nor in memory."""
        oldest = (moment - EPOCH) // timedelta(microseconds=1)
        self._journal.trim(oldest)
        for chat, said in self._chats.items():
            self._chats[chat] = deque((one for one in said if one.seq >= oldest), maxlen=HISTORY_MAX)

    def _check(self, out: Outgoing) -> None:
        known = self._members if out.chat.kind == "group" else self._world.people
        if out.chat.id not in known:
            raise Permanent("no_such_chat")
        if not out.parts:
            raise Permanent("empty")
        if any(isinstance(part, Text) and len(part.text) > TEXT_MAX for part in out.parts):
            raise Permanent("too_long")

    def _keep(self, chat: Chat, by: str, parts: tuple[Part, ...], ref: str = "") -> Said:
        """Write a message down, then show it to every open page."""
        micros = (clock.now() - EPOCH) // timedelta(microseconds=1)
        said = Said(max(self._seq + 1, micros), next(self._ids), chat, by, parts, ref)
        try:
            self._journal.append(said)
        except OSError as error:
            raise Retryable("journal", "演练场的记录写不下去，请看磁盘是否已满") from error
        self._remember(said)
        if len(self._pages):
            self._pages.push(encode(said))
        return said

    def _remember(self, said: Said) -> None:
        self._seq = max(self._seq, said.seq)
        chat = self._chats.get(said.chat)
        if chat is None:
            chat = self._chats[said.chat] = deque(maxlen=HISTORY_MAX)
        chat.append(said)

    def _hello(self) -> bytes:
        latest = [said for chat in self._chats.values() for said in list(chat)[-SHOWN_MAX:]]
        latest.sort(key=lambda said: said.seq)
        return encode(Hello(BOT, tuple(self._world.people.values()), self._world.groups, tuple(latest)))

    async def _connect(self, request: Request) -> WebSocketResponse:
        if not may_enter(request):
            raise HTTPForbidden(text="演练场只能在本机打开")
        if self._inbox is None or self._pages.full:
            raise HTTPServiceUnavailable(text="演练场还没有准备好，或者打开的页面太多")
        async with self._pages.opened(request) as page:
            async for frame in page.socket:
                await page.answer(encode(await self._heard(frame.data, frame.type)))
        return page.socket

    async def _heard(self, data: str, kind: WSMsgType) -> Accepted | Refused:
        said = parse(data) if kind is WSMsgType.TEXT else Refused("bad_frame", "看不懂这条消息")
        if isinstance(said, Refused):
            return said
        inbox = self._inbox
        if inbox is None:
            return Refused("not_ready", "演练场正在关闭", said.nonce)
        if refused := self._forbidden(said):
            return refused
        try:
            kept = self._keep(said.chat, said.persona, (Text(said.text),))
        except Retryable as error:
            return Refused("journal", str(error), said.nonce)
        message = self._incoming(kept, said)
        if inbox.concerns(message):
            await inbox.received(message)
        return Accepted(said.nonce, kept.id)

    def _forbidden(self, say: Say) -> Refused | None:
        if say.persona not in self._world.people:
            return Refused("no_such_person", "演练场里没有这个人", say.nonce)
        if say.chat.kind == "group" and say.persona not in self._members.get(say.chat.id, ()):
            return Refused("not_member", "不在这个群里", say.nonce)
        if say.chat.kind == "direct" and say.chat.id != say.persona:
            return Refused("not_yours", "这是别人的私聊", say.nonce)
        return None

    def _incoming(self, kept: Said, say: Say) -> Incoming:
        sender = Sender(say.persona, self._world.people[say.persona].name)
        called = f"@{BOT}" in say.text
        return Incoming(self.name, kept.id, _time(kept), say.chat, sender, say.text, say.quoted, called)


def _time(said: Said) -> datetime:
    return EPOCH + timedelta(microseconds=said.seq)
