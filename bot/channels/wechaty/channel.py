"""One WeChat account behind a gateway as a channel: sends, reads, and says how it is."""

import asyncio
import logging
import re
import ssl
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path, PurePosixPath

from aiohttp import web
from msgspec import structs

from bot.channels.common import media
from bot.channels.common.backoff import Backoff
from bot.channels.common.condition import Condition
from bot.channels.common.lanes import Lanes
from bot.channels.wechaty import gateway, incoming
from bot.channels.wechaty.gateway import Event, Gateway
from bot.channels.wechaty.intake import Intake
from bot.channels.wechaty.limits import LIMITS
from bot.channels.wechaty.line import Ending, Line
from bot.channels.wechaty.login import Login, on_terminal
from bot.channels.wechaty.people import People
from bot.channels.wechaty.rooms import Rooms
from bot.channels.wechaty.sends import MAX_FILE, Sends, words
from bot.channels.wechaty.timing import NORMAL, Timing
from bot.config import Wechaty
from bot.errors import Permanent, Retryable, SendError
from bot.events import File, GroupInfo, Health, Image, Inbox, Incoming, Outgoing, OwnMessage, Receipt, Sender
from bot.events import Line as State

_log = logging.getLogger(__name__)
_TARGET = re.compile(r"[\x21-\x7e]{1,128}")
SCAN = "微信没有登录：请用机器人的微信扫码"


