"""All robots of a union as one channel: each group is the name of its robot."""

import asyncio
import base64
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath

from aiohttp import web

from bot import clock
from bot.channels.common import media
from bot.channels.common.backoff import Backoff
from bot.channels.common.condition import Condition
from bot.channels.wecom.budget import Budget
from bot.channels.wecom.calls import Calls
from bot.channels.wecom.payloads import LIMITS, Message, Words, file_body, image_body, link_body, messages
from bot.channels.wecom.timing import NORMAL, Timing
from bot.config import WeCom
from bot.errors import Permanent, Retryable, SendError, Unknown
from bot.events import File, GroupInfo, Health, Image, Inbox, Line, Link, Mention, Outgoing, Part, Receipt, Text


class WeComChannel:
    """Implements `bot.events.Channel`. A chat is the name of a robot, a person is `robot/userid`.

    A robot cannot write to one person alone. What is meant for one becomes a call to them in the group, without a
    word of it: whatever an action writes, nothing about a family can get into a group by this road.
    """

    limits = LIMITS

    def __init__(
        self,
        name: str,
        config: WeCom,
        robots: Mapping[str, str],
        *,
        media_root: Path = Path("messages"),
        timing: Timing = NORMAL,
    ) -> None:
        self.name = name
        self._robots = robots
        self._media_root = media_root
        self._timing = timing
        self._condition = Condition(name)
        self._calls = Calls(config.url, config.timeout_seconds)
        self._budgets = {robot: Budget(timing.minute) for robot in robots}
        self._uploaded: dict[tuple[str, str, int], tuple[str, float]] = {}
        self._refused: set[str] = set()  # robots that WeCom does not know
        self._look = asyncio.Event()
        self._keeper: asyncio.Task[None] | None = None

    def routes(self) -> Sequence[web.AbstractRouteDef]:
        return []

    async def start(self, inbox: Inbox) -> None:
        self._calls.open()
        self._condition.report(Line.CONNECTING, "正在连接企业微信")
        self._keeper = asyncio.create_task(self._keep(inbox))

    async def stop(self) -> None:
        keeper, self._keeper = self._keeper, None
        if keeper is not None:
            keeper.cancel()
            await asyncio.gather(keeper, return_exceptions=True)
        await self._calls.close()
        self._condition.report(Line.OFFLINE, "已停止")

    def health(self) -> Health:
        return self._condition.health

    async def send(self, out: Outgoing) -> Receipt:
        robot, parts = _addressed(out)
        if robot not in self._robots:
            raise Permanent("no_such_chat")
        said = messages(parts)
        content = await self._load(said)
        budget = self._budgets[robot]
        if wait := budget.take(len(said), urgent=out.chat.kind == "direct"):
            raise Retryable("too_often", retry_after=wait)
        try:
            await self._say(robot, said, content)
        except SendError as error:
            self._failed(robot, error)
            raise
        finally:
            budget.done(len(said))
        self._answered(robot)
        return Receipt(None, clock.now())

    async def _load(self, said: Sequence[Message]) -> dict[str, str]:
        images = [one.path for one in said if isinstance(one, Image)]
        files = [one.path for one in said if isinstance(one, File)]
        content = await media.load(images, self._media_root, LIMITS.image_max)
        return content | await media.load(files, self._media_root, LIMITS.file_max)

    async def _say(self, robot: str, said: Sequence[Message], content: Mapping[str, str]) -> None:
        for number, one in enumerate(said):
            try:
                await self._one(robot, one, content)
            except SendError as error:
                if number == 0:
                    raise
                raise Unknown("partly", "前面的发出了，后面的没有") from error

    async def _one(self, robot: str, one: Message, content: Mapping[str, str]) -> None:
        key = self._robots[robot]
        match one:
            case Words():
                body = one.body()
            case Image(path=path):
                body = image_body(content[path])
            case File():
                body = file_body(await self._upload(robot, one, content[one.path]))
            case Link():
                body = link_body(one)
        await self._calls.send(key, body)

    async def _upload(self, robot: str, part: File, content: str) -> str:
        """An id is good for this robot only, and for three days."""
        at, mark = clock.monotonic(), (robot, part.path, hash(content))
        known = self._uploaded.get(mark)
        if known is not None and known[1] > at:
            return known[0]
        path = PurePosixPath(part.path)
        name = part.name if PurePosixPath(part.name).suffix == path.suffix else part.name + path.suffix
        raw = base64.b64decode(content)
        media_id = await self._calls.upload(self._robots[robot], name if part.name else path.name, raw)
        self._uploaded = {one: kept for one, kept in self._uploaded.items() if kept[1] > at}
        self._uploaded[mark] = media_id, at + self._timing.media
        return media_id

    # how the line is

    async def _keep(self, inbox: Inbox) -> None:
        """Look whether WeCom answers: often while it does not, now and then while it does."""
        await inbox.learnt(self.name, [GroupInfo(robot, robot) for robot in self._robots])
        backoff = Backoff(self._timing.backoff_first, self._timing.backoff_max)
        while True:
            self._look.clear()
            try:
                await self._calls.probe()
            except SendError:
                self._condition.report(Line.OFFLINE, "连不上企业微信")
                await asyncio.sleep(backoff.next())
                continue
            backoff.reset()
            self._tell()
            try:
                async with asyncio.timeout(self._timing.probe):
                    await self._look.wait()
            except TimeoutError:
                continue

    def _failed(self, robot: str, error: SendError) -> None:
        if error.code in ("offline", "not_started"):
            self._condition.report(Line.OFFLINE, "连不上企业微信")
            self._look.set()
        elif error.code == "bad_robot":
            self._refused.add(robot)
            self._tell()

    def _answered(self, robot: str) -> None:
        self._refused.discard(robot)
        self._tell()

    def _tell(self) -> None:
        """WeCom answers; but does it know our robots?"""
        if self._refused and len(self._refused) == len(self._robots):
            self._condition.report(Line.REFUSED, "企业微信不认这些群机器人，请在群里重新添加，改好地址再启动")
        elif self._refused:
            names = "、".join(sorted(self._refused)[:5])
            self._condition.report(Line.ONLINE, f"{len(self._refused)} 个群机器人已失效，请重新添加：{names}")
        else:
            self._condition.report(Line.ONLINE)


def _addressed(out: Outgoing) -> tuple[str, tuple[Part, ...]]:
    """Which robot speaks, and what it says."""
    if out.chat.kind == "group":
        return out.chat.id, out.parts
    robot, _, person = out.chat.id.partition("/")
    if not person:
        raise Permanent("bad_target", "不是 群/账号")
    about = f"有一条求助在等您（{out.request} 号）" if out.request else "有一条给您的消息"
    return robot, (Mention(person), Text(f"{about}，请到送暖里看。"))
