"""`songnuan report`: what was done, in 户, 人次 and 元, each total opened to the rows that it is made of."""

from argparse import Namespace
from pathlib import Path

from bot import clock
from bot.actions.figures import report_file, reports
from bot.actions.figures.reports import Report, Row, Span, Total
from bot.actions.households import viewing
from bot.cli.loading import in_database
from bot.cli.printing import as_json, say, stamp, table
from bot.config import Config
from bot.errors import BadInput


def report(args: Namespace) -> int:
    for option, path in ((".csv", args.csv), (".xlsx", args.xlsx)):
        if path and Path(path).suffix.lower() != option:
            raise BadInput(f"--{option[1:]} 后面的文件名要以 {option} 结尾。")
    return in_database(args, _report)


async def _report(config: Config, args: Namespace) -> int:
    found = await reports.report(Span(args.first, args.last), args.unit)
    opened = _opened(found, args.rows)
    if opened or args.csv or args.xlsx:
        await viewing.opened("report", args.unit)
    if args.json:
        as_json(_plain(found, opened))
    else:
        _show(config, found, opened)
    for path in filter(None, (args.csv, args.xlsx)):
        report_file.save(found, Path(path))
        if not args.json:
            say(f"已写进 {path}，连明细。")
    return 0


def _opened(found: Report, rows: str | None) -> list[Total]:
    """The totals whose rows are shown: all for a bare --rows."""
    if rows is None:
        return []
    return [found.total(rows)] if rows else [one for one in found.totals if one.rows]


def _show(config: Config, found: Report, opened: list[Total]) -> None:
    first, last = found.span
    when = f"{first or '从头'} 到 {last or clock.local(clock.now()).date()}"
    say(f"{found.unit or config.union.name}，{when}")
    table(
        [(one.name, one.households, one.times, yuan(one.fen) if one.money else "", one.counts) for one in found.totals],
        ("项目", "户", "人次", "元", "数的是什么"),
    )
    for total in opened:
        say(f"\n{total.name.strip()}：{len(total.rows)} 行")
        if total.rows:
            table(
                [_line(row, total) for row in total.rows], ("时间", "单号", "户", "单位", "经办", "内容", "状态", "元")
            )


def _line(row: Row, total: Total) -> tuple[object, ...]:
    at = clock.local(row.at).strftime("%Y-%m-%d %H:%M")
    fen = yuan(row.fen) if total.money and row.fen else ""
    return at, row.number or "", row.household or "名册外", row.unit, row.staff, row.what, row.state, fen


def yuan(fen: int) -> str:
    return f"{fen // 100:,}.{fen % 100:02d}"


def _plain(found: Report, opened: list[Total]) -> dict[str, object]:
    first, last = found.span
    return {
        "from": first.isoformat() if first else None,
        "to": last.isoformat() if last else None,
        "unit": found.unit or None,
        "totals": [
            {
                "key": one.key,
                "name": one.name.strip(),
                "counts": one.counts,
                "households": one.households,
                "times": one.times,
                "fen": one.fen if one.money else None,
                **({"rows": [_record(row) for row in one.rows]} if one in opened else {}),
            }
            for one in found.totals
        ],
    }


def _record(row: Row) -> dict[str, object]:
    return {
        "at": stamp(row.at),
        "request": row.number,
        "household": row.household or None,
        "unit": row.unit,
        "staff": row.staff,
        "what": row.what,
        "state": row.state,
        "fen": row.fen,
    }
