"""`songnuan retention`: how long each kind of thing is kept, what is due, and when the bot last saw to it."""

import asyncio
from argparse import Namespace

from bot.actions.privacy import retention
from bot.actions.staff import conversation
from bot.actions.upkeep import backup
from bot.cli.loading import in_database
from bot.cli.printing import as_json, moment, say, stamp, table
from bot.config import Config
from bot.models import db


def show(args: Namespace) -> int:
    return in_database(args, _now if args.now else _show)


async def _show(config: Config, args: Namespace) -> int:
    keep = config.retention.model_dump()
    found = await retention.look(keep)
    last = await retention.last()
    if args.json:
        rows = [{"keep": one.kind.keep, "name": one.kind.name, "due": one.due} for one in found]
        as_json({"last": stamp(last), "kinds": rows})
        return 0
    shown: list[tuple[str, str, object]] = [
        (one.kind.name, _span(one.kind.keep, keep[one.kind.keep]), one.due) for one in found
    ]
    shown.append(("处理过的消息的编号", f"{conversation.REMEMBER.days} 天", "每小时"))
    shown.append(("备份", _span("backups_days", keep["backups_days"]), _old_backups(config)))
    table(shown, ("资料", "留多久", "到期的"))
    say(f"上次清理：{moment(last) if last is not None else '还没有'}。运行中的机器人每天清理一次。")
    return 0


def _old_backups(config: Config) -> int:
    return len(backup.too_old(config.resolve(config.database.backups), config.retention.backups_days))


def _span(key: str, amount: int) -> str:
    return f"{amount} {'天' if key.endswith('_days') else '个月'}" if amount else "一直留"


async def _now(config: Config, args: Namespace) -> int:
    gone = await retention.sweep(config.retention.model_dump())
    folder = config.resolve(config.database.backups)
    files = await asyncio.to_thread(backup.prune, folder, config.retention.backups_days)
    clean = await db.overwrite()
    for name, number in gone.items():
        say(f"{name}：{number}")
    say(f"清理好了，删掉备份 {len(files)} 份。")
    if not clean:
        say("数据库正忙，文件里的旧字节还没有抹掉，请过一会儿再来。")
    return 0
