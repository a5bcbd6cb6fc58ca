"""A sheet that a killed process left behind is removed by the next one, and nobody else's is."""

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from bot import sheets
from bot.web.passing import PREFIX, Place

LEAVES = """
import os, pathlib, signal, sys
from bot.web.passing import Place
folder = Place(pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else None).folder()
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
    assert Place().sweep() == 1 and not left.exists()


def test_what_belongs_to_the_living_or_to_others_stays(place: Path) -> None:
    others = [place / f"{PREFIX}{os.getppid()}-abc", place / f"{PREFIX}x-1", place / "songnuan-1-a"]
    for path in others:
        path.mkdir()
    (place / f"{PREFIX}999999999-link").symlink_to(others[0])
    with Place().folder() as mine:
        assert Path(mine).parent == place
    assert Place().sweep() == 0 and all(path.exists() for path in others)


def test_beside_its_own_data_a_bot_that_is_alone_sweeps_everything(place: Path) -> None:
    """The number of the process that was killed may be another's by now: where nobody else is, that does not matter."""
    own = place / "data" / "passing"
    subprocess.run([sys.executable, "-c", LEAVES, str(own)], check=False)
    others = own / f"{PREFIX}{os.getppid()}-abc"
    others.mkdir()
    [left] = [path for path in own.iterdir() if path != others]
    assert own.stat().st_mode & 0o777 == left.stat().st_mode & 0o777 == 0o700
    assert Place(own).sweep() == 1 and others.exists() and not left.exists()
    assert Place(own, alone=True).sweep() == 1 and not any(own.iterdir())


def test_a_table_is_made_where_it_will_lie_and_not_in_tmp(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The library writes the rows to a file of its own first, and a kill would leave that one."""
    monkeypatch.setattr(tempfile, "tempdir", str(place / "nowhere"))
    sheets.write(place / "roster.xlsx", [["姓名"], ["刘桂芳"]])
    assert [path.name for path in place.iterdir()] == ["roster.xlsx"]
