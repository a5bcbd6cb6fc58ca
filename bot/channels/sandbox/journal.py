"""The sandbox's memory: one JSON line a message, appended before the receipt, read back (bounded) at start.

Each line goes to the operating system in one write, so it survives a killed process; a torn last line is
skipped. That also makes the file an honest witness of what the network got.
"""

import os
from collections.abc import Callable
from pathlib import Path

from msgspec import MsgspecError
from msgspec.json import Decoder

from bot.channels.sandbox.frames import Said, encode

READ_MAX = 4 * 1024 * 1024

_decode = Decoder(Said).decode


class Journal:
    """Append-only file; `None` as path means that nothing is kept."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._fd: int | None = None
        self._torn = False

    def open(self) -> list[Said]:
        """Return the latest messages on file, oldest first, and get ready to append."""
        if self._path is None:
            return []
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._fd = os.open(self._path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
        tail = self._tail(self._fd)
        self._torn = bool(tail) and not tail.endswith(b"\n")
        return [said for line in tail.splitlines() if (said := _read(line))]

    def append(self, said: Said) -> None:
        """Write one message; raises OSError if the disk will not have it."""
        if self._fd is None:
            return
        line = (b"\n" if self._torn else b"") + encode(said) + b"\n"
        self._torn = True
        if os.write(self._fd, line) != len(line):
            raise OSError("journal: short write")
        self._torn = False

    def trim(self, oldest: int) -> None:
        """Keep what was said from `oldest` on (microseconds since 1970), and no more than is ever read back."""
        if self._path is None or self._fd is None:
            return
        tail = self._tail(self._fd)
        kept = [line + b"\n" for line in tail.splitlines() if (said := _read(line)) and said.seq >= oldest]
        if sum(map(len, kept)) == os.fstat(self._fd).st_size:
            return
        draft = self._path.with_name(f".{self._path.name}.part")
        draft.write_bytes(b"".join(kept))
        draft.chmod(0o600)
        draft.replace(self._path)
        self.close()
        self._fd = os.open(self._path, os.O_RDWR | os.O_APPEND)
        self._torn = False

    def close(self) -> None:
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None

    @staticmethod
    def _tail(fd: int) -> bytes:
        size = os.fstat(fd).st_size
        start = max(0, size - READ_MAX)
        tail = os.pread(fd, READ_MAX, start)
        return tail.partition(b"\n")[2] if start else tail


def blank(path: Path, doomed: Callable[[Said], bool]) -> int:
    """Overwrite lines where they stand: whoever has the file open goes on appending. Returns how many."""
    if not path.exists():
        return 0
    gone = at = 0
    with path.open("r+b") as file:
        for line in file.readlines():
            said = _read(line)
            if said is not None and doomed(said):
                os.pwrite(file.fileno(), b" " * (len(line) - 1), at)
                gone += 1
            at += len(line)
        os.fsync(file.fileno())
    return gone


def _read(line: bytes) -> Said | None:
    try:
        return _decode(line)
    except (MsgspecError, UnicodeError):
        return None
