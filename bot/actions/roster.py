"""Brings a roster file into the database: what it says is put in, what it leaves out stays, twice is once.

A household is known by its code, or else by a phone; a member by their name within the household. Rows
that are not in order are refused with a reason and the others go in, all in one transaction.
"""

import asyncio
import re
import unicodedata
from collections.abc import Iterable, Iterator
from itertools import count
from pathlib import Path
from typing import NamedTuple

from bot import sheets
from bot.actions import audit, directory, people, roster_file
from bot.actions.roster_file import Entry, Family, Refused
from bot.models import Household, Member, Unit, db

BATCH = 200
NUMBERED = re.compile(r"H(\d{1,8})")
FIELDS = ("unit_id", "category", "address", "note")

NO_UNIT = "没有这个单位,或者不在您的单位范围内,请核对单位编号"
TWO_UNITS = "有几个单位都叫这个名字,请改写单位编号"
NOT_YOURS = "这一户不在您的单位范围内"
TWO_HOUSEHOLDS = "这个电话对应好几户,请补上户编号"
OTHER_PHONE = "同一户里这个名字登记的是另一个电话,要改电话请写户编号"
NEEDS_UNIT = "新的一户要写单位,请补上"
NEEDS_CATEGORY = "新的一户要写类别,请补上"


class Report(NamedTuple):
    """Households that were created, updated, unchanged; and rows that were refused, with the reason."""

    created: int
    updated: int
    unchanged: int
    refused: list[Refused]


class _DryRun(Exception):
    """Undo it all."""


async def import_roster(path: Path, staff_id: int | None = None, *, dry_run: bool = False) -> Report:
    """Read the file and merge it; a chair only within their unit. `dry_run` reports and changes nothing."""
    entries, refused = await asyncio.to_thread(_read, path)
    run = _Import(refused)
    try:
        async with db.transaction():
            await run.merge(entries, staff_id)
            if dry_run:
                raise _DryRun
            await run.note(staff_id)
    except _DryRun:
        pass
    return Report(run.created, run.updated, run.unchanged, sorted(run.refused))


def _read(path: Path) -> tuple[list[Entry], list[Refused]]:
    sheet = sheets.read_rows(path)
    return roster_file.read(sheet.header, sheet.rows)


class _Import:
    """One run: its numbers, and what it looks things up in."""

    def __init__(self, refused: list[Refused]) -> None:
        self.refused = refused
        self.created = self.updated = self.unchanged = 0
        self.units: dict[str, list[Unit]] = {}
        self.yours: set[int] = set()

    async def merge(self, entries: list[Entry], staff_id: int | None) -> None:
        await self._learn_units(staff_id)
        entries = list(self._with_units(entries))
        families = self._families(await self._with_codes(entries))
        for start in range(0, len(families), BATCH):
            await self._merge_batch(families[start : start + BATCH])

    async def note(self, staff_id: int | None) -> None:
        if self.created or self.updated:
            detail = {"created": self.created, "updated": self.updated, "refused": len(self.refused)}
            await audit.note("roster.import", "roster", staff_id=staff_id, **detail)
            await directory.changed()

    async def _learn_units(self, staff_id: int | None) -> None:
        scope = "/"
        if staff_id is not None:
            scope = (await people.act_as(staff_id, ("chair",))).unit.path
        for unit in await Unit.all():
            if unit.path.startswith(scope):
                self.yours.add(unit.id)
            self.units.setdefault(_folded(unit.code), []).insert(0, unit)
            if _folded(unit.name) != _folded(unit.code):
                self.units.setdefault(_folded(unit.name), []).append(unit)

    def _refuse(self, entries: Iterable[Entry], reason: str) -> None:
        self.refused += [(entry.number, reason) for entry in entries]

    def _with_units(self, entries: Iterable[Entry]) -> Iterator[Entry]:
        """Each with the code of its unit, whether the file names it by code or by name."""
        for entry in entries:
            found = self.units.get(_folded(entry.unit), [])
            by_code = [unit for unit in found if _folded(unit.code) == _folded(entry.unit)]
            mine = [unit for unit in by_code or found if unit.id in self.yours]
            if entry.unit and len(mine) != 1:
                self._refuse([entry], TWO_UNITS if mine else NO_UNIT)
            else:
                yield entry._replace(unit=mine[0].code) if entry.unit else entry

    async def _with_codes(self, entries: list[Entry]) -> list[Entry]:
        """Each with the code of its household: by its phone, or else the next free one."""
        owners = await _owners(entries)
        free = await _free_codes(entries)
        coded = []
        for entry in entries:
            known = {entry.code} if entry.code else owners.setdefault(entry.phone_index or "", set())
            if len(known) > 1:
                self._refuse([entry], TWO_HOUSEHOLDS)
                continue
            if not known:
                known.add(next(free))
            coded.append(entry._replace(code=next(iter(known)), by_phone=not entry.code))
        return coded

    def _families(self, entries: Iterable[Entry]) -> list[Family]:
        families: dict[str, Family] = {}
        for entry in entries:
            reason = families.setdefault(entry.code, Family(entry.code)).take(entry)
            if reason:
                self._refuse([entry], reason)
        return [family for family in families.values() if family.entries]

    async def _merge_batch(self, families: list[Family]) -> None:
        codes = [family.code for family in families]
        known = {house.code: house for house in await Household.filter(code__in=codes)}
        members: dict[int, dict[str, Member]] = {house.id: {} for house in known.values()}
        for member in await Member.filter(household_id__in=list(members)).order_by("-id"):
            members[member.household_id][member.name] = member
        new = [family for family in families if family.code not in known and self._complete(family)]
        await self._create(new)
        for family in families:
            if family.code in known:
                house = known[family.code]
                await self._update(house, members[house.id], family)

    def _complete(self, family: Family) -> bool:
        reason = NEEDS_UNIT if not family.unit else NEEDS_CATEGORY if not family.category else None
        if reason:
            self._refuse(family.entries, reason)
        return reason is None

    def _stated(self, family: Family) -> dict[str, object]:
        """What the file says of the household; what it leaves out is not in it."""
        unit = self.units[_folded(family.unit)][0].id if family.unit else None
        stated = zip(FIELDS, (unit, family.category, family.address, family.note), strict=True)
        return {name: value for name, value in stated if value}

    async def _create(self, families: list[Family]) -> None:
        await Household.bulk_create([Household(code=family.code, **self._stated(family)) for family in families])
        made = {house.code: house.id for house in await Household.filter(code__in=[f.code for f in families])}
        members = [member for family in families for member in _members(made[family.code], family, ())]
        await Member.bulk_create(members)
        self.created += len(families)

    async def _update(self, house: Household, members: dict[str, Member], family: Family) -> None:
        if house.unit_id not in self.yours:
            self._refuse(family.entries, NOT_YOURS)
            return
        # A phone that found the household must not change one that finds it: twice would not be once.
        if strange := list(_strange(family, members)):
            self._refuse(strange, OTHER_PHONE)
            family = family.without(strange)
        changed = _assign(house, self._stated(family))
        if changed:
            await house.save(update_fields=changed)
        for name, stated in _persons(family).items():
            found = _assign(members[name], stated) if name in members else []
            if found:
                await members[name].save(update_fields=found)
                changed += [f"member.{field}" for field in found]
        new = list(_members(house.id, family, members))
        await Member.bulk_create(new)
        if not changed and not new:
            self.unchanged += bool(family.entries)
            return
        self.updated += 1
        await audit.note("household.update", "household", house.id, fields=sorted(set(changed)), members=len(new))


