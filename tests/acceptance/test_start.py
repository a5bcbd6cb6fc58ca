"""Starting and stopping: the key is never made anew over data, and two bots never share one SQLite file."""

import os
from pathlib import Path

import pytest

from bot.app import App
from bot.config import Config, load
from bot.errors import ProblemsFound

ROOT = Path(__file__).parents[2]


@pytest.fixture
def config(tmp_path: Path) -> Config:
    """The shipped sandbox in a folder of its own, on a free port."""
    (tmp_path / "config.toml").write_text('[web]\nport = 0\n[channels.sandbox]\ntype = "sandbox"\n')
    for name in ("messages", "schedules"):
        (tmp_path / name).symlink_to(ROOT / name)
    return load(tmp_path / "config.toml", {})


async def run_once(config: Config) -> None:
    app = App(config)
    await app.start()
    await app.stop()


async def test_a_lost_key_stops_the_start_and_its_return_mends_it(config: Config, tmp_path: Path) -> None:
    await run_once(config)
    key, aside = tmp_path / "secrets" / "songnuan.key", tmp_path / "aside"
    key.rename(aside)
    with pytest.raises(ProblemsFound, match="找不到密钥文件"):
        await run_once(config)
    assert not key.exists()
    aside.rename(key)
    await run_once(config)


async def test_a_second_bot_on_the_same_file_is_refused(config: Config) -> None:
    first = App(config)
    await first.start()
    try:
        with pytest.raises(ProblemsFound, match="另一个送暖正在用"):
            await App(config).start()
    finally:
        await first.stop()


async def test_what_it_writes_is_for_its_own_account_only(config: Config, tmp_path: Path) -> None:
    await run_once(config)
    written = [path for folder in ("data", "secrets") for path in (tmp_path / folder).rglob("*") if path.is_file()]
    assert written and not [path for path in written if path.stat().st_mode & 0o077]


async def test_what_a_kill_left_half_way_is_gone_after_the_next_start(config: Config, tmp_path: Path) -> None:
    """A backup half written, and a sheet full of families that somebody had uploaded."""
    part = tmp_path / "data" / "backups" / ".songnuan-20260101T000000Z.zip.part"
    sheet = tmp_path / "data" / "passing" / f"songnuan-passing-{os.getppid()}-x" / "sheet.xlsx"
    for path in (part, sheet):
        path.parent.mkdir(parents=True)
        path.write_bytes(b"rows")
    await run_once(config)
    assert not part.exists() and not sheet.parent.exists()
