"""`songnuan status`: what the database says, and what the running bot says of itself."""

from argparse import Namespace
from collections.abc import Mapping
from typing import Any, NamedTuple

import aiohttp

from bot import clock
from bot.actions.delivery import accounts
from bot.actions.delivery.accounts import Ledger
from bot.actions.delivery.reasons import STATUS_NAMES
from bot.actions.figures import overview
from bot.actions.figures.overview import Overview
from bot.actions.upkeep import settings
from bot.app import accounts as account_days
from bot.cli.loading import in_database
from bot.cli.printing import as_json, moment, say, stamp
from bot.config import Config
from bot.content import load_schedules
from bot.errors import ProblemsFound
from bot.models import Broadcast, Group, ScheduleState, keys
from bot.settings import Web

PATIENCE = aiohttp.ClientTimeout(total=2)
PURPOSES = {"alert": "提醒", "reply": "回话", "tip": "提示"}
ANY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}


def status(args: Namespace) -> int:
    return in_database(args, _status)


async def _status(config: Config, args: Namespace) -> int:
    facts, schedules = await gather(config), await _schedules(config)
    if args.json:
        today = {name: day._asdict() | {"done_at": stamp(day.done_at)} for name, day in facts["today"].items()}
        as_json({**facts, "today": today, "schedules": [schedule.plain() for schedule in schedules]})
        return 0
    _show(facts)
    for schedule in schedules:
        say(schedule.line())
    return 0


async def gather(config: Config) -> dict[str, Any]:
    seen = await overview.look()
    waited = None if seen.oldest_open is None else int((clock.now() - seen.oldest_open).total_seconds() // 60)
    return {
        "bot": await running(config.web),
        "on_hold_since": await settings.get(settings.HOLD) or None,
        "key_change_unfinished": keys.current().changing,
        "queue": _queue(seen),
        "today": {
            name: await accounts.ledger(name, caps, quiet) for name, (caps, quiet) in account_days(config).items()
        },
        "doubtful": seen.total("unknown"),
        "requests": {"open": seen.requests.get("open", 0), "oldest_minutes": waited},
        "groups": {"enabled": await Group.filter(enabled=True).count(), "all": await Group.all().count()},
    }


def _queue(seen: Overview) -> dict[str, dict[str, int]]:
    """Numbers by channel and status."""
    queue: dict[str, dict[str, int]] = {}
    for (channel, state), count in sorted(seen.deliveries.items()):
        queue.setdefault(channel, {})[state] = count
    return queue


class Shown(NamedTuple):
    """A schedule with what was last sent of it."""

    name: str
    state: ScheduleState
    last: Broadcast | None

    def plain(self) -> dict[str, object]:
        return {
            "key": self.state.key,
            "name": self.name,
            "next": stamp(self.state.next_slot),
            "paused": self.state.paused,
            "last": stamp(self.last.slot) if self.last else None,
            "title": self.last.title if self.last else None,
            "outcome": self.last.outcome if self.last else None,
        }

    def line(self) -> str:
        state, last = self.state, self.last
        coming = "已停用" if state.paused else moment(state.next_slot) if state.next_slot else "没有了"
        skipped = "，跳过了" if last and last.outcome != "fired" else ""
        before = f"上次 {moment(last.slot)}“{last.title}”{skipped}" if last else "还没有发过"
        return f"{self.name}：下次 {coming}；{before}"


async def _schedules(config: Config) -> list[Shown]:
    names, states = _names(config), await ScheduleState.all().order_by("key")
    return [
        Shown(
            names.get(state.key, state.key),
            state,
            await Broadcast.filter(schedule_key=state.key).order_by("-slot").first(),
        )
        for state in states
    ]


def _names(config: Config) -> Mapping[str, str]:
    try:
        return {key: schedule.name for key, schedule in load_schedules(config.resolve("schedules")).items()}
    except ProblemsFound:
        return {}  # `songnuan check` is there to say why


async def running(web: Web) -> dict[str, Any] | None:
    """What the bot on this machine answers; None when it is not there."""
    host = ANY_ADDRESS.get(web.host.strip("[]"), web.host.strip("[]"))
    url = f"http://{f'[{host}]' if ':' in host else host}:{web.port}/healthz"
    try:
        async with aiohttp.ClientSession(timeout=PATIENCE) as session, session.get(url) as answer:
            said = await answer.json()
            return said if isinstance(said, dict) and "status" in said else None
    except (TimeoutError, aiohttp.ClientError, OSError, ValueError):
        return None


def _show(facts: dict[str, Any]) -> None:
    _show_bot(facts["bot"])
    if facts["on_hold_since"]:
        say("恢复备份后暂停着，什么都不会发；看过后运行 songnuan release。")
    if facts["key_change_unfinished"]:
        say("密钥还没有换完：运行 songnuan key rotate 接着换。")
    requests, groups = facts["requests"], facts["groups"]
    waited = f"，最久的等了 {requests['oldest_minutes']} 分钟" if requests["open"] else ""
    say(f"求助单：{requests['open']} 个没人应{waited}。")
    say(f"群：{groups['enabled']} 个开着，共 {groups['all']} 个。")
    for channel, counts in facts["queue"].items():
        say(f"投递 {channel}：" + "，".join(f"{STATUS_NAMES.get(name, name)} {n}" for name, n in counts.items()))
    for channel, day in facts["today"].items():
        say(f"今天 {channel}：{_day(day)}。")
    if facts["doubtful"]:
        say(f"有 {facts['doubtful']} 条不确定是否发出，用 songnuan doubtful 查看。")


def _day(day: Ledger) -> str:
    """What an account has said, what it may still say, and when its queue will be empty."""
    sent = "，".join(f"{name} {day.sent.get(purpose, 0)}" for purpose, name in PURPOSES.items())
    left = "" if day.left is None else f"，上限 {day.cap}，还剩 {day.left}"
    warming = f"（新账号第 {day.warming} 天，先少发）" if day.warming else ""
    if not day.waiting:
        return f"{sent}{left}{warming}"
    done = "" if day.done_at is None else f"，大约 {moment(day.done_at)} 发完"
    return f"{sent}{left}{warming}，还有 {day.waiting} 条提示在等{done}"


def _show_bot(bot: dict[str, Any] | None) -> None:
    if bot is None:
        say("送暖没有在运行。")
    elif bot["status"] == "ok":
        say("送暖在运行，一切正常。")
    else:
        say("送暖在运行，但有问题：")
        for reason in bot.get("reasons", []):
            say(f"  {reason}")
