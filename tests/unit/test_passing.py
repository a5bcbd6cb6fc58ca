"""A sheet that a killed process left behind is removed by the next one, and nobody else's is."""

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from bot.web import passing

LEAVES = """
import os, pathlib, signal
from bot.web import passing
folder = passing.folder()
(pathlib.Path(folder.name) / "sheet.xlsx").write_text("rows")
print(folder.name, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_what_a_killed_process_left_is_swept(place: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", LEAVES], env=os.environ | {"TMPDIR": str(place)}, capture_output=True, text=True
    )
    left = Path(done.stdout.strip())
    assert done.returncode == -signal.SIGKILL and (left / "sheet.xlsx").exists() and left.parent == place
    assert left.stat().st_mode & 0o777 == 0o700
    assert passing.sweep() == 1 and not left.exists()


def test_what_belongs_to_the_living_or_to_others_stays(place: Path) -> None:
    others = [place / f"{passing.PREFIX}{os.getppid()}-abc", place / f"{passing.PREFIX}x-1", place / "songnuan-1-a"]
    for path in others:
        path.mkdir()
    (place / f"{passing.PREFIX}999999999-link").symlink_to(others[0])
    with passing.folder() as mine:
        assert Path(mine).parent == place
    assert passing.sweep() == 0 and all(path.exists() for path in others)