class WechatyChannel:
    """Implements `bot.events.Channel`; `dropped` counts messages that could not be used, by reason."""

    limits = LIMITS

    def __init__(
        self,
        name: str,
        config: Wechaty,
        context: ssl.SSLContext | None = None,
        *,
        media_root: Path = Path("messages"),
        timing: Timing = NORMAL,
        show: Callable[[str], None] = on_terminal,
    ) -> None:
        self.name = name
        self._config = config
        self._context = context
        self._media_root = media_root
        self._timing = timing
        self._condition = Condition(name)
        self._account = config.self_id
        self._login = Login(name, show)
        self._people = People(timing.names)
        self._sends = Sends(config.timeout_seconds)
        self._lanes: Lanes[Incoming | OwnMessage] = Lanes(self._deliver)
        self._intake = Intake(name, timing, config.timeout_seconds, lambda: self._line, self._read)
        self._inbox: Inbox | None = None
        self._line: Line | None = None
        self._rooms: Rooms | None = None
        self._dialler: asyncio.Task[None] | None = None

    @property
    def dropped(self) -> Counter[str]:
        return self._intake.dropped

    @property
    def login_qr(self) -> str | None:
        """What the QR code says by which a person signs the account in; None while none is waiting. It is a secret."""
        return self._login.code

    def routes(self) -> Sequence[web.AbstractRouteDef]:
        return []

    async def start(self, inbox: Inbox) -> None:
        self._inbox = self._sends.inbox = inbox
        self._lanes.start()
        self._intake.start()
        self._condition.report(State.CONNECTING, "正在连接微信网关")
        self._dialler = asyncio.create_task(self._keep_up())

    async def stop(self) -> None:
        """Fetch and hand on what was announced, then hang up and end every task."""
        dialler, self._dialler = self._dialler, None
        if self._line is not None and self._line.up.is_set():
            await self._intake.drain(self._timing.drain)
        if dialler is not None:
            dialler.cancel()
            await asyncio.gather(dialler, return_exceptions=True)
        await self._intake.stop()
        await self._lanes.stop(self._timing.drain)
        await self._sends.settle()
        self._inbox = self._sends.inbox = None
        self._condition.report(State.OFFLINE, "已停止")

    def health(self) -> Health:
        return self._condition.health

    async def send(self, out: Outgoing) -> Receipt:
        self._live_line()  # before a file is read for nothing
        if not _TARGET.fullmatch(out.chat.id):
            raise Permanent("bad_target", "不是微信的群号或账号")
        parts = [part for part in out.parts if isinstance(part, Image | File)]
        content = await media.load([part.path for part in parts], self._media_root, MAX_FILE)
        files = [(_file_name(part), content[part.path]) for part in parts]
        said = words(out.parts, direct=out.chat.kind == "direct")
        line = self._live_line()
        try:
            return await self._sends.run(line, out, files, said)
        except SendError as error:
            if error.code == "refused":
                line.drop(Ending.WRONG_TOKEN)
            raise

    # the line

    async def _keep_up(self) -> None:
        backoff = Backoff(self._timing.backoff_first, self._timing.backoff_max)
        clock = asyncio.get_running_loop().time
        while True:
            began = clock()
            ending = await self._live()
            if clock() - began >= self._timing.stable:
                backoff.reset()
            self._condition.report(State.REFUSED if ending.refused else State.OFFLINE, ending.value)
            await asyncio.sleep(self._timing.refused if ending.refused else backoff.next())

    async def _live(self) -> Ending:
        """One line from dialling to its end."""
        line = self._line = Line(Gateway(self._config, self._context), self._timing, self._hear)
        rooms = self._rooms = Rooms(line, self._timing, self._config.timeout_seconds, self._learnt)
        self._people.forget()
        keeper = asyncio.create_task(self._keep(line, rooms))
        try:
            return await line.run()
        finally:
            keeper.cancel()
            await asyncio.gather(keeper, return_exceptions=True)
            self._line = self._rooms = None
            self._login.forget()

    async def _keep(self, line: Line, rooms: Rooms) -> None:
        """Once it is up: is somebody logged in, and which groups are they in?"""
        await line.up.wait()
        if not line.account:
            await asyncio.sleep(self._timing.login)
        self._show(line)
        await rooms.keep()

    def _show(self, line: Line) -> None:
        if line is not self._line or not line.up.is_set() or not line.open:
            return
        if line.account:
            self._condition.report(State.ONLINE)
            return
        if self._condition.state is not State.LOGGED_OUT:
            _log.error("%s: the WeChat account is logged out, somebody has to scan the QR code", self.name)
        self._condition.report(State.LOGGED_OUT, SCAN)

    def _live_line(self) -> Line:
        line = self._line
        if line is not None and line.open and line.up.is_set():
            if line.account:
                return line
            raise Retryable("logged_out", "微信没有登录")
        if self._condition.state is State.REFUSED:
            raise Retryable("refused", "访问口令、证书或账号不对", retry_after=self._timing.refused)
        raise Retryable("logged_out" if self._condition.state is State.LOGGED_OUT else "offline")

    # what the gateway says

    def _hear(self, line: Line, event: Event) -> Awaitable[None] | None:
        match event.type:
            case gateway.MESSAGE:
                return self._intake.take(event.data.get("messageId"))
            case gateway.LOGIN:
                self._logged_in(line, event.data.get("contactId"))
            case gateway.LOGOUT:
                line.account = ""
                self._show(line)
            case gateway.SCAN:
                self._login.scanned(event)
                self._show(line)
            case gateway.ROOM_JOIN | gateway.ROOM_LEAVE | gateway.ROOM_TOPIC | gateway.ROOM_INVITE:
                if self._rooms is not None:
                    self._rooms.changed(str(event.data.get("roomId")))
        return None

    def _logged_in(self, line: Line, account: object) -> None:
        """Groups and friends belong to one account: once known it never changes while we run."""
        if not isinstance(account, str) or not _TARGET.fullmatch(account):
            return
        self._login.forget()
        self._account = self._account or account
        if account != self._account:
            line.drop(Ending.WRONG_ACCOUNT)
            return
        line.account = account
        self._show(line)
        if self._rooms is not None:
            self._rooms.ask_soon()

    def _read(self, payload: incoming.Payload) -> Awaitable[None] | None:
        """Most chat is wanted by nobody and ends here. Raises BadMessage."""
        if not self._account or self._inbox is None:
            raise incoming.BadMessage("no_account")
        news = incoming.message(self.name, self._account, payload)
        if isinstance(news, OwnMessage):
            self._sends.shown(news)
        elif not self._inbox.concerns(news):
            return None
        if isinstance(news, Incoming):
            return self._lanes.put(news.chat.id, news, news.sender.id, news.message_id)
        return self._lanes.put(news.chat.id, news)

    async def _deliver(self, news: Incoming | OwnMessage) -> None:
        assert self._inbox is not None
        if isinstance(news, OwnMessage):
            await self._inbox.echoed(self.name, news)
            return
        room = news.chat.id if news.chat.kind == "group" else ""
        name = await self._people.name(self._line, news.sender.id, room)
        await self._inbox.received(structs.replace(news, sender=Sender(news.sender.id, name)))

    async def _learnt(self, groups: Sequence[GroupInfo]) -> None:
        if self._inbox is not None:
            await self._inbox.learnt(self.name, groups)


def _file_name(part: Image | File) -> str:
    """With its ending, by which the other side tells what it is."""
    path = PurePosixPath(part.path)
    if isinstance(part, Image) or not part.name:
        return path.name
    return part.name if PurePosixPath(part.name).suffix == path.suffix else part.name + path.suffix
