"""What the law gives a person: a copy of all that is kept about them, and to be forgotten."""

from argparse import Namespace
from datetime import timedelta
from pathlib import Path

from bot import clock
from bot.actions.privacy import erasing, personal_export, tracing
from bot.actions.upkeep import backup
from bot.app import keeping
from bot.cli.loading import in_database
from bot.cli.printing import complain, moment, say
from bot.config import Config
from bot.errors import Problem, ProblemsFound
from bot.models import db

CONFIRM = "删除"


def export(args: Namespace) -> int:
    return in_database(args, _export)


def erase(args: Namespace) -> int:
    return in_database(args, _erase)


async def _export(config: Config, args: Namespace) -> int:
    path = Path(args.file)
    try:
        found = await personal_export.export_person(path, args.household, args.reason, member=args.member)
    except OSError as error:
        problem = Problem(str(path), 0, f"写不了文件（{error.strerror}）", "看看磁盘满没满、有没有写的权限")
        raise ProblemsFound([problem]) from error
    say(f"已写到 {path}：{len(found.members)} 人，求助单 {len(found.requests)} 张，回访 {len(found.calls)} 次。")
    say("里面的电话、住址和原话都是完整的：请当面交给本人，交完就删掉。")
    return 0


async def _erase(config: Config, args: Namespace) -> int:
    found = await tracing.trace(args.household, args.member)
    if not args.yes and not _confirmed(found):
        complain("没有删除，什么都没有改动。")
        return 1
    done = await erasing.erase(args.household, args.reason, member=args.member)
    keeping.forget(config, done.accounts, done.words)
    clean = await db.overwrite()
    _tell(done)
    if not clean:
        complain("数据库正忙，文件里的旧字节还没有抹掉：请重启送暖，再运行一次 songnuan retention --now。")
    _tell_backups(config)
    return 0


def _confirmed(found: tracing.Traces) -> bool:
    whom = found.household.code if found.member is None else f"{found.household.code} 的 {found.member.name}"
    say(f"将删除 {whom} 的全部资料：{len(found.members)} 人，求助单 {len(found.requests)} 张。删了找不回来。")
    say("求助、回访和救助的合计不变，只是再也看不出是谁。")
    try:
        return input(f"确定的话，请输入“{CONFIRM}”：").strip() == CONFIRM
    except EOFError:
        print()
        return False


def _tell(done: erasing.Erased) -> None:
    what = f"整户，以后只叫 {done.code}" if done.whole else f"{done.people} 人，{done.code} 的其他人还在"
    say(
        f"已删除：{what}。求助单 {done.requests} 张、回访 {done.calls} 次只留下合计，{done.messages} 条消息去掉了原文。"
    )
    say("以后再导入旧表格，他们那几行不会收下。")


def _tell_backups(config: Config) -> None:
    """What this command cannot reach, and until when it is there."""
    kept = backup.made(config.resolve(config.database.backups))
    days = config.retention.backups_days
    if kept and days:
        until = moment(max(kept[-1], clock.now()) + timedelta(days=days))
        say(f"已有的 {len(kept)} 份备份里还有，到期自动删除，最晚 {until}。恢复了备份就要再删一次。")
    elif kept:
        say(f"已有的 {len(kept)} 份备份里还有，[retention] backups_days 是 0，要自己删。")
    say("另外存放的备份、导出过的表格和手机上的聊天记录，送暖管不到，请自己处理。")
