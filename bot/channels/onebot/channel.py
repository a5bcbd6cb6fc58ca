"""One QQ account as a channel: sends, reads, and says how it is."""

import asyncio
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from aiohttp import web

from bot.channels.common import media
from bot.channels.common.condition import Condition
from bot.channels.common.lanes import Lanes
from bot.channels.onebot.account import Account
from bot.channels.onebot.calls import Echoes
from bot.channels.onebot.forward import WRONG_TOKEN, Forward
from bot.channels.onebot.intake import Intake, Late, News
from bot.channels.onebot.keeper import Keeper
from bot.channels.onebot.link import Link, Socket
from bot.channels.onebot.outcomes import judge
from bot.channels.onebot.reverse import Reverse
from bot.channels.onebot.segments import write
from bot.channels.onebot.timing import NORMAL, Timing
from bot.config import OneBot
from bot.errors import Permanent, Retryable, SendError
from bot.events import GroupInfo, Health, Image, Inbox, Incoming, Limits, Line, Outgoing, OwnMessage, Receipt

# QQ publishes no number. Its clients refuse typed texts somewhere above 4,500 characters and fold long
# ones into a card well before; a tip of 3,000 is far longer than anybody reads in a group.
TEXT_MAX = 3000
MAX_IMAGE = 10 << 20  # bytes
_NUMBER = re.compile(r"[1-9][0-9]{4,17}")
WRONG_ACCOUNT = "连上的 QQ 号不是这个渠道的：请核对 self_id 和登录的账号"


