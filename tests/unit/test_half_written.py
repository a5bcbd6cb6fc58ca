"""A backup that was cut off half-way leaves nothing for long, and one that is being written is let be."""

import os
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

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
