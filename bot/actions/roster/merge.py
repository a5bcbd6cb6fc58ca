"""Compares what a sheet says of some families with what is known, and notes what has to be written."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from bot import clock
from bot.actions.households import phones
from bot.actions.roster import checks as roster_checks
from bot.actions.roster import file as roster_file
from bot.actions.roster.file import Entry, Family, Refused
from bot.actions.roster.scope import Scope
from bot.actions.roster.values import CLEAR, HARDSHIP, Day
from bot.actions.roster.write import HOUSE, PERSON, Changes, midnight, reserve
from bot.models import Audit, Consent, Household, HouseholdDate, Member
from bot.models.fields import to_ms

GUARDIAN = roster_file.PERSON.index("guardian")

Members = dict[str, Member]
Known = dict[str, Any]


@dataclass(slots=True)
class Tally:
    """How many households were created, updated, unchanged; and the rows that were refused."""

    refused: list[Refused] = field(default_factory=list)
    created: int = 0
    updated: int = 0
    unchanged: int = 0

    def refuse(self, entries: Iterable[Entry], reason: str) -> None:
        self.refused += [(entry.number, reason) for entry in entries]


class Batch:
    """Some families of the sheet that are known, beside what the database has of them."""

    def __init__(self, scope: Scope, tally: Tally, changes: Changes) -> None:
        self.scope, self.tally, self.changes = scope, tally, changes
        self.houses: dict[str, Household] = {}
        self.members: dict[int, Members] = {}
        self.days: dict[int, list[HouseholdDate]] = {}
        self.consents: dict[int, list[Consent]] = {}

    async def learn(self, families: list[Family]) -> None:
        """Read, and on PostgreSQL hold, what is known. Of two members with one name the first counts."""
        codes = [family.code for family in families]
        known = await Household.filter(code__in=codes).order_by("id").select_for_update()
        self.houses = {house.code: house for house in known}
        self.members = {house.id: {} for house in known}
        await self._learn_more(families, list(self.members))
        named = [(self.houses[family.code].id, name) for family in families for name in family.persons]
        new = sum(name not in self.members[at] for at, name in named)
        self._ids = iter(await reserve(Member, new)) if new else iter(())

    async def _learn_more(self, families: list[Family], ids: list[int]) -> None:
        for member in await Member.filter(household_id__in=ids).order_by("-id"):
            self.members[member.household_id][member.name] = member
        if any(family.days for family in families):
            for day in await HouseholdDate.filter(household_id__in=ids):
                self.days.setdefault(day.household_id, []).append(day)
        if any(entry.consent for family in families for entry in family.entries):
            for consent in await Consent.filter(household_id__in=ids):
                self.consents.setdefault(consent.household_id, []).append(consent)

    def compare(self, family: Family) -> None:
        """Note what has to be written of this family; refuse its rows that cannot be."""
        house = self.houses[family.code]
        members = self.members[house.id]
        if house.unit_id not in self.scope.yours:
            self.tally.refuse(family.entries, roster_checks.NOT_YOURS)
            return
        family = roster_checks.settle(family, house, members, self.tally.refuse)
        if not family.entries:
            return
        changed = _assign(house, self._stated(family))
        if changed:
            self.changes.houses.append(house)
        before = len(self.changes.new_members)
        changed += self._people(house.id, family, members)
        self._note(house.id, changed, len(self.changes.new_members) - before)

    def _note(self, house_id: int, changed: list[str], new: int) -> None:
        if not changed and not new:
            self.tally.unchanged += 1
            return
        self.tally.updated += 1
        detail = {"fields": sorted(set(changed)), "members": new}
        self.changes.audits.append(
            Audit(
                at=clock.now(),
                staff_id=self.changes.staff_id,
                action="household.update",
                subject="household",
                subject_id=house_id,
                detail=detail,
            )
        )

    def _stated(self, family: Family) -> Known:
        """What the file says of the household; what it leaves out is not in it."""
        said = {name: value for name, value in zip(roster_file.HOUSE, family.house, strict=True) if value is not None}
        if family.notes:
            said["note"] = family.note
        if "unit" in said:
            said["unit_id"] = self.scope.id_of(said.pop("unit"))
        if said.get("category", HARDSHIP) != HARDSHIP:
            said["grade"] = ""
        return {name: HOUSE[name] if value == CLEAR else value for name, value in said.items()}

    def _people(self, house_id: int, family: Family, members: Members) -> list[str]:
        """New and changed members, guardians, days, consents; returns what changed of what was known."""
        changed: list[str] = []
        ids = {name: member.id for name, member in members.items()}
        for name, person in family.persons.items():
            stated = _person(person)
            if name not in members:
                ids[name] = next(self._ids)
                self.changes.new_members.append([ids[name], house_id, name, *(PERSON | stated).values()])
            elif found := _assign(members[name], stated):
                self.changes.members.append(members[name])
                changed += ["member.phone" if what.startswith("phone") else f"member.{what}" for what in found]
        changed += self._guardians(family, members, ids)
        if family.days:
            changed += self._days(house_id, family)
        if any(entry.consent for entry in family.entries):
            changed += self._consents(house_id, family, ids)
        return changed

    def _guardians(self, family: Family, members: Members, ids: dict[str, int]) -> Iterator[str]:
        for ward, person in family.persons.items():
            guardian = person[GUARDIAN]
            if guardian is None:
                continue
            known = members[ward].guardian_id if ward in members else None
            wanted = None if guardian == CLEAR else ids[guardian]
            if known != wanted:
                self.changes.guardians.append((wanted, ids[ward]))
                yield "member.guardian"

    def _days(self, house_id: int, family: Family) -> Iterator[str]:
        """The cell is the whole list of that kind."""
        for kind, wanted in family.days.items():
            known = [one for one in self.days.get(house_id, ()) if one.kind == kind]
            have = {Day(one.month, one.day, one.title or ""): one.id for one in known}
            new, gone = wanted - have.keys(), have.keys() - wanted
            self.changes.days += [[house_id, kind, day.month, day.day, day.title or None] for day in sorted(new)]
            self.changes.days_gone += [have[day] for day in gone]
            if new or gone:
                yield f"days.{kind}"

    def _consents(self, house_id: int, family: Family, ids: dict[str, int]) -> Iterator[str]:
        """Those that were never noted. One that was withdrawn stays so: the sheet may be older than their no."""
        known = self.consents.get(house_id, ())
        have = {(one.member_id, one.purpose, one.given_at, one.words) for one in known}
        for one in dict.fromkeys(entry.consent for entry in family.entries if entry.consent):
            member, given, words = ids[one.name], midnight(one.day), one.words or None
            if (member, one.purpose, given, words) not in have:
                self.changes.consents.append(
                    [house_id, member, one.purpose, words, self.changes.staff_id, to_ms(given)]
                )
                yield "consent"


def _person(person: tuple[Any, ...]) -> Known:
    """What the file says of a member, but for the guardian. A masked phone is the one that is known."""
    relation, phone, under_14, _ = person
    said: Known = {}
    if relation is not None:
        said["relation"] = "" if relation == CLEAR else relation
    if phone == CLEAR:
        said |= {"phone": None, "phone_index": None, "phone_ending": None}
    elif phone is not None and "*" not in phone:
        said |= {"phone": phone, "phone_index": phones.index(phone), "phone_ending": phones.ending_index(phone)}
    if under_14 is not None:
        said["under_14"] = under_14
    return said


def _only_older(row: Household | Member, name: str, stated: Known) -> bool:
    """The mark of the same phone under the key before: that is for the change of keys to put right."""
    is_mark = name in ("phone_index", "phone_ending") and getattr(row, name) is not None
    return is_mark and isinstance(row, Member) and row.phone == stated["phone"]


def _assign(row: Household | Member, stated: Known) -> list[str]:
    """Set what differs; returns its names."""
    changed = [
        name for name, value in stated.items() if getattr(row, name) != value and not _only_older(row, name, stated)
    ]
    for name in changed:
        setattr(row, name, stated[name])
    return changed
