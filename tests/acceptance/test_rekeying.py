"""Everybody gets another key while the bot works, and the command that does it is killed half-way.

SONGNUAN_REKEY_HOUSEHOLDS makes the union larger: 50000 is a roster of 100,000 people.
"""

import asyncio
import os
import time
from pathlib import Path

import pytest

from bot.actions.privacy import keyed, rekeying
from bot.errors import Conflict
from bot.models import Audit, keys
from tests import people
from tests.rekeying import Rotation, Union, every_text, ids_in_database, key_ids
from tests.stage import stage

HOUSEHOLDS = int(os.environ.get("SONGNUAN_REKEY_HOUSEHOLDS", "1500"))


@pytest.mark.db
async def test_killed_half_way_and_begun_again_under_a_working_bot(tmp_path: Path, database_url: str) -> None:
    key = tmp_path / "secrets/songnuan.key"
    async with stage(tmp_path, database_url) as scene:
        union = Union(tmp_path, HOUSEHOLDS)
        await union.settle()
        [before] = key_ids(key)
        old = _secret(key)
        async with union.lives(scene):
            began = time.monotonic()
            first = await Rotation.start(tmp_path, "--grace", "2", cut=True)
            try:
                await first.says("新密钥已经写进")
                second = await Rotation.start(tmp_path, "--grace", "2")
                assert await first.ends() == 0, first.said
            finally:
                await first.kill()
            assert await second.ends() == 1 and "另一个换密钥的命令正在运行" in second.said[-1]
        new, also = key_ids(key)
        found = await ids_in_database()
        assert also == before and found[new] > 0 and found[before] > 0, "it was not killed half-way"
        await scene.restart()
        assert (await every_text()) >= found.total()
        status = await Rotation.start(tmp_path, "--status")
        assert await status.ends() == 0 and "还没有换完" in status.said[-1]
        async with union.lives(scene):
            third = await Rotation.start(tmp_path, "--grace", "2")
            assert await third.ends() == 0, third.said
        print(f"\n{HOUSEHOLDS} households: {time.monotonic() - began:.1f} s in all, {dict(union.done)},")
        print(f"slowest look-up {union.slowest * 1000:.0f} ms", *third.said, sep="\n")
        assert "上次的密钥没有换完，接着换" in third.said[-1]
        assert min(union.done["read"], union.done["import"], union.done["talk"]) > 2
        await _all_is_new(union, key, old, new)
        assert await scene.ask("收到 999999", people.CHAIR)


@pytest.mark.db
async def test_a_bot_that_lacks_a_key_does_not_start(tmp_path: Path, database_url: str) -> None:
    """It would miss the families whose marks are under that key."""
    key = tmp_path / "secrets/songnuan.key"
    async with stage(tmp_path, database_url) as scene:
        old = _secret(key)
        await rekeying.begin(key)
        await rekeying.walk()
        both = _secret(key)
        await scene.app.stop()
        key.write_text(old)
        with pytest.raises(Conflict, match="先把它放回去"):
            await scene.start()
        key.write_text(bytes(32).hex())
        with pytest.raises(Conflict, match="不在密钥文件里"):
            await scene.start()
        key.write_text(both)
        await scene.start()
        await scene.online()
        assert "求助单" in await scene.ask("收到 999999", people.CHAIR)


def _secret(file: Path) -> str:
    assert file.stat().st_mode & 0o777 == 0o600
    return file.read_text()


async def _all_is_new(union: Union, key: Path, old: str, new: int) -> None:
    assert key_ids(key) == [new]
    _secret(key)
    keys.refresh()
    assert keys.current().ids == (new,)
    assert set(await ids_in_database()) == {new}
    assert (await keyed.rest()).none
    await union.check()
    [aside] = await asyncio.to_thread(lambda: [one for one in key.parent.iterdir() if one != key])
    assert aside.name.startswith("songnuan.key.20")
    assert _secret(aside) == old
    done = [row.action for row in await Audit.filter(subject="key").order_by("id")]
    assert done == ["key.begin", "key.end"]
