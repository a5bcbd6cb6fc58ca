"""The database as a thief would read it: the bytes of its files, whatever the program makes of them."""

from collections.abc import Iterable
from pathlib import Path

from bot.models import db


async def files(url: str) -> bytes:
    """The database as a thief would read it: SQLite's file and log, or every relation file of PostgreSQL."""
    if db.is_sqlite(url):
        paths = [Path(url.removeprefix("sqlite://") + ending) for ending in ("", "-wal", "-shm")]
    else:
        await db.fetch("CHECKPOINT")
        rows = await db.fetch(
            "SELECT current_setting('data_directory') || '/' || pg_relation_filepath(c.oid) AS path FROM pg_class c"
            " WHERE c.relkind IN ('r', 'i', 't') AND pg_relation_filepath(c.oid) IS NOT NULL"
            " AND (c.relname !~ '^pg_' OR c.relname ~ '^pg_(toast|statistic)')"
        )
        paths = [Path(row["path"]) for row in rows]
    return b"\0".join([path.read_bytes() for path in paths if path.exists()])


def on_disk(raw: bytes, secrets: Iterable[str | bytes]) -> list[str | bytes]:
    return [one for one in secrets if (one.encode() if isinstance(one, str) else one) in raw]
