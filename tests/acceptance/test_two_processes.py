"""Two bots on one PostgreSQL, one of them on a machine whose clock is an hour fast: together they are one bot."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import asyncpg

from tests.servers.bot_site import PATIENCE, Bot, write_site
from tests.servers.onebot_ledger import Sent
from tests.servers.onebot_process import Peer, peer_process

GROUPS = 300
HOUR = 3600
AHEAD = 2500  # ms from planning to the slot: time for both to see it coming
LATEST = 5000  # ms after its slot that a busy machine may need to fire it


class Database:
    """Plain SQL: the test's own process has tortoise set up for SQLite."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    async def rows(self, statement: str, *values: object) -> list[Any]:
        return list(await self._connection.fetch(statement, *values))

    async def until(self, statement: str, *values: object) -> None:
        """Waits until a query says true."""
        async with asyncio.timeout(PATIENCE):
            while not (await self.rows(statement, *values))[0][0]:  # noqa: ASYNC110 - another process does not announce it
                await asyncio.sleep(0.05)

    async def plan(self, schedules: Sequence[str]) -> int:
        """All at one slot, soon, by this database's clock; returns it in milliseconds."""
        now = (await self.rows("SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint"))[0][0]
        await self.rows("UPDATE schedule_state SET next_slot = $1 WHERE key = ANY($2)", now + AHEAD, schedules)
        return int(now) + AHEAD


@asynccontextmanager
async def new_database(server: str) -> AsyncIterator[tuple[str, Database]]:
    """An empty one, without tables: the bots make them, both at once."""
    name = f"two_{uuid4().hex[:8]}"
    admin = await asyncpg.connect(server)
    await admin.execute(f"CREATE DATABASE {name}")
    url = urlunsplit(urlsplit(server)._replace(path=f"/{name}"))
    connection = await asyncpg.connect(url)
    try:
        yield url, Database(connection)
    finally:
        await connection.close()
        await admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
        await admin.close()


@asynccontextmanager
async def two_bots(folder: Path, url: str, peer: Peer) -> AsyncIterator[list[Bot]]:
    config = write_site(folder, peer.url, database=url, schedules=2, texts=3)
    bots = [await Bot.start(config), await Bot.start(config, f"--clock-offset={HOUR}")]
    try:
        for bot in bots:
            await bot.ready()
        yield bots
    finally:
        for bot in bots:
            await bot.kill()


async def switch_groups_on(database: Database) -> None:
    """Once the bots have learnt them from the network."""
    await database.until("SELECT count(*) = $1 FROM chat_group", GROUPS)
    await database.rows("UPDATE chat_group SET enabled = true")
    await database.rows(
        "INSERT INTO setting VALUES ('directory', 'on') ON CONFLICT (key) DO UPDATE SET value = excluded.value"
    )


async def test_two_bots_with_clocks_an_hour_apart(postgres_url: str, tmp_path: Path) -> None:
    async with peer_process(tmp_path, GROUPS) as peer, new_database(postgres_url) as (url, database):
        async with two_bots(tmp_path / "site", url, peer) as bots:
            await switch_groups_on(database)
            await peer.order("faults", delay=0.4)  # so that one alone cannot be done before the other looks
            slots = set()
            for number in (1, 2):
                slots.add(await database.plan(["s0", "s1"]))
                await database.until("SELECT count(*) = $1 FROM broadcast", 2 * number)
            everything = 2 * len(slots) * GROUPS
            await database.until("SELECT count(*) = $1 FROM delivery WHERE status = 'sent'", everything)
            assert [await bot.stop() for bot in bots] == [0, 0]
        await _fired_by_the_database(database, slots)
        rows = await database.rows("SELECT id, broadcast_id, chat_id, status FROM delivery")
        _sent_once(rows, peer.ledger(), everything)


async def _fired_by_the_database(database: Database, slots: set[int]) -> None:
    """Every slot once, and neither an hour early nor an hour late."""
    fired = await database.rows("SELECT schedule_key, slot, fired_at, outcome FROM broadcast")
    assert Counter((row["schedule_key"], row["slot"]) for row in fired) == Counter(
        (key, slot) for slot in slots for key in ("s0", "s1")
    )
    assert {row["outcome"] for row in fired} == {"fired"}
    assert all(0 <= row["fired_at"] - row["slot"] < LATEST for row in fired)
    assert abs(max(row["fired_at"] for row in fired) - time.time() * 1000) < HOUR * 1000 / 2


def _sent_once(rows: list[Any], ledger: list[Sent], everything: int) -> None:
    assert len(rows) == len({(row["broadcast_id"], row["chat_id"]) for row in rows}) == everything
    assert {row["status"] for row in rows} == {"sent"}
    marks = [sent.echo.partition("/") for sent in ledger]
    assert Counter(int(ref) for ref, _, _ in marks) == Counter(row["id"] for row in rows)
    assert set(Counter((sent.chat, sent.text) for sent in ledger).values()) == {1}
    runs = Counter(run.partition(".")[0] for _, _, run in marks)  # a word that each process draws at its start
    assert len(runs) == 2, f"one did all the work: {runs}"
