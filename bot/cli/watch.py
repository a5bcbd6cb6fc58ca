"""`songnuan watch`: a second computer asks whether the bot is well, for one that is dead cannot say so itself."""

import asyncio
import shlex
from argparse import Namespace
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import aiohttp

from bot import clock, mail
from bot.cli.loading import config_of
from bot.cli.printing import complain, moment, say
from bot.config import Config
from bot.errors import BadInput

PATIENCE = aiohttp.ClientTimeout(total=10)
Voice = Callable[[str], Awaitable[None]]


def watch(args: Namespace) -> int:
    """1 when it is not well (`--once`); else it goes on until Ctrl-C."""
    if not args.url.startswith(("http://", "https://")):
        raise BadInput("网址要写全，例如 http://10.0.0.5:8420/healthz")
    config = config_of(args) if args.mail else Config()
    if args.mail and not config.mail.host:
        raise BadInput("用 --mail 要先在 config.toml 的 [mail] 里写好发信服务器")
    if args.once:
        return asyncio.run(_once(args.url))
    watcher = Watcher(timedelta(minutes=args.minutes), _voice(config if args.mail else None, args.command))
    asyncio.run(_watch(args.url, args.every, watcher))
    return 0


class Watcher:
    """Speaks once when there was no good news for `patience`, and once when there is again."""

    def __init__(self, patience: timedelta, voice: Voice) -> None:
        self._patience = patience
        self._voice = voice
        self._good = clock.now()
        self._silent = False

    async def heard(self, why: str) -> None:
        """`why` it is not well, "" when it is."""
        now = clock.now()
        if not why:
            was, self._good, self._silent = self._silent, now, False
            if was:
                await self._voice("送暖又好了。")
        elif not self._silent and now - self._good >= self._patience:
            self._silent = True
            await self._voice(f"送暖从 {moment(self._good)} 起没有好消息：{why}。请到那台电脑上看看。")


async def ask(url: str) -> str:
    """Why it is not well; "" when it is."""
    try:
        async with aiohttp.ClientSession(timeout=PATIENCE) as session, session.get(url) as answer:
            if answer.status == 200:
                return ""
            known = {503: "它说自己有事", 403: "它不让别的电脑问，那边要写 [watch] public = true"}
            return known.get(answer.status, f"回答是 {answer.status}")
    except TimeoutError:
        return "等不到回答"
    except (aiohttp.ClientError, OSError, ValueError):
        return "连不上"


async def _once(url: str) -> int:
    why = await ask(url)
    say(f"送暖有事：{why}。" if why else "送暖一切正常。")
    return 1 if why else 0


async def _watch(url: str, every: float, watcher: Watcher) -> None:
    while True:
        await watcher.heard(await ask(url))
        await asyncio.sleep(every)


def _voice(config: Config | None, command: str | None) -> Voice:
    async def voice(text: str) -> None:
        say(f"{_clock(clock.now())} {text}")
        if command:
            process = await asyncio.create_subprocess_exec(*shlex.split(command), text)
            if await process.wait():
                complain("命令没有成功。")
        if config is not None:
            try:
                await mail.send(config.mail, "送暖：" + text.partition("：")[0], text)
            except mail.NotMailed as error:
                complain(f"邮件没有发出去（{error}）。")

    return voice


def _clock(instant: datetime) -> str:
    return f"{clock.local(instant):%H:%M}"
