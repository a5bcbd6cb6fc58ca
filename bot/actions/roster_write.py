"""Puts a batch of families into the tables, many rows a statement: a roster of 100,000 rows must not take minutes.

New rows get their ids beforehand, so that members, guardians and consents can point to each other without
asking for them again.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, tzinfo
from functools import lru_cache
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
    "note": None,
    "best_time": "",
    "may_tell": None,
    "do_not_call": False,
    "messages_off": False,
}
PERSON: dict[str, Any] = {
    "relation": "",
    "phone": None,
    "phone_index": None,
    "phone_ending": None,
    "under_14": False,
}
CONSENT = ("household_id", "member_id", "purpose", "words", "staff_id", "given_at")
DAY = ("household_id", "kind", "month", "day", "title")

NEXT_ON_POSTGRES = "SELECT nextval(pg_get_serial_sequence('%s', 'id')) AS id FROM generate_series(1, %d)"
NEXT_ON_SQLITE = "SELECT coalesce(max(seq), 0) + 1 AS id FROM sqlite_sequence WHERE name = '%s'"

Rows = list[list[Any]]


@dataclass(slots=True)
class Writes:
    """Everything that one transaction will change; the rows have the order of the columns above."""

    staff_id: int | None
    houses: Rows = field(default_factory=list)
    members: Rows = field(default_factory=list)
    days: Rows = field(default_factory=list)
    consents: Rows = field(default_factory=list)
    guardians: list[tuple[int | None, int]] = field(default_factory=list)
    days_gone: list[int] = field(default_factory=list)
    changed_houses: list[Household] = field(default_factory=list)
    changed_members: list[Member] = field(default_factory=list)
    audits: list[Audit] = field(default_factory=list)

    async def flush(self) -> None:
        """Raises Conflict when another import has put in one of these households meanwhile."""
        await _update(Household, list(HOUSE), self.changed_houses)
        await _update(Member, list(PERSON), self.changed_members)
        if self.days_gone:
            await HouseholdDate.filter(id__in=self.days_gone).delete()
        try:
            await _insert(Household, ["id", "code", *HOUSE], self.houses)
        except IntegrityError:
            raise Conflict(BUSY) from None
        await _insert(Member, ["id", "household_id", "name", *PERSON], self.members)
        if self.guardians:
            await db.execute_many("UPDATE member SET guardian_id = ? WHERE id = ?", self.guardians)
        await _insert(HouseholdDate, DAY, self.days)
        await _insert(Consent, CONSENT, self.consents)
        if self.audits:
            await Audit.bulk_create(self.audits)


async def reserve(model: type[Model], number: int) -> list[int]:
    """Ids for new rows, for the transaction that asks: on SQLite it is alone, PostgreSQL never gives one twice."""
    table = model._meta.db_table
    if not db.on_sqlite():
        return [row["id"] for row in await db.fetch(NEXT_ON_POSTGRES % (table, number))]
    first = (await db.fetch(NEXT_ON_SQLITE % table))[0]["id"]
    return list(range(first, first + number))


def midnight(day: date) -> datetime:
    """When that day began, in the union's time."""
    return _midnight(day, clock.zone())


@lru_cache(maxsize=4096)
def _midnight(day: date, zone: tzinfo) -> datetime:
    return datetime.combine(day, time.min, zone).astimezone(UTC)


async def _insert(model: type[Model], names: Sequence[str], rows: Rows) -> None:
    if rows:
        statement = f"INSERT INTO {model._meta.db_table} ({', '.join(names)}) VALUES ({db.marks(names)})"
        await db.execute_many(statement, _sealed(model, names, rows))


async def _update(model: type[Model], names: Sequence[str], changed: Sequence[Any]) -> None:
    if changed:
        pairs = ", ".join(f"{name} = ?" for name in names)
        rows = [[*(getattr(one, name) for name in names), one.id] for one in changed]
        statement = f"UPDATE {model._meta.db_table} SET {pairs} WHERE id = ?"
        await db.execute_many(statement, _sealed(model, names, rows))


def _sealed(model: type[Model], names: Sequence[str], rows: Rows) -> Rows:
    """The rows with their encrypted columns sealed as the model's own fields do it, without asking them each time."""
    seal = keys.current().seal
    for at, name in enumerate(names):
        column = model._meta.fields_map[name]
        if isinstance(column, EncryptedText):
            context = column._context()
            for row in rows:
                if row[at] is not None:
                    row[at] = bytearray(seal(row[at], context))  # sqlite3 takes it as it is, bytes it looks up first
    return rows
