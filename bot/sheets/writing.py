"""Writes a table as CSV or XLSX that no program can take for anything but text and numbers.

The file is for its owner only, and it is there whole or not at all.
"""

import csv
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import IO

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
            _xlsx(file, rows, path.parent) if kind == ".xlsx" else _csv(file, rows)
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


def _xlsx(file: IO[bytes], rows: Iterable[Sequence[Cell]], beside: Path) -> None:
    """What the library writes first lies `beside`, for a kill leaves it: families do not belong in /tmp."""
    from xlsxwriter import Workbook  # only who writes a table pays for it

    book = Workbook(file, {"constant_memory": True, "tmpdir": str(beside)})
    sheet = book.add_worksheet()
    sheet.set_column(0, 99, WIDTH)
    for line, row in enumerate(rows):
        for column, cell in enumerate(row):
            if isinstance(cell, str):
                if cell:
                    sheet.write_string(line, column, neutral(cell))
            else:
                sheet.write_number(line, column, cell)
    book.close()
