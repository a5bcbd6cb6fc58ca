"""What in the database is under a key, and under which: columns are taken from the models, never listed here."""

from collections.abc import AsyncIterator, Iterable
from contextlib import suppress
from typing import Any, NamedTuple

from tortoise import Tortoise
from tortoise.models import Model

from bot.errors import Conflict
from bot.models import db, keys
from bot.models.fields import EncryptedText
from bot.models.marks import CODES_OF_OTHERS, FAILURES_OF_OTHERS, MARKS, Mark, as_text

BATCH = 500
SOME = 5
WRONG_KEY = "密钥文件和数据库不是一对：放回原来的密钥文件。"
UNKNOWN_KEY = "数据库里有 {count} 处是用别的密钥加密的（{places}），这个密钥不在密钥文件里：先把它放回去。"

Row = dict[str, Any]


class Table(NamedTuple):
    """What of a table is under a key: its encrypted columns with what each is bound to, and its blind indexes."""

    name: str
    key: str
    sealed: dict[str, bytes]
    marks: tuple[Mark, ...]

    @property
    def columns(self) -> str:
        return ", ".join(f'"{one}"' for one in (self.key, *self.sealed, *(mark.column for mark in self.marks)))

    def under_other(self, columns: Iterable[str], ids: int = 1) -> str:
        """SQL: one of the columns holds a value under none of so many keys, whose ids are parameters, each column's."""
        return " OR ".join(f'substr("{column}", 2, 1) NOT IN ({db.marks(range(ids))})' for column in columns)


class Rest(NamedTuple):
    """What is not yet under the key in use; `all` is how many values and indexes there are."""

    values: int
    indexes: int
    one_way: int
    all: int

    @property
    def none(self) -> bool:
        return self.values + self.indexes + self.one_way == 0


def tables() -> list[Table]:
    models = sorted((Tortoise.apps or {})["models"].values(), key=lambda model: model._meta.db_table)
    return [table for table in map(_table, models) if table.sealed]


def _table(model: type[Model]) -> Table:
    meta = model._meta
    fields = ((column, meta.fields_map[name]) for name, column in meta.fields_db_projection.items())
    sealed = {column: field._context() for column, field in fields if isinstance(field, EncryptedText)}
    return Table(meta.db_table, meta.db_pk_column, sealed, MARKS.get(meta.db_table, ()))


async def check() -> None:
    """Is everything under a key that we have? A key's id is only a byte, so some values are opened as well.

    Raises Conflict.
    """
    ring = keys.current()
    ids = [bytes((one,)) for one in ring.ids]
    strange: dict[str, int] = {}
    tried = opened = 0
    for table in tables():
        for column, context in table.sealed.items():
            other = table.under_other([column], len(ids))
            count = (await db.fetch(f'SELECT count(*) AS n FROM "{table.name}" WHERE {other}', *ids))[0]["n"]
            if count:
                strange[f"{table.name}.{column}"] = count
            some = f'SELECT "{column}" AS it FROM "{table.name}" WHERE "{column}" IS NOT NULL LIMIT {SOME}'
            stored = [bytes(row["it"]) for row in await db.fetch(some)]
            tried += len(stored)
            opened += sum(_opens(ring, one, context) for one in stored)
    if strange:
        raise Conflict(UNKNOWN_KEY.format(count=sum(strange.values()), places="、".join(strange)))
    if tried and not opened:
        raise Conflict(WRONG_KEY)


def _opens(ring: keys.Keyring, stored: bytes, context: bytes) -> bool:
    try:
        ring.open(stored, context)
    except keys.CannotDecrypt:
        return False
    return True


async def rest() -> Rest:
    """Counts by looking at every row."""
    ring = keys.current()
    values = indexes = everything = 0
    for table in tables():
        for column in table.sealed:
            row = (
                await db.fetch(
                    f'SELECT count("{column}") AS n, sum(CASE WHEN {table.under_other([column])} THEN 1 ELSE 0 END)'
                    f' AS left_ FROM "{table.name}"',
                    bytes((ring.key_id,)),
                )
            )[0]
            everything += row["n"]
            values += row["left_"] or 0
        if table.marks:
            async for rows in batches(table, whole=True):
                for row in rows:
                    everything += sum(row[mark.column] is not None for mark in table.marks)
                    indexes += len(marks(table, row, ring))
    return Rest(values, indexes, await one_way(ring.key_id), everything)


def values(table: Table, row: Row, ring: keys.Keyring, broken: list[str]) -> Row:
    """The columns that are under another key, sealed anew; the place of one that cannot be read goes to `broken`."""
    after = {}
    for column, context in table.sealed.items():
        stored = row[column]
        if stored is not None and stored[1:2] != bytes((ring.key_id,)):
            try:
                after[column] = ring.seal(ring.open(bytes(stored), context), context)
            except keys.CannotDecrypt:
                broken.append(f"{table.name}.{column} {row[table.key]}")
    return after


def marks(table: Table, row: Row, ring: keys.Keyring) -> Row:
    """The indexes that are not what they should be. A missing one stays so; of what cannot be read there is none."""
    after = {}
    for mark in table.marks:
        stored, source = row[mark.column], row[mark.source]
        if stored is not None:
            wanted = None
            with suppress(keys.CannotDecrypt):
                if source is not None:
                    wanted = ring.index(mark.form(ring.open(bytes(source), table.sealed[mark.source])))
            if stored != wanted:
                after[mark.column] = wanted
    return after


async def batches(table: Table, *, whole: bool) -> AsyncIterator[list[Row]]:
    """The table's rows in order of their key, or only those with a value under another key."""
    ring = keys.current()
    wanted = "1 = 1" if whole else f"({table.under_other(table.sealed)})"
    ids = [] if whole else [bytes((ring.key_id,))] * len(table.sealed)
    after: list[Any] = []
    while True:
        beyond = f' AND "{table.key}" > ?' if after else ""
        rows = await db.fetch(
            f'SELECT {table.columns} FROM "{table.name}" WHERE {wanted}{beyond} ORDER BY "{table.key}" LIMIT {BATCH}',
            *ids,
            *after,
        )
        if not rows:
            return
        yield rows
        after = [rows[-1][table.key]]


async def one_way(key_id: int) -> int:
    """How many codes and counts of failures there are under other keys."""
    codes = await db.fetch(f"SELECT count(*) AS n FROM {CODES_OF_OTHERS}", key_id)
    failures = await db.fetch(f"SELECT count(*) AS n FROM {FAILURES_OF_OTHERS}", as_text(key_id))
    return int(codes[0]["n"] + failures[0]["n"])
