"""Puts a batch of families into the tables, many rows a statement: a roster of 100,000 rows must not take minutes.

New rows get their ids beforehand, so that members, guardians and consents can point to each other without
asking for them again. Do not call this inside of another transaction.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, tzinfo
from functools import lru_cache
from itertools import chain
from typing import Any

from tortoise.exceptions import IntegrityError
from tortoise.models import Model

from bot import clock
from bot.errors import Conflict
from bot.models import Audit, Consent, Household, HouseholdDate, Member, db, keys
from bot.models.fields import EncryptedText

BUSY = "名册刚被别人改过，请再导入一次，已经收下的不会重复"

# The columns that an import writes, and what they hold where the sheet says nothing.
HOUSE: dict[str, Any] = {
    "unit_id": None,
    "category": "",
    "grade": "",
    "address": None,
    "best_time": "",
    "may_tell": None,
    "do_not_call": False,
    "messages_off": False,
    "note": None,
}
PERSON: dict[str, Any] = {
    "relation": "",
    "phone": None,
    "phone_index": None,
    "phone_ending": None,
    "under_14": False,
}
HOUSE_COLUMNS = ("id", "code", *HOUSE)
MEMBER_COLUMNS = ("id", "household_id", "name", *PERSON)
NEW_MEMBER_COLUMNS = (*MEMBER_COLUMNS, "guardian_id")
DAY_COLUMNS = ("household_id", "kind", "month", "day", "title")
CONSENT_COLUMNS = ("household_id", "member_id", "purpose", "words", "staff_id", "given_at")

NEXT_ON_POSTGRES = "SELECT nextval(pg_get_serial_sequence('%s', 'id')) AS id FROM generate_series(1, %d)"
NEXT_ON_SQLITE = "SELECT coalesce(max(seq), 0) + 1 AS id FROM sqlite_sequence WHERE name = '%s'"
ROWS_A_STATEMENT = (1000, 100, 10)  # on SQLite, which takes 32,766 parameters

Rows = list[list[Any]]


@dataclass(slots=True)
class Changes:
    """What one transaction will change of households that are known."""

    staff_id: int | None
    houses: list[Household] = field(default_factory=list)
    members: list[Member] = field(default_factory=list)
    new_members: Rows = field(default_factory=list)
    guardians: list[tuple[int | None, int]] = field(default_factory=list)
    days: Rows = field(default_factory=list)
    days_gone: list[int] = field(default_factory=list)
    consents: Rows = field(default_factory=list)
    audits: list[Audit] = field(default_factory=list)

    async def flush(self) -> None:
        await _update(Household, list(HOUSE), self.houses)
        await _update(Member, list(PERSON), self.members)
        await insert(Member, MEMBER_COLUMNS, sealed(Member, MEMBER_COLUMNS, self.new_members))
        if self.guardians:
            await db.execute_many("UPDATE member SET guardian_id = ? WHERE id = ?", self.guardians)
        if self.days_gone:
            await HouseholdDate.filter(id__in=self.days_gone).delete()
        await insert(HouseholdDate, DAY_COLUMNS, sealed(HouseholdDate, DAY_COLUMNS, self.days))
        await insert(Consent, CONSENT_COLUMNS, sealed(Consent, CONSENT_COLUMNS, self.consents))
        await Audit.bulk_create(self.audits)


async def reserve(model: type[Model], number: int) -> list[int]:
    """Ids for new rows, for the transaction that asks: on SQLite it is alone, PostgreSQL never gives one twice."""
    table = model._meta.db_table
    if not db.on_sqlite():
        return [row["id"] for row in await db.fetch(NEXT_ON_POSTGRES % (table, number))]
    first = (await db.fetch(NEXT_ON_SQLITE % table))[0]["id"]
    return list(range(first, first + number))


async def insert(model: type[Model], names: Sequence[str], rows: Rows) -> None:
    """Raises Conflict when another import has put in one of these households meanwhile.

    SQLite gets many rows a statement, and works on them while Python does something else; in a few sizes only, so
    that it has to understand no more than these.
    """
    done = 0
    try:
        for at_once in ROWS_A_STATEMENT if db.on_sqlite() else ():
            statement = _statement(model, names, at_once)
            while len(rows) - done >= at_once:
                await db.fetch(statement, *chain.from_iterable(rows[done : done + at_once]))
                done += at_once
        if done < len(rows):
            await db.execute_many(_statement(model, names, 1), rows[done:])
    except IntegrityError:
        raise Conflict(BUSY) from None


@lru_cache(maxsize=64)
def _statement(model: type[Model], names: Sequence[str], rows: int) -> str:
    marks = ", ".join([f"({db.marks(names)})"] * rows)
    return f"INSERT INTO {model._meta.db_table} ({', '.join(names)}) VALUES {marks}"


async def _update(model: type[Model], names: Sequence[str], changed: Sequence[Any]) -> None:
    if changed:
        pairs = ", ".join(f"{name} = ?" for name in names)
        rows = [[*(getattr(one, name) for name in names), one.id] for one in changed]
        await db.execute_many(f"UPDATE {model._meta.db_table} SET {pairs} WHERE id = ?", sealed(model, names, rows))


def sealed(model: type[Model], names: Sequence[str], rows: Rows) -> Rows:
    """The rows with their encrypted columns sealed as the model's own fields do it, without asking them each time."""
    seal_all = keys.current().seal_all
    for at, name in enumerate(names):
        column = model._meta.fields_map[name]
        if isinstance(column, EncryptedText):
            said = [row for row in rows if row[at] is not None]
            for row, value in zip(said, seal_all([row[at] for row in said], column._context()), strict=True):
                row[at] = bytearray(value)  # sqlite3 takes it as it is, bytes it looks up first
    return rows


def midnight(day: date) -> datetime:
    """When that day began, in the union's time."""
    return _midnight(day, clock.zone())


@lru_cache(maxsize=4096)
def _midnight(day: date, zone: tzinfo) -> datetime:
    return datetime.combine(day, time.min, zone).astimezone(UTC)
