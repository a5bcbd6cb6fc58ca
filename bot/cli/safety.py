"""Backup, restore and the end of the hold that follows a restore."""

import asyncio
from argparse import Namespace
from pathlib import Path

from bot.actions.upkeep import backup as backups
from bot.actions.upkeep import restore as restoring
from bot.actions.upkeep.restore import Restored
from bot.cli.loading import config_of, explained, in_database, load_key
from bot.cli.printing import complain, say
from bot.config import Config
from bot.errors import Problem, ProblemsFound
from bot.models import db, keyfile, keys

CONFIRM = "恢复"


def backup(args: Namespace) -> int:
    return in_database(args, _backup)


def release(args: Namespace) -> int:
    return in_database(args, _release)


def restore(args: Namespace) -> int:
    config = config_of(args)
    load_key(config, create=False)  # a new key could not read the backup
    if not args.yes and not _confirmed(config):
        complain("没有恢复，什么都没有改动。")
        return 1
    if args.key:
        keyfile.add_older(config.resolve(config.database.key_file), Path(args.key))
        keys.refresh()
    done = asyncio.run(_restore(config, Path(args.file)))
    say(f"已恢复 {done.rows} 行。")
    say(f"备份时在等的 {done.held} 条已暂停，正在发的 {done.unknown} 条标为不确定：用 songnuan doubtful 查看。")
    if keys.current().changing:
        say("有内容还在旧密钥下：恢复后运行 songnuan key rotate 换掉。")
    say("备份以后应本人要求删除过的人又回来了，请再删一次：songnuan person erase。")
    say("现在什么都不会发。看过没有问题后，运行 songnuan release 重新开始。")
    return 0


def _confirmed(config: Config) -> bool:
    say(f"将把备份恢复到 {db.redacted(config.database_url)}。")
    try:
        return input(f"确定的话，请输入“{CONFIRM}”：").strip() == CONFIRM
    except EOFError:
        print()
        return False


async def _restore(config: Config, file: Path) -> Restored:
    with explained(config):
        return await restoring.restore(file, config.database_url)


async def _backup(config: Config, args: Namespace) -> int:
    folder = Path(args.to) if args.to else config.resolve(config.database.backups)
    try:
        path = await backups.backup(folder.absolute())
    except OSError as error:
        problem = Problem(str(folder), 0, f"写不了备份（{error.strerror}）", "看看磁盘满没满、有没有写的权限")
        raise ProblemsFound([problem]) from error
    say(f"已备份到 {path}")
    say(f"密钥文件不在备份里，请另外存好：{config.resolve(config.database.key_file)}")
    return 0


async def _release(config: Config, args: Namespace) -> int:
    if await restoring.release():
        say("已重新开始。暂停的投递不会自己发出，用 songnuan doubtful 查看，用 songnuan resend 逐条决定。")
    else:
        say("没有在暂停，不用重新开始。")
    return 0
