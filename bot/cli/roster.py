"""`songnuan import`: the roster from a spreadsheet, with every row that was refused and why."""

from argparse import Namespace
from pathlib import Path

from bot.actions.roster import import_roster
from bot.cli.loading import in_database
from bot.cli.printing import say
from bot.config import Config


def bring_in(args: Namespace) -> int:
    return in_database(args, _bring_in)


async def _bring_in(config: Config, args: Namespace) -> int:
    """Refused rows make the exit code 1, although all others are in: someone has to mend them."""
    report = await import_roster(Path(args.file), dry_run=args.dry_run)
    say(f"新增 {report.created} 户，更新 {report.updated} 户，没有变化 {report.unchanged} 户。")
    if report.refused:
        say(f"没有收下 {len(report.refused)} 行，改好后再导入一次就行：")
    for row, reason in report.refused:
        say(f"  第 {row} 行：{reason}")
    if args.dry_run:
        say("这是试运行，数据库没有改动。")
    return 1 if report.refused else 0
