"""Puts a backup into an empty database, and keeps it silent until a person has looked.

What waited when the backup was made may have gone out since: it is held, never sent by itself. What
was on its way is unknown. Schedules wait for `release`, and are then planned anew from that moment.
"""

import asyncio
from pathlib import Path
from typing import NamedTuple

from bot import clock
from bot.actions.delivery import outbox
from bot.actions.privacy import audit
from bot.actions.staff import directory, people
from bot.actions.upkeep import archive, settings
from bot.actions.upkeep.backup import SCHEMA
from bot.errors import BadInput, Conflict
from bot.models import ScheduleState, Setting, db, keyfile, keys
from bot.models.fields import to_ms

NOT_EMPTY = "这个数据库里已经有数据，只能恢复到空的数据库：请先把它移到别处"
WRONG_KEY = "密钥文件和这个备份不是一对，请先放回备份时的密钥文件"
OLDER_KEY = "这个备份要用换下来的密钥文件 {file}：在命令后面加上 --key {file} 再恢复一次。"


class Restored(NamedTuple):
    rows: int
    held: int  # deliveries that waited
    unknown: int  # deliveries that were on their way


async def restore(file: Path, url: str) -> Restored:
    """Check the file, open the database (alone), and load it in one transaction; it starts on hold.

    The key must be loaded (`keys.use`) and the database closed: it is opened and closed here.
    """
    manifest = await asyncio.to_thread(archive.verify, file)
    _has_keys(keys.current(), manifest)
    with db.Instance(url):
        await db.open_(url)
        try:
            async with db.transaction():
                return await _load(file, manifest)
        finally:
            await db.close()


def _has_keys(ring: keys.Keyring, manifest: archive.Manifest) -> None:
    missing = {manifest.key_id, *manifest.older_keys}.difference(ring.ids)
    if not missing:
        return
    kept = keyfile.aside(ring.source.path) if ring.source else {}
    for mark, file in kept.items():
        if keyfile.key_id(mark) in missing:
            raise BadInput(OLDER_KEY.format(file=file))
    raise BadInput(WRONG_KEY)


async def release(*, by: int | None = None) -> bool:
    """A person has looked: work again. Held deliveries stay held until someone decides on each."""
    async with db.transaction():
        if by is not None:
            await people.act_as(by)
        if not await Setting.filter(key=settings.HOLD).delete():
            return False
        await ScheduleState.all().update(next_slot=None)
        await audit.note("hold.release", "backup", staff_id=by)
        db.after_commit(outbox.wake)
    return True


async def _load(file: Path, manifest: archive.Manifest) -> Restored:
    tables = archive.tables()
    schema = (await db.fetch(SCHEMA))[0]["name"]
    if schema != manifest.schema or {table.name for table in tables} != manifest.tables.keys():
        raise BadInput(archive.NEWER)
    for table in tables:
        if await table.model.exists():
            raise Conflict(NOT_EMPTY)
    for table in tables:
        for rows in archive.read(file, table):
            await db.execute_many(table.insert, rows)
        await _check_key(table)
        await _continue_numbers(table)
    held, unknown = await _hold()
    restored = Restored(sum(kept.rows for kept in manifest.tables.values()), held, unknown)
    await audit.note("backup.restore", "backup", **restored._asdict())
    await directory.changed()
    return restored


async def _check_key(table: archive.Table) -> None:
    """Open one value of each encrypted column: the key's id alone is only a byte."""
    for column in (column for column, kind in table.kinds.items() if kind == "bytes"):
        try:
            await table.model.filter(**{f"{column}__not_isnull": True}).first()
        except keys.CannotDecrypt:
            raise BadInput(WRONG_KEY) from None


async def _continue_numbers(table: archive.Table) -> None:
    """PostgreSQL does not notice numbers that it did not give out; SQLite does."""
    if table.numbered and not db.on_sqlite():
        last = f'(SELECT max("{table.key}") FROM "{table.name}")'
        await db.fetch(
            f"SELECT setval(pg_get_serial_sequence('{table.name}', '{table.key}'),"
            f" coalesce({last}, 1), {last} IS NOT NULL)"
        )


async def _hold() -> tuple[int, int]:
    now = clock.now()
    waiting = await db.fetch(
        "UPDATE delivery SET status = 'held', reason = 'restored', settled_at = ? WHERE status = 'queued' RETURNING id",
        to_ms(now),
    )
    on_their_way = await db.fetch(
        "UPDATE delivery SET status = 'unknown', reason = 'restored', settled_at = ?, owner = NULL,"
        " leased_until = NULL WHERE status = 'sending' RETURNING id",
        to_ms(now),
    )
    await settings.put(settings.HOLD, now.isoformat(timespec="seconds"))
    return len(waiting), len(on_their_way)
