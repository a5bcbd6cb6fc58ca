"""Puts everything that is encrypted under a new key while the bot goes on working.

What is under way is told by the key file alone: as long as it holds an older key, the change is unfinished, and
whoever walks may begin again at any time. A value is replaced only where it still is what was read, so nothing
that is written meanwhile is lost and two walkers do no harm.
"""

import asyncio
import secrets
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from bot import clock
from bot.actions.privacy import audit, keyed
from bot.errors import Conflict
from bot.models import db, keyfile, keys
from bot.models.fields import to_ms
from bot.models.marks import CODES_OF_OTHERS, FAILURES_OF_OTHERS, as_text

PATIENCE = 600.0  # seconds for the transactions of others
UNFINISHED = "还有没换完的，请再运行一次 songnuan key rotate。"
HELD = "有程序在数据库里开着一个很久的事务，密钥换不完：关掉它，再运行一次 songnuan key rotate。"

OLDER = """
SELECT count(*) AS n FROM pg_stat_activity WHERE datname = current_database()
AND pid <> pg_backend_pid() AND backend_type = 'client backend' AND xact_start < ?
"""


async def begin(file: Path) -> None:
    """A new key on top of the file. Raises Conflict, with nothing changed, when the keys in it do not fit the data."""
    await keyed.check()
    content, _ = keyfile.read(file)
    keyfile.replace(file, content._replace(masters=(keyfile.new_master(content), *content.masters)))
    keys.refresh()
    async with db.transaction():
        await audit.note("key.begin", "key", key=f"{keys.current().key_id:02x}")


async def walk(tell: Callable[[int], None] = lambda done: None) -> list[str]:
    """Once through all tables; returns the places of values that cannot be read, which are left as they are.

    A pause as long as each transaction was lets everybody else at the database in between.
    """
    broken: list[str] = []
    done = 0
    for table in keyed.tables():
        async for rows in keyed.batches(table, whole=bool(table.marks)):
            changes = _changes(table, rows, keys.current(), broken)
            began = time.monotonic()
            if changes:
                await _write(table, changes)
                done += sum(len(change.after) for change in changes)
                tell(done)
            await asyncio.sleep(time.monotonic() - began)
    return broken


async def others_are_done(grace: float) -> None:
    """Waits until whoever may still hold what the walk replaced has written it.

    That is `grace` seconds, and on PostgreSQL also the end of every transaction that was open when this was called;
    SQLite has one writer at a time. Raises Conflict when such a transaction does not end.
    """
    began = None if db.on_sqlite() else (await db.fetch("SELECT clock_timestamp() AS at"))[0]["at"]
    await asyncio.sleep(grace)
    if began is None:
        return
    deadline = time.monotonic() + PATIENCE
    while (await db.fetch(OLDER, began))[0]["n"]:  # another session's end is announced to nobody
        if time.monotonic() > deadline:
            raise Conflict(HELD)
        await asyncio.sleep(0.2)


async def live_codes() -> int:
    """Bind codes that somebody may still use, and that end with the old key: the code itself is kept nowhere."""
    now, ring = to_ms(clock.now()), keys.current()
    statement = "SELECT count(*) AS n FROM bind_code WHERE used_at IS NULL AND expires_at > ?"
    if ring.changing:
        return int((await db.fetch(f"{statement} AND coalesce(key_id, -1) <> ?", now, ring.key_id))[0]["n"])
    return int((await db.fetch(statement, now))[0]["n"])


async def void() -> None:
    """What is made from something that is not kept ends with the older key: bind codes, and who failed to sign in."""
    now, key_id = to_ms(clock.now()), keys.current().key_id
    async with db.transaction():
        codes = await db.fetch(f"SELECT id, expires_at FROM {CODES_OF_OTHERS}", key_id)
        rows = [(secrets.token_hex(16), min(code["expires_at"], now), key_id, code["id"]) for code in codes]
        if rows:
            await db.execute_many("UPDATE bind_code SET code_index = ?, expires_at = ?, key_id = ? WHERE id = ?", rows)
        await db.fetch(f"DELETE FROM {FAILURES_OF_OTHERS} RETURNING key", as_text(key_id))


async def end(file: Path) -> list[Path]:
    """The older keys leave the file, and are kept beside it for the backups made under them; returns those files.

    Raises Conflict when something is still under one of them.
    """
    left = await keyed.rest()
    if not left.none:
        raise Conflict(UNFINISHED)
    content, _ = keyfile.read(file)
    first, *older = content.masters
    day = f"{clock.local(clock.now()):%Y-%m-%d}"
    kept = [keyfile.set_aside(file, one, day) for one in older]
    before = [keyfile.fingerprint(one) for one in older]
    async with db.transaction():
        await audit.note("key.end", "key", key=f"{keys.current().key_id:02x}", renewed=left.all)
    keyfile.replace(file, keyfile.Content((first,), tuple(dict.fromkeys((*content.retired, *before)))))
    keys.refresh()
    return kept


class _Change(NamedTuple):
    """For one row: what it must still hold, and what it gets."""

    key: Any
    before: keyed.Row
    after: keyed.Row


def _changes(table: keyed.Table, rows: list[keyed.Row], ring: keys.Keyring, broken: list[str]) -> list[_Change]:
    found = []
    for row in rows:
        after = keyed.values(table, row, ring, broken) | keyed.marks(table, row, ring)
        if after:
            sources = {mark.source for mark in table.marks if mark.column in after}
            before = {column: row[column] for column in sorted(after.keys() | sources) if row[column] is not None}
            found.append(_Change(row[table.key], before, after))
    return found


async def _write(table: keyed.Table, changes: list[_Change]) -> None:
    """One short transaction. Rows of which the same columns change share a statement."""
    statements: dict[str, list[list[Any]]] = {}
    for key, before, after in changes:
        pairs = ", ".join(f'"{column}" = ?' for column in after)
        still = "".join(f' AND "{column}" = ?' for column in before)
        statement = f'UPDATE "{table.name}" SET {pairs} WHERE "{table.key}" = ?{still}'
        statements.setdefault(statement, []).append([*after.values(), key, *before.values()])
    async with db.transaction():
        for statement, rows in statements.items():
            await db.execute_many(statement, rows)
