"""A report as a file for the office: each total, and under it the rows that it is made of."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from bot import clock
from bot.actions.figures.reports import Report, Total
from bot.sheets import write

HEAD = (
    "项目", "户", "人次", "合计元", "数的是什么",
    "时间", "求助单", "户编号", "单位", "经办", "内容", "状态", "元",
)  # fmt: skip
Cell = str | int | float


def save(report: Report, path: Path) -> None:
    """CSV or XLSX by the ending of its name; the words in it can be no formula. Raises BadInput."""
    write(path, _rows(report))


def _rows(report: Report) -> Iterator[Sequence[Cell]]:
    yield HEAD
    for total in report.totals:
        yield _sum(total)
        for row in total.rows:
            at = clock.local(row.at).strftime("%Y-%m-%d %H:%M")
            yield (
                total.name.strip(), "", "", "", "",
                at, row.number or "", row.household, row.unit, row.staff, row.what, row.state,
                money(row.fen) if total.money else "",
            )  # fmt: skip


def _sum(total: Total) -> Sequence[Cell]:
    amount = money(total.fen) if total.money else ""
    return total.name.strip(), total.households, total.times, amount, total.counts, *[""] * 8


def money(fen: int) -> Cell:
    """Yuan as a number for a table program; whole yuan stay whole."""
    return fen // 100 if fen % 100 == 0 else fen / 100
