"""A database that the first version made and filled comes to the present one whole, also when it is cut off."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from tortoise import Tortoise, fields
from tortoise.migrations import operations as ops
from tortoise.migrations.api import migrate

from bot.actions.upkeep import archive
from bot.models import FollowUp, Group, Household, db, keys
from bot.models.fields import EncryptedText
from tests.database import TEST_KEY, empty

pytestmark = pytest.mark.db

FIRST = "models.0001_initial"
ROWS = 3
SECRET = "家里没米"
Rows = dict[str, list[dict[str, Any]]]


@pytest.fixture
async def first_version(template: str, tmp_path: Path) -> AsyncIterator[str]:
    """URL of a database as the first version left it, with rows in every table."""
    keys.use(keys.Keyring(TEST_KEY))
    async with empty(template, tmp_path) as url:
        await migrate(config=db.settings(url, foreign_keys="OFF"), target=FIRST)
        await Tortoise.close_connections()
        async with opened(url):
            for table in archive.tables():
                await _fill(table.name)
        yield url


async def columns(table: str) -> list[str]:
    if db.on_sqlite():
        return [row["name"] for row in await db.fetch(f"PRAGMA table_info({table})")]
    rows = await db.fetch("SELECT column_name AS name FROM information_schema.columns WHERE table_name = ?", table)
    return [row["name"] for row in rows]


async def _fill(table: str) -> None:
    meta = next(model._meta for model in (Tortoise.apps or {})["models"].values() if model._meta.db_table == table)
    there = await columns(table)
    if not there:
        return  # it came later
    known = {column: meta.fields_map[name] for column, name in _names(meta) if column in there}
    for n in range(1, ROWS + 1):
        values = {column: _value(field, n, table) for column, field in known.items()}
        names = ", ".join(f'"{name}"' for name in values)
        await db.execute_many(
            f'INSERT INTO "{table}" ({names}) VALUES ({db.marks(list(values))})', [list(values.values())]
        )


def _names(meta: Any) -> list[tuple[str, str]]:
    return [(column, name) for name, column in meta.fields_db_projection.items()]


def _value(field: Any, n: int, table: str) -> object:
    if field.reference is not None:
        own = field.reference.related_model._meta.db_table == table
        return n if not own else None if n == 1 else 1
    if isinstance(field, EncryptedText):
        return keys.current().seal(SECRET, field._context())
    if isinstance(field, fields.BooleanField):
        return n % 2 == 0
    if isinstance(field, fields.JSONField):
        return "[]"
    if isinstance(field, fields.CharField):
        return f"{n}{field.model_field_name}"[: field.max_length]
    return f"{n}" if isinstance(field, fields.TextField) else n


async def contents(only: Rows | None = None) -> Rows:
    """Every value as it is stored; with `only`, of those tables and columns."""
    found: Rows = {}
    for table in archive.tables():
        there = sorted(await columns(table.name)) if only is None else list(only.get(table.name, [{}])[0])
        if there:
            named = ", ".join(f'"{name}"' for name in there)
            found[table.name] = await db.fetch(f'SELECT {named} FROM "{table.name}" ORDER BY 1, 2')
    return found


async def shape() -> set[tuple[str, ...]]:
    """Columns, indexes and triggers by name."""
    found = {(table.name, column) for table in archive.tables() for column in await columns(table.name)}
    if db.on_sqlite():
        rows = await db.fetch("SELECT type || ' ' || tbl_name AS a, name AS b FROM sqlite_master WHERE type <> 'table'")
    else:
        rows = await db.fetch(
            "SELECT 'index ' || tablename AS a, indexname AS b FROM pg_indexes WHERE schemaname = current_schema()"
            " UNION ALL SELECT 'constraint', conname FROM pg_constraint"
            " UNION ALL SELECT 'trigger', tgname FROM pg_trigger WHERE NOT tgisinternal"
        )
    return found | {(row["a"], row["b"]) for row in rows}


@asynccontextmanager
async def opened(url: str, *, upgrade: bool = False) -> AsyncIterator[None]:
    try:
        await db.open_(url, upgrade=upgrade)
        yield
    finally:
        await db.close()


async def test_nothing_is_lost(first_version: str, template: str) -> None:
    async with opened(template):
        wanted = await shape()
    async with opened(first_version):
        before = await contents()
    assert sum(map(len, before.values())) == ROWS * len(before) > 50
    async with opened(first_version, upgrade=True):
        assert await contents(before) == before
        assert await shape() == wanted
        assert await Group.filter(rank=0, same_as_id=None).count() == ROWS
        assert await FollowUp.filter(visited=False).count() == ROWS
        assert [one.address for one in await Household.all()] == [SECRET] * ROWS
        if db.on_sqlite():
            assert await db.fetch("PRAGMA foreign_key_check") == []
            assert await db.fetch("PRAGMA integrity_check") == [{"integrity_check": "ok"}]


async def test_cut_off_half_way_it_goes_on_at_the_next_start(
    first_version: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    second = import_module("bot.migrations.0002_second_stage").Migration
    async with opened(first_version):
        before = await contents()

    async def power_failure(apps: object, editor: object) -> None:
        raise OSError("the power is gone")

    for cut in (1, len(second.operations) // 2, len(second.operations)):
        with monkeypatch.context() as patch:
            operations = [*second.operations[:cut], ops.RunPython(power_failure), *second.operations[cut:]]
            patch.setattr(second, "operations", operations)
            with pytest.raises(OSError, match="the power"):
                async with opened(first_version, upgrade=True):
                    pass
    async with opened(first_version, upgrade=True):
        assert await contents(before) == before
