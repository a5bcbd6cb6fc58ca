"""Gives an office its own sheet back, with a reason beside every row that was refused."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from bot import sheets
from bot.actions.roster.file import Refused
from bot.errors import BadInput

REASON = "没有收下的原因"  # a column of that name is nobody's: the mended report is imported as it is


def write_report(source: Path, refused: Iterable[Refused], target: Path) -> None:
    """The rows keep their places. Raises BadInput when the report would replace the sheet."""
    if target.exists() and target.samefile(source):
        raise BadInput("报告不能和名册同名，请换一个文件名")
    sheets.write(target, _with_reasons(source, dict(refused)))


def _with_reasons(source: Path, reasons: dict[int, str]) -> Iterator[list[str]]:
    """The reason comes first, where it is seen without scrolling. Lines that are empty stay empty."""
    header, last = sheets.read_rows(source).header, 0
    seen = False
    for number, cells in sheets.all_rows(source):
        yield from ([] for _ in range(last + 1, number))
        last = number
        is_header = not seen and cells == header
        seen = seen or is_header
        yield [REASON if is_header else reasons.get(number, ""), *map(sheets.plain, cells)]
