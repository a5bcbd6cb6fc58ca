"""Reads a table that an office sends (CSV, XLSX, XLS, ODS) into rows of plain text, whatever it may hold."""

import csv
import subprocess
import sys
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import NamedTuple
from zipfile import BadZipFile, ZipFile

from msgspec import DecodeError
from msgspec.json import Decoder

from bot.errors import BadInput
from bot.sheets import limits
from bot.sheets.texts import LOST, neat

ZIP, OLE = b"PK\x03\x04", bytes.fromhex("d0cf11e0a1b11ae1")
CHILD = "import sys; sys.path.insert(0, sys.argv[1]); from bot.sheets.child import serve; serve(sys.argv[2])"
PIECE = 1 << 20
NUL_EVERY = 10  # letters: in UTF-16 that is read as something else there are more

_chunks: Decoder[str | list[list[str]]] = Decoder(str | list[list[str]])


class Row(NamedTuple):
    """One line of the table; `number` is the one that the office sees beside it."""

    number: int
    cells: list[str]


class Sheet(NamedTuple):
    header: list[str]
    rows: Iterator[Row]  # without empty lines; raises BadInput as soon as a limit is passed


def read_rows(path: Path) -> Sheet:
    """The first sheet that has something in it. Raises BadInput for whatever cannot be read."""
    rows = all_rows(path)
    for row in islice(rows, limits.TITLE_ROWS):
        if sum(map(bool, row.cells)) >= 2:  # lines above it are a title
            return Sheet(row.cells, rows)
    raise BadInput(limits.NO_HEADER)


def all_rows(path: Path) -> Iterator[Row]:
    """The same sheet with its title and header as they stand. Raises BadInput, also while it is read."""
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            magic = file.read(8)
    except OSError:
        raise BadInput(limits.NOT_THERE) from None
    if size > limits.BYTES_MAX:
        raise BadInput(limits.TOO_MANY_BYTES)
    if magic.startswith(ZIP):
        refuse_bomb(path)
    return _limited(_spreadsheet(path) if magic.startswith(ZIP) or magic == OLE else _text(path))


def refuse_bomb(path: Path) -> None:
    try:
        with ZipFile(path) as packed:
            entries = packed.infolist()
    except (BadZipFile, OSError, ValueError, NotImplementedError):  # the last: a newer kind of zip than zipfile knows
        raise BadInput(limits.UNREADABLE) from None
    size, stored = sum(entry.file_size for entry in entries), sum(entry.compress_size for entry in entries)
    packs_too_well = size > limits.RATIO_FROM and size > limits.RATIO_MAX * max(stored, 1)
    if size > limits.UNPACKED_MAX or packs_too_well:
        raise BadInput(limits.TOO_BIG)


def _limited(lines: Iterable[list[str]]) -> Iterator[Row]:
    for number, cells in enumerate(lines, 1):
        if number > limits.ROWS_MAX:
            raise BadInput(limits.TOO_MANY_ROWS)
        while cells and not cells[-1]:
            cells.pop()
        if not cells:
            continue
        if len(cells) > limits.COLUMNS_MAX:
            raise BadInput(limits.TOO_MANY_COLUMNS)
        yield Row(number, cells)


def _text(path: Path) -> Iterator[list[str]]:
    try:
        with path.open(encoding=_encoding(path), newline="") as file:
            first = file.readline(PIECE)
            file.seek(0)
            lines = (line.replace("\0", LOST) for line in file)
            yield from map(neat, csv.reader(lines, delimiter=max(",\t;", key=first.count)))
    except csv.Error:
        raise BadInput(limits.UNREADABLE) from None


def _encoding(path: Path) -> str:
    """What offices here save: UTF-8 with or without BOM, the "Unicode text" of Excel, GB18030."""
    with path.open("rb") as file:
        wide = file.read(2) in (b"\xff\xfe", b"\xfe\xff")
    for encoding in ("utf-16",) if wide else ("utf-8-sig", "gb18030"):
        if _is_text(path, encoding):
            return encoding
    raise BadInput(limits.UNREADABLE)


def _is_text(path: Path, encoding: str) -> bool:
    """A NUL in the first line shows that it is none, and so do many; one further down is damage and costs its row."""
    letters = nuls = 0
    try:
        with path.open(encoding=encoding, newline="") as file:
            if "\0" in file.readline(PIECE):
                return False
            for piece in iter(lambda: file.read(PIECE), ""):
                letters, nuls = letters + len(piece), nuls + piece.count("\0")
            return nuls * NUL_EVERY <= letters
    except UnicodeDecodeError:
        return False


def _spreadsheet(path: Path) -> Iterator[list[str]]:
    """The lines that the child process reads out; it is stopped when nobody wants the rest."""
    command = [sys.executable, "-I", "-c", CHILD, str(Path(__file__).parents[2]), str(path)]
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as child:
        assert child.stdout is not None
        try:
            for line in child.stdout:
                yield from _chunk(line)
            if child.wait() != 0:
                raise BadInput(limits.TOO_BIG)
        finally:
            child.kill()


def _chunk(line: bytes) -> list[list[str]]:
    """A line of the child: some rows, or the error that ends it."""
    try:
        found = _chunks.decode(line)
    except (DecodeError, UnicodeDecodeError):  # it died in the middle of the line
        raise BadInput(limits.TOO_BIG) from None
    if isinstance(found, str):
        raise BadInput(found)
    return found
