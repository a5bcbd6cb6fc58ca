"""Reads a table that an office sends (CSV, XLSX, XLS, ODS) into rows of plain text, whatever it may hold.

A spreadsheet is opened by a child process with little memory: one with a single cell in the last row
and column is a few hundred bytes and makes any reader ask for half a terabyte. The child dies, the bot
does not. Formulas are never evaluated; what the office's program last showed is what is read.
"""

import contextlib
import csv
import json
import re
import subprocess
import sys
import unicodedata
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from io import StringIO
from itertools import chain, islice
from pathlib import Path
from typing import IO, Any, NamedTuple
from zipfile import BadZipFile, ZipFile

from bot.errors import BadInput

BYTES_MAX = 50 * 1024 * 1024
ROWS_MAX = 200_000
COLUMNS_MAX = 60
CELL_MAX = 2000
UNPACKED_MAX = 400 * 1024 * 1024
RATIO_MAX = 250  # how far XML of a real roster packs is below a hundred
RATIO_FROM = 10 * 1024 * 1024  # a small file may pack as well as it likes
CHILD_MEMORY = 2 * 1024 * 1024 * 1024
CHILD_SECONDS = 120
TITLE_ROWS = 20  # lines above the header that may hold only a title

ZIP, OLE = b"PK\x03\x04", bytes.fromhex("d0cf11e0a1b11ae1")
WHOLE = re.compile(r"(\d{5,})\.0+")
CHILD = "import sys; sys.path.insert(0, sys.argv[1]); from bot.sheets import serve; serve(sys.argv[2])"

UNREADABLE = "这个文件读不出来,请用表格软件另存为 .xlsx 或 .csv 再试"
TOO_BIG = "这个文件太大或内容异常,请只保留名册那一张表,另存后再试"
LOCKED = "这个文件有密码,请先去掉密码再导入"


class Row(NamedTuple):
    """One line of the table; `number` is the one that the office sees beside it."""

    number: int
    cells: list[str]


class Sheet(NamedTuple):
    header: list[str]
    rows: Iterator[Row]  # without empty lines; raises BadInput as soon as a limit is passed


def read_rows(path: Path) -> Sheet:
    """The first sheet that has something in it. Raises BadInput for whatever cannot be read."""
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            magic = file.read(8)
    except OSError:
        raise BadInput("找不到这个文件,或者没有权限读它,请核对文件名") from None
    if size > BYTES_MAX:
        raise BadInput(f"文件超过 {BYTES_MAX // 1024 // 1024} MB,请只保留名册那一张表再试")
    if magic.startswith(ZIP):
        _refuse_bomb(path)
    lines = _spreadsheet(path) if magic.startswith(ZIP) or magic == OLE else _text(path)
    return _with_header(_limited(lines))


def _refuse_bomb(path: Path) -> None:
    try:
        with ZipFile(path) as packed:
            entries = packed.infolist()
    except (BadZipFile, OSError, ValueError, NotImplementedError):
        raise BadInput(UNREADABLE) from None
    size, stored = sum(entry.file_size for entry in entries), sum(entry.compress_size for entry in entries)
    if size > UNPACKED_MAX or (size > RATIO_FROM and size > RATIO_MAX * max(stored, 1)):
        raise BadInput(TOO_BIG)


def _with_header(rows: Iterator[Row]) -> Sheet:
    """The header is the first line with two filled cells; lines above it are a title."""
    for row in islice(rows, TITLE_ROWS):
        if sum(map(bool, row.cells)) >= 2:
            return Sheet(row.cells, rows)
    raise BadInput("没有找到表头:第一行要写列名,例如 户编号、姓名、电话、单位、类别")


