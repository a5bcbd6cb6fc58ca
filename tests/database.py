"""The `database` fixture: an empty, migrated database of the kind that SONGNUAN_TEST_DB names (sqlite by default).

It is migrated once a session and copied for each test: a file copy, or PostgreSQL's own TEMPLATE.
"""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pytest

from bot import clock
from bot.actions.staff import directory
from bot.models import db, keys

TEST_KEY = bytes(range(32))
_numbers = count(1)


def _named(url: str, name: str) -> str:
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


async def _psql(url: str, statement: str) -> None:
    import asyncpg

    connection = await asyncpg.connect(url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


async def _migrated(url: str) -> None:
    await db.open_(url)
    await db.close()


@pytest.fixture(scope="session")
def template(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    """URL of a migrated, empty database that nobody writes to."""
    if os.environ.get("SONGNUAN_TEST_DB", "sqlite") == "sqlite":
        url = f"sqlite://{tmp_path_factory.mktemp('template') / 'template.db'}"
    else:
        server: str = request.getfixturevalue("postgres_url")
        url = _named(server, "template_songnuan")
        asyncio.run(_psql(server, "CREATE DATABASE template_songnuan"))
    asyncio.run(_migrated(url))
    return url


async def fresh(template: str, folder: Path) -> str:
    """A new copy of the migrated database, not yet open; returns its URL."""
    if db.is_sqlite(template):
        path = folder / f"songnuan{next(_numbers)}.db"
        shutil.copyfile(template.removeprefix("sqlite://"), path)
        return f"sqlite://{path}"
    name = f"songnuan{next(_numbers)}"
    await _psql(_named(template, "postgres"), f"CREATE DATABASE {name} TEMPLATE template_songnuan")
    return _named(template, name)


@asynccontextmanager
async def empty(template: str, folder: Path) -> AsyncIterator[str]:
    """URL of a database of the same kind without any table, gone afterwards."""
    if db.is_sqlite(template):
        yield f"sqlite://{folder / 'empty.db'}"
        return
    server, name = _named(template, "postgres"), f"songnuan{next(_numbers)}"
    await _psql(server, f"CREATE DATABASE {name}")
    try:
        yield _named(template, name)
    finally:
        await db.close()
        await _psql(server, f"DROP DATABASE {name} WITH (FORCE)")


async def empty_audit() -> None:
    """For machines that begin anew in one database: it refuses to forget, so its guards are lifted for a moment."""
    if not db.on_sqlite():
        await db.fetch("ALTER TABLE audit DISABLE TRIGGER USER")
        await db.fetch("DELETE FROM audit")
        await db.fetch("ALTER TABLE audit ENABLE TRIGGER USER")
        return
    guards = await db.fetch("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'audit'")
    for guard in guards:
        await db.fetch(f"DROP TRIGGER {guard['name']}")
    await db.fetch("DELETE FROM audit")
    for guard in guards:
        await db.fetch(guard["sql"])


@pytest.fixture
async def database_url(template: str, tmp_path: Path) -> str:
    """A fresh migrated database, for a test that opens it itself or in another process."""
    return await fresh(template, tmp_path)


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[str]:
    """A fresh database, open in this process, with a key and an empty directory; yields its URL."""
    keys.use(keys.Keyring(TEST_KEY))
    await db.open_(database_url, upgrade=False)
    await directory.refresh()
    try:
        yield database_url
    finally:
        await db.close()
        clock.use(None)
        if not db.is_sqlite(database_url):
            name = urlsplit(database_url).path.strip("/")
            await _psql(_named(database_url, "postgres"), f"DROP DATABASE {name} WITH (FORCE)")
