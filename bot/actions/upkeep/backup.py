"""Saves everything while the bot runs: one consistent picture of the database, written, read back, kept.

SQLite is read over a second connection (its log keeps the picture while others write), PostgreSQL in a
REPEATABLE READ transaction; neither holds up a writer.
"""

import asyncio
import re
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiosqlite

from bot import clock
from bot.actions.privacy import audit
from bot.actions.upkeep import archive
from bot.models import db, keys

PREFIX = "songnuan-"
STAMP = "%Y%m%dT%H%M%SZ"
NAMED = re.compile(rf"{PREFIX}\d{{8}}T\d{{6}}Z\.zip")
LEAST = 3  # of the newest ones, whatever their age
STALE_SECONDS = 24 * 3600
SCHEMA = "SELECT name FROM tortoise_migrations ORDER BY id DESC LIMIT 1"

Select = Callable[[str], AsyncGenerator[list[Any], None]]


async def backup(folder: Path) -> Path:
    """Write a new backup into the folder and return its path; it is whole, or it is not there at all."""
    now = clock.now()
    writer = await asyncio.to_thread(archive.Writer, folder, f"{PREFIX}{now:{STAMP}}.zip")
    before = keys.current().ids  # of what is saved; they may have changed by the end
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
        used = tuple(dict.fromkeys((*keys.current().ids, *before)))
        path, manifest = await asyncio.to_thread(writer.finish, stamp, schema, used)
    except BaseException:
        writer.abandon()
        raise
    async with db.transaction():
        await audit.note("backup.write", "backup", rows=sum(kept.rows for kept in manifest.tables.values()))
    return path


def prune(folder: Path, days: int) -> list[Path]:
    """Delete the backups that are too old, and what broken off ones left; returns what was deleted."""
    gone = too_old(folder, days)
    for path in gone:
        path.unlink(missing_ok=True)
    return gone + clear(folder)


def clear(folder: Path) -> list[Path]:
    """Delete what backups left that were cut off half-way, and none that is being written; returns what was deleted.

    Where files cannot be locked, nobody knows that: there it is left for a day.
    """
    stale = time.time() - STALE_SECONDS
    return [part for part in folder.glob(f".{PREFIX}*.part") if archive.clear(part, stale)]


def too_old(folder: Path, days: int) -> list[Path]:
    """Those made more than so many days ago (0: none), but never the newest three. Their age is told by their name."""
    limit = clock.now() - timedelta(days=days)
    return [path for path in _kept(folder)[:-LEAST] if _made(path) < limit] if days else []


def made(folder: Path) -> list[datetime]:
    """When the backups in the folder were made, the oldest first."""
    return [_made(path) for path in _kept(folder)]


def _kept(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob(f"{PREFIX}*.zip") if NAMED.fullmatch(path.name))


def _made(path: Path) -> datetime:
    return datetime.strptime(path.name, f"{PREFIX}{STAMP}.zip").replace(tzinfo=UTC)


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
