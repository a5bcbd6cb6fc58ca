"""Households that the roster did not have: made ready in a thread while the batch before is being written.

Most of a first import is this, so it does as little as possible: rows as the tables take them, which point
to each other by their place in the batch until the transaction knows the ids.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from bot.actions.households import phones
from bot.actions.privacy import audit
from bot.actions.roster import checks as roster_checks
from bot.actions.roster.file import PERSON, Entry, Family, Refused
from bot.actions.roster.scope import Scope
from bot.actions.roster.values import CLEAR
from bot.actions.roster.write import (
    CONSENT_COLUMNS,
    DAY_COLUMNS,
    HOUSE,
    HOUSE_COLUMNS,
    NEW_MEMBER_COLUMNS,
    Rows,
    insert,
    midnight,
    reserve,
    sealed,
)
from bot.actions.staff import people
from bot.errors import NotAllowed
from bot.models import Consent, Household, HouseholdDate, Member, db
from bot.models.fields import to_ms

EMPTY = tuple(value for name, value in HOUSE.items() if name not in ("unit_id", "note"))
UNIT_AT = HOUSE_COLUMNS.index("unit_id")
GUARDIAN = PERSON.index("guardian")


@dataclass(slots=True)
class Ready:
    """One batch; the first cell of a household and of a member is its place among them.

    `guardians` are those who stand below their ward, so that they cannot be named before they are there.
    """

    houses: Rows = field(default_factory=list)
    members: Rows = field(default_factory=list)
    guardians: list[tuple[int, int]] = field(default_factory=list)
    days: Rows = field(default_factory=list)
    consents: Rows = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)

    def refuse(self, entries: Iterable[Entry], reason: str) -> None:
        self.refused += [(entry.number, reason) for entry in entries]


class Maker:
    """Makes families ready, without the database: any thread may do it."""

    def __init__(self, scope: Scope, staff_id: int | None) -> None:
        self.scope, self.staff_id = scope, staff_id

    def ready(self, families: Iterable[Family]) -> Ready:
        made = Ready()
        for family in families:
            family = roster_checks.settle(family, None, {}, made.refuse)
            if family.entries:
                self._household(family, made)
        sealed(Household, HOUSE_COLUMNS, made.houses)
        sealed(Member, NEW_MEMBER_COLUMNS, made.members)
        sealed(HouseholdDate, DAY_COLUMNS, made.days)
        sealed(Consent, CONSENT_COLUMNS, made.consents)
        return made

    def _household(self, family: Family, made: Ready) -> None:
        house = len(made.houses)
        unit, *said = family.house
        cells = [no if one is None or one == CLEAR else one for one, no in zip(said, EMPTY, strict=True)]
        note = None if family.note == CLEAR else family.note
        made.houses.append([house, family.code, self.scope.id_of(unit), *cells, note])
        places: dict[str, int] = {}
        later: list[tuple[str, str]] = []
        for name, person in family.persons.items():
            places[name] = len(made.members)
            guardian = person[GUARDIAN]
            made.members.append([places[name], house, name, *self._person(person), places.get(guardian)])
            if guardian is not None and guardian != CLEAR and guardian not in places:
                later.append((guardian, name))
        made.guardians += [(places[guardian], places[ward]) for guardian, ward in later]
        for kind, days in family.days.items():
            made.days += [[house, kind, day.month, day.day, day.title or None] for day in sorted(days)]
        for one in dict.fromkeys(entry.consent for entry in family.entries if entry.consent):
            member, given = places[one.name], to_ms(midnight(one.day))
            made.consents.append([house, member, one.purpose, one.words or None, self.staff_id, given])

    def _person(self, person: tuple[Any, ...]) -> tuple[Any, ...]:
        relation, phone, under_14, _ = person
        relation = "" if relation is None or relation == CLEAR else relation
        if phone is None or phone == CLEAR:
            return relation, None, None, None, bool(under_14)
        return relation, phone, phones.index(phone), phones.ending_index(phone), bool(under_14)


async def write(made: Ready, staff_id: int | None) -> None:
    """One transaction; the person's right is read again in it. Raises NotAllowed and Conflict."""
    if not made.houses:
        return
    async with db.transaction():
        if staff_id is not None:
            yours = (await Scope.of(staff_id)).yours
            if any(row[UNIT_AT] not in yours for row in made.houses):
                raise NotAllowed(people.MAY_NOT)
        houses = await reserve(Household, len(made.houses))
        members = await reserve(Member, len(made.members))
        for row in made.houses:
            row[0] = houses[row[0]]
        for row in made.members:
            row[0], row[1] = members[row[0]], houses[row[1]]
            if row[-1] is not None:
                row[-1] = members[row[-1]]
        for row in made.days:
            row[0] = houses[row[0]]
        for row in made.consents:
            row[0], row[1] = houses[row[0]], members[row[1]]
        await insert(Household, HOUSE_COLUMNS, made.houses)
        await insert(Member, NEW_MEMBER_COLUMNS, made.members)
        pairs = [(members[guardian], members[ward]) for guardian, ward in made.guardians]
        if pairs:
            await db.execute_many("UPDATE member SET guardian_id = ? WHERE id = ?", pairs)
        await insert(HouseholdDate, DAY_COLUMNS, made.days)
        await insert(Consent, CONSENT_COLUMNS, made.consents)
        created, refused = len(made.houses), len(made.refused)
        await audit.note("roster.import", "roster", staff_id=staff_id, created=created, updated=0, refused=refused)
