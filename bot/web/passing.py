"""Folders for files on their way through a page: a sheet full of families lies there for minutes, and for nobody else.

Such a folder goes with its owner. A process that was killed cleans up nothing, so the next one does it at its start.
"""

import os
import shutil
import tempfile
from pathlib import Path

PREFIX = "songnuan-passing-"


class Place:
    """Where such folders are made: beside the bot's own data, or (None) where this machine keeps what is temporary.

    `alone`: no other bot uses it, so that whatever lies there at the start was left behind.
    """

    def __init__(self, path: Path | None = None, *, alone: bool = False) -> None:
        self._path, self._alone = path, alone

    def folder(self) -> tempfile.TemporaryDirectory[str]:
        """A new folder that only this account of the machine may open; its name says whose it is."""
        if self._path is not None:
            self._path.mkdir(parents=True, exist_ok=True, mode=0o700)
        return tempfile.TemporaryDirectory(prefix=f"{PREFIX}{os.getpid()}-", dir=self._path)

    def sweep(self) -> int:
        """Removes what processes that are no more have left, before this one makes any; returns how many folders."""
        left = [path for path in self._found(Path(tempfile.gettempdir())) if _is_left(path)]
        if self._path is not None:
            left += [path for path in self._found(self._path) if self._alone or _is_left(path)]
        for path in left:
            shutil.rmtree(path, ignore_errors=True)
        return len(left)

    @staticmethod
    def _found(root: Path) -> list[Path]:
        return [path for path in root.glob(f"{PREFIX}*-*") if not path.is_symlink()]


def _is_left(path: Path) -> bool:
    number = path.name.removeprefix(PREFIX).split("-")[0]
    return number.isdecimal() and (int(number) == os.getpid() or not _runs(int(number)))


def _runs(number: int) -> bool:
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True