class OneBotChannel:
    """Implements `bot.events.Channel`; `dropped` counts frames that could not be used, by reason."""

    limits = Limits(TEXT_MAX, "chars", frozenset({"text", "image", "mention"}))

    def __init__(
        self, name: str, config: OneBot, *, media_root: Path = Path("messages"), timing: Timing = NORMAL
    ) -> None:
        self.name = name
        self._config = config
        self._media_root = media_root
        self._timing = timing
        self._condition = Condition(name)
        self._account = Account(config.self_id)
        self._echoes = Echoes()
        self._lanes: Lanes[News] = Lanes(self._deliver)
        self._intake = Intake(name, self, self._echoes, self._lanes)
        self._reverse = Reverse(config, timing, self._condition, self._admit, self._serve)
        self._inbox: Inbox | None = None
        self._link: Link | None = None
        self._keeper: Keeper | None = None
        self._dialler: asyncio.Task[None] | None = None
        self._links: set[Link] = set()
        self._open = False

    @property
    def dropped(self) -> Counter[str]:
        return self._intake.dropped

    def routes(self) -> Sequence[web.AbstractRouteDef]:
        if self._config.mode == "forward":
            return []
        return [web.get(f"/onebot/{self.name}", self._reverse.handle)]

    async def start(self, inbox: Inbox) -> None:
        self._inbox = inbox
        self._open = True
        self._lanes.start()
        if self._config.mode == "forward":
            self._condition.report(Line.CONNECTING, "正在连接 NapCat")
            forward = Forward(self._config, self._timing, self._condition, self._serve)
            self._dialler = asyncio.create_task(forward.run())
        else:
            self._condition.report(Line.CONNECTING, "等待 NapCat 连过来")

    async def stop(self) -> None:
        """Close the line, hand on what was read from it, and end every task."""
        self._open = False
        dialler, self._dialler = self._dialler, None
        if dialler is not None:
            dialler.cancel()
            await asyncio.gather(dialler, return_exceptions=True)
        for link in list(self._links):
            link.drop()
            await link.gone()
        await self._lanes.stop(self._timing.drain)
        self._inbox = None
        self._condition.report(Line.OFFLINE, "已停止")

    def health(self) -> Health:
        return self._condition.health

    async def send(self, out: Outgoing) -> Receipt:
        self._live_link()  # before a picture is read for nothing
        action, params = await self._compose(out)
        link = self._live_link()
        answer = await link.call(action, params, self._echoes.make(out.ref))
        outcome = judge(answer)
        if isinstance(outcome, SendError):
            if outcome.code == "refused":
                self._refuse(link, WRONG_TOKEN)
            raise outcome
        return outcome

    # Account (see intake): what events say about the account behind the line

    def is_me(self, self_id: int | str | None) -> bool:
        return self._account.is_me(self_id)

    def concerns(self, message: Incoming) -> bool:
        return self._inbox is not None and self._inbox.concerns(message)

    def logged_in(self, link: Link, yes: bool) -> None:
        if link.logged_in is not yes:
            link.logged_in = yes
            self._show(link)
            if yes:
                self.groups_changed(link)

    def groups_changed(self, link: Link) -> None:
        if link is self._link and self._keeper is not None:
            self._keeper.refresh()

    # the line

    def _admit(self, self_id: str) -> bool:
        return self._open and bool(self_id) and self._account.confirm(self_id)

    async def _serve(self, socket: Socket) -> Link:
        """Live one line from its first frame to its last; a newer one takes the place of an older."""
        link = Link(socket, self._timing, self._config.timeout_seconds, self._intake.take, self._intake.drop)
        older, self._link = self._link, link
        if older is not None:
            older.drop()
        keeper = asyncio.create_task(self._keep(link))
        self._links.add(link)
        try:
            await link.run()
        finally:
            keeper.cancel()
            self._links.discard(link)
            self._lost(link)
        return link

    async def _keep(self, link: Link) -> None:
        keeper = Keeper(link, self._timing, self._learnt)
        who = await keeper.identify()
        if who is None:
            link.drop()
        elif not self._account.confirm(who):
            self._refuse(link, WRONG_ACCOUNT)
        else:
            link.ready = True
            self._keeper = keeper
            self._show(link)
            await keeper.keep_groups()

    def _refuse(self, link: Link, detail: str) -> None:
        link.refused = True
        link.drop()
        self._condition.report(Line.REFUSED, detail)

    def _lost(self, link: Link) -> None:
        if link is not self._link:
            return  # replaced: the newer line reports for itself
        self._link = self._keeper = None
        if not link.refused:
            self._condition.report(Line.OFFLINE, "连接断了，正在等待重连")
        elif self._condition.state is not Line.REFUSED:
            self._condition.report(Line.REFUSED, WRONG_TOKEN)

    def _show(self, link: Link) -> None:
        if link is self._link and link.ready:
            state = Line.ONLINE if link.logged_in else Line.LOGGED_OUT
            self._condition.report(state, "" if link.logged_in else "QQ 账号掉线了，请到 NapCat 里重新登录")

    def _live_link(self) -> Link:
        link = self._link
        if link is not None and link.ready and link.logged_in and not link.refused:
            return link
        if self._condition.state is Line.REFUSED:
            raise Retryable("refused", "访问口令或账号不对", retry_after=self._timing.refused)
        raise Retryable("logged_out" if link is not None and not link.logged_in else "offline")

    # both directions

    async def _compose(self, out: Outgoing) -> tuple[str, dict[str, Any]]:
        if not _NUMBER.fullmatch(out.chat.id):
            raise Permanent("bad_target", "不是 QQ 号或群号")
        pictures = [part.path for part in out.parts if isinstance(part, Image)]
        images = await media.load(pictures, self._media_root, MAX_IMAGE) if pictures else {}
        direct = out.chat.kind == "direct"
        message = write(out.parts, direct=direct, images=images)
        if not message:
            raise Permanent("empty", "没有可发的内容")
        target = {"user_id" if direct else "group_id": int(out.chat.id)}
        return "send_private_msg" if direct else "send_group_msg", {**target, "message": message}

    async def _deliver(self, news: News) -> None:
        inbox = self._inbox
        assert inbox is not None
        if type(news) is Incoming:
            await inbox.received(news)
        elif type(news) is Late:
            await inbox.settled(news.ref, news.outcome)
        elif type(news) is OwnMessage:
            await inbox.echoed(self.name, news)

    async def _learnt(self, groups: Sequence[GroupInfo]) -> None:
        if self._inbox is not None:
            await self._inbox.learnt(self.name, groups)