def _persons(family: Family) -> dict[str, dict[str, object]]:
    """The members that the file names, and what it says of each."""
    persons: dict[str, dict[str, object]] = {}
    for entry in family.entries:
        stated = {"relation": entry.relation, "phone": entry.phone, "phone_index": entry.phone_index}
        persons.setdefault(entry.name, {}).update({key: value for key, value in stated.items() if value})
    return persons


def _members(household_id: int, family: Family, known: Iterable[str]) -> Iterator[Member]:
    for name, stated in _persons(family).items():
        if name not in known:
            yield Member(household_id=household_id, name=name, **stated)


def _strange(family: Family, members: dict[str, Member]) -> Iterator[Entry]:
    """Rows without a code that would change the phone of someone, unless a row with the code says the same."""
    stated = {entry.name for entry in family.entries if entry.phone and not entry.by_phone}
    for entry in family.entries:
        known = members[entry.name].phone_index if entry.name in members else None
        if entry.by_phone and entry.name not in stated and known not in (None, entry.phone_index):
            yield entry


def _assign(row: Household | Member, stated: dict[str, object]) -> list[str]:
    """Set what differs; returns its names."""
    changed = [name for name, value in stated.items() if getattr(row, name) != value]
    for name in changed:
        setattr(row, name, stated[name])
    return changed


async def _owners(entries: list[Entry]) -> dict[str, set[str]]:
    """Which households will have a member with a phone, once the rows that name their code are in."""
    owners: dict[str, set[str]] = {}
    stated: dict[tuple[str, str], str] = {}
    for entry in entries:
        if entry.code and entry.phone_index:
            owners.setdefault(entry.phone_index, set()).add(entry.code)
            stated.setdefault((entry.code, entry.name), entry.phone_index)
    wanted = [entry.phone_index for entry in entries if not entry.code and entry.phone_index]
    for start in range(0, len(wanted), BATCH):
        some = wanted[start : start + BATCH]
        for member in await Member.filter(phone_index__in=some).select_related("household"):
            index, code = member.phone_index or "", member.household.code
            if stated.get((code, member.name), index) == index:
                owners.setdefault(index, set()).add(code)
    return owners


async def _free_codes(entries: list[Entry]) -> Iterator[str]:
    """H0124, H0125 … after the last one in the database and in the file."""
    taken = [household.code for household in await Household.filter(code__startswith="H").only("code")]
    taken += [entry.code for entry in entries]
    last = max((int(hit[1]) for code in taken if (hit := NUMBERED.fullmatch(code))), default=0)
    return (f"H{number:04d}" for number in count(last + 1))


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold().strip()
