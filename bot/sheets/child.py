"""Runs in a process of its own with little memory: opens a spreadsheet and prints its rows.

A spreadsheet with a single cell in the last row and column is a few hundred bytes and makes any reader
ask for half a terabyte. This process dies of it, the bot does not. Formulas are never evaluated; what the
office's program last showed is what is read.
"""

import resource
import sys
from collections.abc import Iterator
from datetime import date, datetime
from itertools import chain, islice
from typing import IO, Any

from msgspec import json
from python_calamine import CalamineError, CalamineWorkbook, PasswordError, SheetTypeEnum, SheetVisibleEnum

from bot.sheets.limits import CHILD_MEMORY, CHILD_SECONDS, LOCKED, ROWS_MAX, UNREADABLE
from bot.sheets.texts import neat

CHUNK = 250  # rows a line of output


def serve(path: str) -> None:
    """Print chunks of rows as lines of JSON, or a sentence when the file cannot be read."""
    resource.setrlimit(resource.RLIMIT_AS, (CHILD_MEMORY, CHILD_MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (CHILD_SECONDS, CHILD_SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a dump would be a copy of the roster
    try:
        with open(path, "rb") as file:
            rows = _rows(file)
            while chunk := [_texts(row) for row in islice(rows, CHUNK)]:
                _print(chunk)
    except PasswordError:
        _print(LOCKED)
    except (CalamineError, OSError, ValueError):
        _print(UNREADABLE)


def _print(value: object) -> None:
    sys.stdout.buffer.write(json.encode(value) + b"\n")


def _rows(file: IO[bytes]) -> Iterator[list[Any]]:
    """Of the first sheet with something in it that people see."""
    book = CalamineWorkbook.from_filelike(file)
    for info in book.sheets_metadata:
        if info.typ == SheetTypeEnum.WorkSheet and info.visible == SheetVisibleEnum.Visible:
            rows = iter(book.get_sheet_by_name(info.name).iter_rows())
            first = next(rows, None)
            if first is not None:
                yield from chain([first], islice(rows, ROWS_MAX))
                return


def _texts(row: list[Any]) -> list[str]:
    """Without the empty cells at the end."""
    try:
        cells = neat(row)
    except TypeError:  # some are numbers or dates
        cells = neat([cell if type(cell) is str else shown(cell) for cell in row])
    while cells and not cells[-1]:
        cells.pop()
    return cells


def shown(cell: Any) -> str:
    """A typed cell as the text that a person would type."""
    if isinstance(cell, bool):
        return "是" if cell else "否"
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, datetime) and not (cell.hour or cell.minute or cell.second):
        return cell.date().isoformat()
    return cell.isoformat() if isinstance(cell, date) else str(cell)
