"""`songnuan import` and `export`: the roster from a spreadsheet and back, with every row that was refused and why."""

import sys
from argparse import Namespace
from pathlib import Path

from bot.actions.roster import columns as roster_columns
from bot.actions.roster import report as roster_report
from bot.actions.roster.exporting import export_roster
from bot.actions.roster.importing import Report, import_roster
from bot.cli.loading import in_database
from bot.cli.people import rules_of
from bot.cli.printing import complain, say
from bot.config import Config
from bot.errors import BadInput

MAPPINGS = "mappings"  # beside config.toml
SHOWN = 50  # refused rows on the terminal; the report has all
BAR = 30


def bring_in(args: Namespace) -> int:
    return in_database(args, _bring_in)


async def _bring_in(config: Config, args: Namespace) -> int:
    """Refused rows make the exit code 1, although all others are in: someone has to mend them."""
    path, folder = Path(args.file), config.resolve(MAPPINGS)
    chosen = _chosen(args.mapping, folder)
    mappings = [roster_columns.load(chosen)] if chosen else roster_columns.saved(folder)
    report = await import_roster(path, dry_run=args.dry_run, mappings=mappings, watch=Progress())
    _tell(report)
    if args.report:
        roster_report.write_report(path, report.refused, Path(args.report))
        say(f"原表和每行的原因写在 {args.report}，改好后直接导入它就行。")
    if args.dry_run:
        say("这是试运行，数据库没有改动。")
    elif chosen:
        roster_columns.save(chosen, folder)
    return 1 if report.refused else 0


def _chosen(mapping: str | None, folder: Path) -> Path | None:
    """A file, or the name of a saved mapping."""
    if mapping is None:
        return None
    saved = folder / f"{Path(mapping).name}.toml"
    return saved if saved.exists() and not Path(mapping).exists() else Path(mapping)


def _tell(report: Report) -> None:
    say(f"新增 {report.created} 户，更新 {report.updated} 户，没有变化 {report.unchanged} 户。")
    if report.unused:
        say(f"没有用到的列：{'、'.join(report.unused)}")
    if report.refused:
        say(f"没有收下 {len(report.refused)} 行，改好后再导入一次就行：")
        for row, reason in report.refused[:SHOWN]:
            say(f"  第 {row} 行：{reason}")
        if (more := len(report.refused) - SHOWN) > 0:
            say(f"  还有 {more} 行，加上 --report 报告.xlsx 可以看全。")


class Progress:
    """A bar on a terminal, and nothing anywhere else."""

    def __init__(self) -> None:
        self._shown = sys.stderr.isatty()

    def __call__(self, what: str, done: int, of: int) -> None:
        if not self._shown:
            return
        if what == "read":
            line = f"正在读表：{done:,} 行"
        else:
            full = BAR * done // max(of, 1)
            line = f"正在导入：{'█' * full}{'░' * (BAR - full)} {done:,}/{of:,} 行"
        end = "\n" if what == "write" and done >= of else ""
        print(f"\r\x1b[K{line}", end=end, file=sys.stderr, flush=True)


def take_out(args: Namespace) -> int:
    return in_database(args, _take_out)


async def _take_out(config: Config, args: Namespace) -> int:
    path = Path(args.file)
    if args.clear and not args.reason:
        raise BadInput("要完整的电话和地址，请写明原因，例如 --reason 上门慰问核对地址")
    if args.reason and not args.clear:
        raise BadInput("写了原因但没有写 --clear：要完整的电话和地址请加上 --clear")
    rules = rules_of(config) if args.clear else None
    done = await export_roster(path, unit_code=args.unit, reason=args.reason or "", rules=rules)
    say(f"已导出 {done.households} 户、{done.rows} 人到 {path}。")
    if args.clear:
        complain("里面有完整的电话和地址：用完请删除，不要发到群里。已记入审计。")
        if rules is None:
            complain("没有告诉管理员：先把上面说的改好，再自己和管理员说一声。")
    else:
        say("电话、地址和家里的话已打码；改好后可以直接导入，打码的格子不会改动原来的内容。")
    return 0
