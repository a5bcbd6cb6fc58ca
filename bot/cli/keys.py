"""`songnuan key rotate`: another key for everything, while the bot runs; and how far that has come."""

from argparse import Namespace
from pathlib import Path

from bot import clock
from bot.actions.privacy import keyed, rekeying
from bot.cli.loading import in_database
from bot.cli.printing import complain, say
from bot.config import Config
from bot.errors import Problem, ProblemsFound
from bot.models import keyfile, keys

PASSES = 20
SHOWN = 5
LINES = 10  # of progress, at most


def rotate(args: Namespace) -> int:
    return in_database(args, _status if args.status else _rotate)


async def _status(config: Config, args: Namespace) -> int:
    rest = await keyed.rest()
    if not keys.current().changing:
        say(f"没有在换密钥。加密的内容和索引共 {rest.all} 处，都在现在的密钥下。")
    else:
        left = rest.values + rest.indexes
        say(f"密钥还没有换完：共 {rest.all} 处，还剩 {left} 处。运行 songnuan key rotate 接着换。")
    return 0


async def _rotate(config: Config, args: Namespace) -> int:
    file = config.resolve(config.database.key_file)
    try:
        with keyfile.alone(file):
            keys.refresh()  # another command may have been faster
            await _begin(file, args.grace)
            broken = await _renew(args.grace)
            if broken:
                _tell_broken(broken)
                return 1
            rest, kept = await keyed.rest(), await rekeying.end(file)
    except OSError as error:
        remedy = "看看磁盘满没满、有没有写的权限，再运行一次"
        raise ProblemsFound([Problem(str(file), 0, f"写不了密钥文件（{error.strerror}）", remedy)]) from error
    _tell_end(config, rest, kept)
    return 0


async def _begin(file: Path, grace: float) -> None:
    """A walk begins only when every process searches under both keys: it would miss a family otherwise."""
    codes = await rekeying.live_codes()
    if keys.current().changing:
        say("上次的密钥没有换完，接着换。")
        await keyed.check()
    else:
        await rekeying.begin(file)
        say(f"新密钥已经写进 {file}，请现在就另外存一份；换完以前，旧密钥也在里面。")
    if codes:
        say(f"还有 {codes} 个绑定码没有用，换完就作废，请到时重新发。")
    say("送暖可以照常运行，这个命令断了就再运行一次。")
    await rekeying.others_are_done(grace)


async def _renew(grace: float) -> list[str]:
    """Walk until nothing is left and nobody can bring anything back; returns what cannot be read."""
    for _ in range(PASSES):
        rest = await keyed.rest()
        say(f"共 {rest.all} 处，还剩 {rest.values + rest.indexes} 处。")
        if broken := await rekeying.walk(_Steps(rest.values + rest.indexes)):
            return broken
        await rekeying.void()
        await rekeying.others_are_done(grace)
        if (await keyed.rest()).none:
            return []
    raise ProblemsFound([Problem("", 0, "有别的程序一直在用旧密钥写", "停掉用这个数据库的所有送暖，再运行一次")])


class _Steps:
    """A line for each tenth."""

    def __init__(self, total: int) -> None:
        self._total, self._said = total, 0

    def __call__(self, done: int) -> None:
        if (tenth := LINES * done // max(self._total, 1)) > self._said:
            self._said = tenth
            say(f"已换 {done} / {self._total}")


def _tell_broken(broken: list[str]) -> None:
    places = "、".join(broken[:SHOWN])
    complain(f"有 {len(broken)} 处读不出来，被改动过或坏了：{places}。别的都换好了，旧密钥还留着。")
    complain("从备份里找回这些内容，或清空它们，再运行一次 songnuan key rotate。")


def _tell_end(config: Config, rest: keyed.Rest, kept: list[Path]) -> None:
    say(f"换好了：{rest.all} 处都在新密钥下，密钥文件里只有新密钥。")
    days = config.retention.backups_days
    until = f"，按现在的设置是 {days} 天以后" if days else ""
    for path in kept:
        say(f"旧密钥在 {path}：今天（{clock.local(clock.now()):%Y-%m-%d}）以前的备份要用它。")
        say(f"请移到别处保管，等这些备份都删掉（{'最新的 3 份总留着' + until}），就销毁它。")
