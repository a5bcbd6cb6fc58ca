"""Opens the database, brings its tables up to date under a lock, and gives out transactions."""

import fcntl
import os
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from contextvars import ContextVar
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tortoise import Tortoise
from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.backends.base.config_generator import expand_db_url
from tortoise.connection import get_connection
from tortoise.migrations.api import migrate
from tortoise.transactions import in_transaction

from bot.errors import Problem, ProblemsFound

MIGRATION_LOCK = 0x534E4D47  # "SNMG": any fixed number will do, it only has to be ours
NAME = "default"


def _connection(url: str, **sqlite: str) -> dict[str, Any]:
    if not url.startswith("sqlite://"):
        return {**expand_db_url(url), "engine": "bot.models.postgres"}
    pragmas = {"journal_mode": "WAL", "synchronous": "FULL", "foreign_keys": "ON", "busy_timeout": "15000"}
    pragmas["secure_delete"] = "ON"  # what is deleted is overwritten, not only unlinked
    credentials = {"file_path": url.removeprefix("sqlite://"), **pragmas, **sqlite}
    return {"engine": "bot.models.sqlite", "credentials": credentials}


def settings(url: str, **sqlite: str) -> dict[str, Any]:
    """tortoise's configuration for a database URL (`sqlite://PATH` or `postgres://…`)."""
    app = {"models": ["bot.models"], "default_connection": NAME, "migrations": "bot.migrations"}
    return {"connections": {NAME: _connection(url, **sqlite)}, "apps": {"models": app}}


# What `tortoise -c bot.models.db.DEVELOPMENT makemigrations` reads.
DEVELOPMENT = settings("sqlite://:memory:")


def is_sqlite(url: str) -> bool:
    return url.startswith("sqlite://")


class Instance:
    """At most one running bot a SQLite file: whoever holds this lock may settle rows left in `sending`."""

    def __init__(self, url: str) -> None:
        self._path = Path(url.removeprefix("sqlite://") + ".lock") if is_sqlite(url) else None
        self._descriptor = -1

    def __enter__(self) -> "Instance":
        if self._path is not None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
            try:
                fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                os.close(self._descriptor)
                what = "另一个送暖正在用这个数据库"
                raise ProblemsFound([Problem(str(self._path), 0, what, "先停掉它(systemctl stop songnuan)")]) from None
        return self

    def __exit__(self, *_: object) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


@asynccontextmanager
async def _migration_lock(url: str) -> AsyncIterator[None]:
    """One migrator at a time: an advisory lock on PostgreSQL, a locked file beside a SQLite database."""
    if is_sqlite(url):
        path = url.removeprefix("sqlite://") + ".migrate"
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)
        return
    import asyncpg  # the extra `postgres`; not there on a SQLite installation

    connection = await asyncpg.connect(url.replace("asyncpg://", "postgres://", 1))
    try:
        await connection.execute("SELECT pg_advisory_lock($1)", MIGRATION_LOCK)
        yield
    finally:
        await connection.close()


async def open_(url: str, *, upgrade: bool = True) -> None:
    """Connect; with `upgrade`, first apply the migrations that are missing.

    Migrations run with foreign keys off: SQLite rebuilds an altered table, and with them on that
    rebuild would delete the rows that point to it.
    """
    if is_sqlite(url):
        Path(url.removeprefix("sqlite://")).parent.mkdir(parents=True, exist_ok=True)
    if upgrade:
        async with _migration_lock(url):
            try:
                await migrate(config=settings(url, foreign_keys="OFF"))
            finally:  # also on an error: an open SQLite connection would keep the process from ending
                await Tortoise.close_connections()
    await Tortoise.init(config=settings(url), _enable_global_fallback=True)


async def close() -> None:
    await Tortoise.close_connections()


_hooks: ContextVar[list[Callable[[], None]] | None] = ContextVar("after_commit", default=None)


@asynccontextmanager
async def transaction() -> AsyncIterator[None]:
    """All or nothing; inside another one, a savepoint. Start no task inside: it would share the connection."""
    if _hooks.get() is not None:
        async with in_transaction(NAME):
            yield
        return
    hooks: list[Callable[[], None]] = []
    token = _hooks.set(hooks)
    try:
        async with in_transaction(NAME):
            yield
    finally:
        _hooks.reset(token)
    for hook in dict.fromkeys(hooks):
        hook()


def after_commit(hook: Callable[[], None]) -> None:
    """Call `hook` once the outermost transaction is safe; at once when there is none."""
    hooks = _hooks.get()
    if hooks is None:
        hook()
    else:
        hooks.append(hook)


def connection() -> BaseDBAsyncClient:
    """The connection of this task: inside a transaction, that transaction's."""
    return get_connection(NAME)


def on_sqlite() -> bool:
    dialect: str = connection().capabilities.dialect
    return dialect == "sqlite"


async def fetch(statement: str, *values: object) -> list[dict[str, Any]]:
    """Run SQL with `?` placeholders (numbered for PostgreSQL here) and return its rows.

    Also for UPDATE … RETURNING: `execute_query` would drop such rows on PostgreSQL.
    """
    return list(await connection().execute_query_dict(_placeholders(statement), list(values)))


async def execute_many(statement: str, rows: Sequence[Sequence[object]]) -> None:
    """Run one statement for each row of values; inside a transaction, as part of it."""
    await connection().execute_many(_placeholders(statement), [list(row) for row in rows])


@lru_cache(maxsize=256)
def _numbered(statement: str) -> str:
    pieces = statement.split("?")
    return "".join(f"{piece}${n}" for n, piece in enumerate(pieces[:-1], 1)) + pieces[-1]


async def overwrite() -> bool:
    """Write the tables anew, so that no byte of a deleted row is left in their files. Not in a transaction.

    SQLite: also its log. PostgreSQL: plain VACUUM would leave the bytes in the holes of a page, and the planner's
    samples hold values, so both are renewed. Writers wait for as long as it takes. False when somebody kept on
    reading SQLite's log, so that its bytes are still there.
    """
    if not on_sqlite():
        ours = await fetch("SELECT tablename AS name FROM pg_tables WHERE schemaname = current_schema()")
        for name in (*(f'"{table["name"]}"' for table in ours), "pg_statistic"):
            await connection().execute_script(f"VACUUM (FULL, ANALYZE) {name}")
        return True
    await fetch("PRAGMA wal_checkpoint(TRUNCATE)")
    await fetch("VACUUM")
    return not (await fetch("PRAGMA wal_checkpoint(TRUNCATE)"))[0]["busy"]


def _placeholders(statement: str) -> str:
    return statement if on_sqlite() else _numbered(statement)


def marks(values: Sequence[object]) -> str:
    """`?, ?, ?` for an IN list."""
    return ", ".join("?" * len(values))


def redacted(url: str) -> str:
    """The URL without user name and password, for logs and status."""
    if is_sqlite(url):
        return url
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.hostname or ''}{parts.path}"