def _limited(lines: Iterable[list[str]]) -> Iterator[Row]:
    for number, cells in enumerate(lines, 1):
        if number > ROWS_MAX:
            raise BadInput(f"表格超过 {ROWS_MAX} 行,请分成几个文件导入")
        while cells and not cells[-1]:
            cells.pop()
        if len(cells) > COLUMNS_MAX:
            raise BadInput(f"表格超过 {COLUMNS_MAX} 列,请只保留需要的列")
        if any(len(cell) > CELL_MAX for cell in cells):
            raise BadInput(f"第 {number} 行有一格超过 {CELL_MAX} 个字,请改短")
        if any(cells):
            yield Row(number, cells)


def clean(text: str) -> str:
    """One line without blanks around it and without letters that no one sees or that cannot be stored."""
    if not text.isprintable():  # rare, and looking at each letter is slow
        text = "".join(letter for letter in text if _visible(letter))
    text = " ".join(text.split())
    whole = WHOLE.fullmatch(text)
    return whole[1] if whole else text


def _visible(letter: str) -> bool:
    return letter in "\t\r\n" or unicodedata.category(letter) not in ("Cc", "Cf", "Cs")


def _text(path: Path) -> Iterator[list[str]]:
    text = _decoded(path.read_bytes())
    first = text[: text.find("\n") + 1 or len(text)]
    reader = csv.reader(StringIO(text, newline=""), delimiter=max(",\t;", key=first.count))
    try:
        for row in reader:
            yield [clean(cell) for cell in row]
    except csv.Error:
        raise BadInput(UNREADABLE) from None


def _decoded(raw: bytes) -> str:
    """What offices here save: UTF-8 with or without BOM, the "Unicode text" of Excel, GB18030."""
    encodings = ("utf-16",) if raw.startswith((b"\xff\xfe", b"\xfe\xff")) else ("utf-8-sig", "gb18030")
    for encoding in encodings:
        with contextlib.suppress(UnicodeDecodeError):
            text = raw.decode(encoding)
            if "\0" not in text:
                return text
    raise BadInput(UNREADABLE)


def _spreadsheet(path: Path) -> Iterator[list[str]]:
    """The lines that the child process reads out; it is stopped when nobody wants the rest."""
    command = [sys.executable, "-I", "-c", CHILD, str(Path(__file__).parents[1]), str(path)]
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as child:
        assert child.stdout is not None
        try:
            for line in child.stdout:
                yield _line(line)
            if child.wait() != 0:
                raise BadInput(TOO_BIG)
        finally:
            child.kill()


def _line(line: bytes) -> list[str]:
    """A line of the child: cells, or the error that ends it."""
    try:
        found = json.loads(line)
    except ValueError:  # it died in the middle of the line
        raise BadInput(TOO_BIG) from None
    if isinstance(found, str):
        raise BadInput(found)
    return list(found)


def serve(path: str) -> None:
    """The child: write each row as a line of JSON, or a sentence when the file cannot be read."""
    import resource

    resource.setrlimit(resource.RLIMIT_AS, (CHILD_MEMORY, CHILD_MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (CHILD_SECONDS, CHILD_SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a dump would be a copy of the roster
    from python_calamine import CalamineError, PasswordError

    try:
        with open(path, "rb") as file:
            _read_out(file)
    except PasswordError:
        print(json.dumps(LOCKED))
    except (CalamineError, OSError, ValueError):
        print(json.dumps(UNREADABLE))


def _read_out(file: IO[bytes]) -> None:
    from python_calamine import CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

    book = CalamineWorkbook.from_filelike(file)
    for info in book.sheets_metadata:
        if info.typ == SheetTypeEnum.WorkSheet and info.visible == SheetVisibleEnum.Visible:
            rows = iter(book.get_sheet_by_name(info.name).iter_rows())
            first = next(rows, None)
            if first is not None:
                for row in chain([first], islice(rows, ROWS_MAX)):
                    print(json.dumps([clean(shown(cell)) for cell in row]))
                return


def shown(cell: Any) -> str:
    """A typed cell as the text that a person would type."""
    if isinstance(cell, bool):
        return "是" if cell else "否"
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, datetime) and not (cell.hour or cell.minute or cell.second):
        return cell.date().isoformat()
    return cell.isoformat() if isinstance(cell, date) else str(cell)
