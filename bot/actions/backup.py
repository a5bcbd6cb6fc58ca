"""Saves everything while the bot runs: one consistent picture of the database, written, read back, kept.

SQLite is read over a second connection (its log keeps the picture while others write), PostgreSQL in a
REPEATABLE READ transaction; neither holds up a writer.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import Any

import aiosqlite

from bot import clock
from bot.actions import archive, audit
from bot.models import db, keys

PREFIX = "songnuan-"
STALE_SECONDS = 24 * 3600
SCHEMA = "SELECT name FROM tortoise_migrations ORDER BY id DESC LIMIT 1"

Select = Callable[[str], AsyncGenerator[list[Any], None]]


async def backup(folder: Path) -> Path:
    """Write a new backup into the folder and return its path; it is whole, or it is not there at all."""
    now = clock.now()
    writer = await asyncio.to_thread(archive.Writer, folder, f"{PREFIX}{now:%Y%m%dT%H%M%SZ}.zip")
    try:
        async with _snapshot() as select:
            schema = await _schema(select)
            for table in archive.tables():
                writer.begin(table)
                async with aclosing(select(table.select)) as batches:
                    async for rows in batches:
                        await asyncio.to_thread(writer.add, table, rows)
                writer.end(table)
        stamp = now.isoformat(timespec="seconds")
        path, manifest = await asyncio.to_thread(writer.finish, stamp, schema, keys.current().key_id)
    except BaseException:
        writer.abandon()
        raise
    async with db.transaction():
        await audit.note("backup.write", "backup", rows=sum(kept.rows for kept in manifest.tables.values()))
    return path


def prune(folder: Path, keep: int = 14) -> list[Path]:
    """Delete all but the newest `keep` backups, and what a broken off one left; returns what was deleted."""
    gone = sorted(folder.glob(f"{PREFIX}*.zip"))[: -max(keep, 1)]
    gone += [part for part in folder.glob(f".{PREFIX}*.part") if part.stat().st_mtime < time.time() - STALE_SECONDS]
    for path in gone:
        path.unlink(missing_ok=True)
    return gone


async def _schema(select: Select) -> str:
    """The name of the last migration that was applied."""
    async with aclosing(select(SCHEMA)) as batches:
        return str((await anext(batches))[0][0])


@asynccontextmanager
async def _snapshot() -> AsyncIterator[Select]:
    """A function that reads batches of rows, all of the same instant."""
    client: Any = db.connection()
    if db.on_sqlite():
        async with aiosqlite.connect(client.filename, isolation_level=None) as own:
            await own.execute("PRAGMA query_only = ON")
            await own.execute("BEGIN")
            yield _from_sqlite(own)
        return
    async with client.acquire_connection() as raw, raw.transaction(isolation="repeatable_read", readonly=True):
        yield _from_postgres(raw)


def _from_sqlite(own: aiosqlite.Connection) -> Select:
    async def select(statement: str) -> AsyncGenerator[list[Any], None]:
        async with own.execute(statement) as cursor:
            while rows := list(await cursor.fetchmany(archive.BATCH)):
                yield rows

    return select


def _from_postgres(raw: Any) -> Select:
    async def select(statement: str) -> AsyncGenerator[list[Any], None]:
        cursor = await raw.cursor(statement)
        while rows := await cursor.fetch(archive.BATCH):
            yield rows

    return select
