"""`songnuan access` and `labels`: the answer to a family that asks who saw what, and what people corrected."""

from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path

from bot.actions.privacy import access as looking
from bot.actions.privacy import access_words
from bot.actions.privacy.access import Access, Line, Whole
from bot.actions.requests import labels as corrections
from bot.cli.loading import in_database
from bot.cli.people import find_staff
from bot.cli.printing import as_json, moment, say, stamp, table
from bot.config import Config
from bot.errors import BadInput

ALL = {
    "backup.write": "做备份（里面有所有户，加密的仍加密）",
    "backup.restore": "从备份恢复",
    "roster.import": "导入名册（可能包含这一户）",
    "incident.drill": "做了泄露事件的通知",
}


def access(args: Namespace) -> int:
    if bool(args.household) == bool(args.by) or (args.by and args.member):
        raise BadInput("写一个户编号，例如 songnuan access H0123；或者用 --by 姓名 看一位工作人员看过什么。")
    if not args.by and (args.since or args.until):
        raise BadInput("一户的记录总是给全的，--since 和 --until 只和 --by 一起用。")
    return in_database(args, _of_staff if args.by else _of_family)


async def _of_family(config: Config, args: Namespace) -> int:
    found = await looking.report(args.household, member=args.member)
    if args.json:
        as_json(_plain(found))
        return 0
    say(f"{found.code}（{'、'.join(found.people)}）的资料，谁看过、改过、用过（{config.union.timezone} 时间）：")
    _show(found.lines)
    say(f"关于这一户的求助，提醒工作人员 {found.alerts} 条；发给家里 {found.messages} 条。")
    if found.whole:
        say("\n还有这些事碰到所有户：")
        table([_row(one) for one in found.whole], ("什么事", "几次", "第一次", "最近一次"))
    return 0


async def _of_staff(config: Config, args: Namespace) -> int:
    person = await find_staff(args.by, active=False)
    lines = await looking.looks_of(person.id, args.since, args.until)
    if args.json:
        as_json({"staff": person.name, "lines": [_record(one) | {"household": one.household} for one in lines]})
        return 0
    say(f"{person.name} 看过、导出过的：")
    rows = [(moment(one.at), one.household, one.what, one.request or "", one.why) for one in lines]
    _table(rows, ("时间", "户", "做了什么", "单号", "原因"))
    return 0


def _show(lines: list[Line]) -> None:
    rows = [(moment(one.at), one.who, one.unit, one.what, one.request or "", one.why) for one in lines]
    _table(rows, ("时间", "谁", "单位", "做了什么", "单号", "原因"))


def _table(rows: Sequence[tuple[object, ...]], head: tuple[str, ...]) -> None:
    if rows:
        table(rows, head)
    else:
        say("还没有。")


def _row(one: Whole) -> tuple[object, ...]:
    return (
        ALL.get(one.action, access_words.NAMES.get(one.action, one.action)),
        one.times,
        moment(one.first),
        moment(one.last),
    )


def _plain(found: Access) -> dict[str, object]:
    return {
        "household": found.code,
        "people": found.people,
        "lines": [_record(one) for one in found.lines],
        "whole": [
            {"action": one.action, "times": one.times, "first": stamp(one.first), "last": stamp(one.last)}
            for one in found.whole
        ],
        "alerts": found.alerts,
        "messages": found.messages,
    }


def _record(one: Line) -> dict[str, object]:
    return {
        "at": stamp(one.at),
        "who": one.who,
        "unit": one.unit,
        "what": one.what,
        "why": one.why or None,
        "request": one.request,
    }


def labels(args: Namespace) -> int:
    if Path(args.file).suffix != ".jsonl":
        raise BadInput("文件名请以 .jsonl 结尾。")
    return in_database(args, _labels)


async def _labels(config: Config, args: Namespace) -> int:
    written = await corrections.export(Path(args.file))
    say(f"写了 {written} 句到 {args.file}。号码和名册上的姓名已经去掉；交给别人之前，请人再读一遍。")
    if not written and not config.privacy.keep_labels:
        say("现在不留例句：要留，把 config.toml 里 [privacy] 的 keep_labels 改成 true。")
    return 0
