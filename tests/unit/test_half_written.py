"""A backup that was cut off half-way leaves nothing for long, and one that is being written is let be."""

import fcntl
import os
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

import pytest

from bot.actions.upkeep import archive, backup

KILLED = """
import os, pathlib, signal, sys
from bot.actions.upkeep import archive
archive.Writer(pathlib.Path(sys.argv[1]), "songnuan-20200101T000000Z.zip")
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_a_kill_left_half_written_goes_and_what_is_being_written_stays(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path)])
    left = tmp_path / ".songnuan-20200101T000000Z.zip.part"
    assert done.returncode == -signal.SIGKILL and left.exists()
    writer = archive.Writer(tmp_path, "songnuan-20200102T000000Z.zip")
    assert backup.clear(tmp_path) == [left] and not left.exists()
    path, _ = writer.finish("2020-01-02T00:00:00+00:00", "0001", (1,))
    assert backup.made(tmp_path) == [datetime(2020, 1, 2, tzinfo=UTC)] and path.exists()


def test_where_files_cannot_be_locked_a_day_passes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError("no locks here")

    monkeypatch.setattr("fcntl.flock", refuse)
    writer = archive.Writer(tmp_path, "songnuan-20200101T000000Z.zip")
    assert backup.clear(tmp_path) == []
    [part] = tmp_path.iterdir()
    os.utime(part, (0, 0))
    assert backup.clear(tmp_path) == [part]
    writer.abandon()


def test_what_is_not_ours_to_delete_hinders_nobody(tmp_path: Path) -> None:
    """A start must not fail because of it: here a folder, elsewhere a file of root's or a disk that is read-only."""
    (tmp_path / ".songnuan-20200101T000000Z.zip.part").mkdir()
    assert backup.clear(tmp_path) == []


def test_one_that_is_cleared_away_while_it_is_begun_is_begun_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock, cleared = fcntl.flock, list[Path]()

    def late(file: IO[bytes], how: int) -> None:
        if how == fcntl.LOCK_EX and not cleared:  # the writer's own: somebody looks just before it
            cleared.extend(backup.clear(tmp_path))
        lock(file, how)

    monkeypatch.setattr("fcntl.flock", late)
    writer = archive.Writer(tmp_path, "songnuan-20200102T000000Z.zip")
    assert len(cleared) == 1 and backup.clear(tmp_path) == []
    path, _ = writer.finish("2020-01-02T00:00:00+00:00", "0001", (1,))
    assert path.exists()
