"""Writes a table as CSV or XLSX that no program can take for anything but text and numbers.

The file is for its owner only, and it is there whole or not at all.
"""

import csv
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Any

from bot.errors import BadInput
from bot.sheets.texts import neutral

SUFFIXES = (".xlsx", ".csv")
WIDTH = 14  # of a column, in letters

Cell = str | int | float


def write(path: Path, rows: Iterable[Sequence[Cell]]) -> None:
    """Replace `path`; its ending says which kind. Raises BadInput for another ending or folder."""
    kind = path.suffix.lower()
    if kind not in SUFFIXES:
        raise BadInput("文件名要以 .xlsx 或 .csv 结尾")
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            if kind == ".csv":
                _csv(file, rows)
            else:
                with TemporaryDirectory(prefix=".songnuan-", dir=path.parent) as beside:
                    _xlsx(file, rows, beside)
        os.replace(part, path)
    except OSError as error:
        raise BadInput(f"写不了这个文件（{error.strerror or '磁盘出错'}），请换一个文件夹") from None
    finally:
        part.unlink(missing_ok=True)


def _csv(file: IO[bytes], rows: Iterable[Sequence[Cell]]) -> None:
    """With a BOM, or Excel takes it for GBK; all in quotes, so that no other separator cuts a cell in two."""
    with open(file.fileno(), "w", encoding="utf-8-sig", newline="", closefd=False) as text:
        out = csv.writer(text, quoting=csv.QUOTE_ALL)
        for row in rows:
            out.writerow([neutral(cell) if isinstance(cell, str) else cell for cell in row])


def _xlsx(file: IO[bytes], rows: Iterable[Sequence[Cell]], beside: str) -> None:
    """What the library writes first lies `beside` the file, for a kill leaves it: families do not belong in /tmp."""
    from xlsxwriter import Workbook  # only who writes a table pays for it
    from xlsxwriter.exceptions import FileCreateError

    book = Workbook(file, {"constant_memory": True, "tmpdir": beside})
    try:
        _fill(book.add_worksheet(), rows)
    finally:
        try:
            book.close()  # also of what broke off: it lets go of the files that it had begun
        except FileCreateError as error:
            raise OSError(*error.args[0].args) from None  # what the disk said


def _fill(sheet: Any, rows: Iterable[Sequence[Cell]]) -> None:
    sheet.set_column(0, 99, WIDTH)
    for line, row in enumerate(rows):
        for column, cell in enumerate(row):
            if isinstance(cell, str):
                if cell:
                    sheet.write_string(line, column, neutral(cell))
            else:
                sheet.write_number(line, column, cell)
