"""Somebody is forgotten while the bot runs: by the command in another process, with the line up and people writing."""

import asyncio
import sys
from pathlib import Path

import pytest

from bot.actions.staff import directory
from bot.models import Delivery, db
from tests.people import CHAIR, CHANNEL, LIU, NEED, WU
from tests.stage import Stage, logged, stage

pytestmark = pytest.mark.db


async def songnuan(scene: Stage, *argv: str) -> tuple[int, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "bot",
        *("--config", str(scene.folder / "config.toml")),
        *argv,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    return process.returncode or 0, said.decode()


async def test_while_the_bot_runs(tmp_path: Path, database_url: str) -> None:
    async with logged() as log, stage(tmp_path, database_url) as scene:
        await scene.say(NEED, LIU)
        await scene.hears(f"direct:{CHAIR}", "刘桂芳")
        refused, said = await songnuan(scene, "person", "erase", "H0123", "--reason", "本人来电要求", "--yes")
        assert refused == 1 and "办结 1 不需要了" in said
        await scene.ask("收到 1", CHAIR)
        await scene.ask("办结 1 不需要了", CHAIR)
        await scene.settled()
        erasing = asyncio.create_task(songnuan(scene, "person", "erase", "H0123", "--reason", "本人来电要求", "--yes"))
        while not erasing.done():  # people write all the while, and nobody is kept waiting for long
            async with asyncio.timeout(10):
                assert "吴德顺" in await scene.ask("我是谁", WU)
        assert (await erasing)[0] == 0, (await erasing)[1]
        await directory.refresh()  # what its clock does every other second
        assert directory.speaker(CHANNEL, LIU) is None
        assert "刘桂芳" not in await scene.ask("我是谁", LIU)
        assert await Delivery.filter(status="sent").exists() and "刘桂芳" not in log.getvalue()
    if db.is_sqlite(database_url):
        folder = Path(database_url.removeprefix("sqlite://")).parent
        raw = b"".join(
            [path.read_bytes() for path in await asyncio.to_thread(lambda: list(folder.glob("songnuan*.db*")))]
        )
        assert "吴德顺".encode() in raw and "刘桂芳".encode() not in raw
