"""Folders for files on their way through a page: a sheet full of families lies there for minutes, and for nobody else.

Such a folder goes with its owner. A process that was killed cleans up nothing, so the next one does it at its start.
"""

import os
import shutil
import tempfile
from pathlib import Path

PREFIX = "songnuan-passing-"


def folder() -> tempfile.TemporaryDirectory[str]:
    """A new folder that only this account of the machine may open; its name says whose it is."""
    return tempfile.TemporaryDirectory(prefix=f"{PREFIX}{os.getpid()}-")


def sweep() -> int:
    """Removes what processes that are no more have left, before this one makes any; returns how many folders."""
    left = [path for path in Path(tempfile.gettempdir()).glob(f"{PREFIX}*-*") if _is_left(path)]
    for path in left:
        shutil.rmtree(path, ignore_errors=True)
    return len(left)


def _is_left(path: Path) -> bool:
    number = path.name.removeprefix(PREFIX).split("-")[0]
    if not number.isdecimal() or path.is_symlink():
        return False
    return int(number) == os.getpid() or not _runs(int(number))


def _runs(number: int) -> bool:
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True
