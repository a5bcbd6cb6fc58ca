"""Brings a roster file into the database: what it says is put in, what it leaves out stays, twice is once.

A household is known by its code, or else by a phone; a member by their name within the household. Rows
that are not in order are refused with a reason and the others go in, some thousand rows a transaction: a
running bot can write in between, and an import that was cut off is simply started again.
"""

import asyncio
import gc
import re
import sys
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path
from typing import NamedTuple

from bot import sheets
from bot.actions.households import phones
from bot.actions.privacy import audit, forgotten
from bot.actions.roster import columns as roster_columns
from bot.actions.roster import file as roster_file
from bot.actions.roster import new as roster_new
from bot.actions.roster.file import Entry, Family, Refused
from bot.actions.roster.merge import Batch, Tally
from bot.actions.roster.scope import Scope
from bot.actions.roster.write import Changes
from bot.actions.staff import directory
from bot.models import Household, Member, db

NEW_AT_ONCE, KNOWN_AT_ONCE = 10_000, 1000  # rows a transaction
IDS_AT_ONCE = 500
BRIEF = 0.0001  # seconds that one thread may keep another waiting
ROOMY, USUAL = 65_536, 2_000  # kilobytes of SQLite's page cache
NUMBERED = re.compile(r"H(\d{1,8})")

TWO_HOUSEHOLDS = "这个电话对应好几户，请补上户编号"

Watch = Callable[[str, int, int], None]


class Report(NamedTuple):
    """Households that were created, updated, unchanged; refused rows with the reason; columns nobody knew."""

    created: int
    updated: int
    unchanged: int
    refused: list[Refused]
    unused: list[str]


def _nobody(what: str, done: int, of: int) -> None:
    """Nobody watches."""


async def import_roster(
    path: Path,
    staff_id: int | None = None,
    *,
    dry_run: bool = False,
    mappings: Sequence[roster_columns.Saved] = (),
    watch: Watch = _nobody,
) -> Report:
    """Read the file and merge it; a chair only within their unit. `dry_run` reports and changes nothing.

    Not inside of another transaction.
    `watch` is told ("read", rows so far, 0) from another thread, then ("write", rows so far, rows in all).
    """
    scope, tally = await Scope.of(staff_id), Tally()
    async with _in_haste():
        entries, unused = await asyncio.to_thread(_read, path, scope, mappings, tally, watch)
        total, marks = len(entries), await forgotten.read()
        entries = _still_wanted(entries, marks, tally)
        families = _families(await _with_codes(entries, tally, marks), tally)
        del entries
        await _merge(families, scope, staff_id, tally, dry_run, _Steps(watch, total))
    return Report(tally.created, tally.updated, tally.unchanged, sorted(tally.refused), unused)


def _still_wanted(entries: list[Entry], marks: forgotten.Marks | None, tally: Tally) -> list[Entry]:
    """Without the rows of whoever asked to be forgotten: an old sheet must not bring them back."""
    if marks is None:
        return entries
    gone = {one.number for one in entries if marks.has(forgotten.Row(one.code, one.name, one.digits))}
    tally.refuse([one for one in entries if one.number in gone], forgotten.REFUSED)
    return [one for one in entries if one.number not in gone]


class _Steps:
    """Tells whoever watches how many rows have been dealt with."""

    def __init__(self, watch: Watch, total: int) -> None:
        self._watch, self._done, self._total = watch, 0, total

    def add(self, families: list[Family]) -> None:
        self._done += sum(len(family.entries) for family in families)
        self._watch("write", self._done, self._total)


@asynccontextmanager
async def _in_haste() -> AsyncIterator[None]:
    """A hundred thousand rows hold no cycle, but the collector would look through them again and again.

    The indexes of as many phones do not fit into the two megabytes that SQLite keeps in memory, and the thread
    that writes is not to wait long for the one that makes the next rows ready.
    """
    was_on, interval = gc.isenabled(), sys.getswitchinterval()
    gc.disable()
    sys.setswitchinterval(BRIEF)
    try:
        await _cache(ROOMY)
        yield
    finally:
        await _cache(USUAL)
        sys.setswitchinterval(interval)
        if was_on:
            gc.enable()


async def _cache(kilobytes: int) -> None:
    if db.on_sqlite():
        await db.fetch(f"PRAGMA cache_size = -{kilobytes}")


def _read(
    path: Path, scope: Scope, mappings: Sequence[roster_columns.Saved], tally: Tally, watch: Watch
) -> tuple[list[Entry], list[str]]:
    sheet = sheets.read_rows(path)
    columns = roster_columns.find(sheet.header, mappings)
    make = roster_file.reader(columns.places, scope.code_of)
    entries, refused = roster_file.read(make, sheet.rows, lambda row: watch("read", row, 0))
    tally.refused += refused
    return entries, columns.unused


async def _merge(
    families: list[Family], scope: Scope, staff_id: int | None, tally: Tally, dry_run: bool, steps: _Steps
) -> None:
    known = await _known([family.code for family in families])
    new = [family for family in families if family.code not in known]
    await _create(new, roster_new.Maker(scope, staff_id), tally, dry_run, steps)
    old = [family for family in families if family.code in known]
    for some in _batches(old, KNOWN_AT_ONCE):
        async with db.transaction():
            await _update(some, staff_id, tally, dry_run)
        steps.add(some)


async def _known(codes: list[str]) -> set[str]:
    found: set[str] = set()
    for some in _pieces(codes):
        rows = await db.fetch(f"SELECT code FROM household WHERE code IN ({db.marks(some)})", *some)
        found.update(row["code"] for row in rows)
    return found


async def _create(families: list[Family], maker: roster_new.Maker, tally: Tally, dry_run: bool, steps: _Steps) -> None:
    """While one batch is being written, a thread makes the next one ready."""

    async def write(made: roster_new.Ready, some: list[Family]) -> None:
        if not dry_run:
            await roster_new.write(made, maker.staff_id)
        tally.created += len(made.houses)
        tally.refused += made.refused
        steps.add(some)

    writing: asyncio.Task[None] | None = None
    try:
        for some in _batches(families, NEW_AT_ONCE):
            made = await asyncio.to_thread(maker.ready, some)
            if writing is not None:
                await writing
            writing = asyncio.create_task(write(made, some))
    finally:
        if writing is not None:
            await writing


async def _update(families: list[Family], staff_id: int | None, tally: Tally, dry_run: bool) -> None:
    """Whose right it is and what is known is read again inside the transaction that writes."""
    updated, refused = tally.updated, len(tally.refused)
    changes = Changes(staff_id)
    batch = Batch(await Scope.of(staff_id), tally, changes)
    await batch.learn(families)
    for family in families:
        batch.compare(family)
    if dry_run or updated == tally.updated:
        return
    await changes.flush()
    updated, refused = tally.updated - updated, len(tally.refused) - refused
    await audit.note("roster.import", "roster", staff_id=staff_id, created=0, updated=updated, refused=refused)
    await directory.changed()  # names and units of people who are bound to an account


def _batches(families: list[Family], at_once: int) -> Iterator[list[Family]]:
    some: list[Family] = []
    rows = 0
    for family in families:
        some.append(family)
        rows += len(family.entries)
        if rows >= at_once:
            yield some
            some, rows = [], 0
    if some:
        yield some


async def _with_codes(entries: list[Entry], tally: Tally, marks: forgotten.Marks | None) -> Iterable[Entry]:
    """Each with the code of its household: by its phone, or else the next free one."""
    if all(entry.code for entry in entries):
        return entries
    owners = await _owners(entries)
    free = await _free_codes(entries, marks)
    coded = []
    for entry in entries:
        known = {entry.code} if entry.code else owners.setdefault(entry.digits, set())
        if len(known) > 1:
            tally.refuse([entry], TWO_HOUSEHOLDS)
            continue
        if not known:
            known.add(next(free))
        coded.append(entry if entry.code else entry._replace(code=next(iter(known)), by_phone=True))
    return coded


def _families(entries: Iterable[Entry], tally: Tally) -> list[Family]:
    families: dict[str, Family] = {}
    for entry in entries:
        family = families.get(entry.code)
        if family is None:
            family = families[entry.code] = Family(entry.code)
        if reason := family.take(entry):
            tally.refuse([entry], reason)
    return [family for family in families.values() if family.entries]


async def _owners(entries: list[Entry]) -> dict[str, set[str]]:
    """Which households will have a member with a phone, once the rows that name their code are in."""
    owners: dict[str, set[str]] = {}
    stated: dict[tuple[str, str], str] = {}
    for entry in entries:
        if entry.code and entry.digits:
            owners.setdefault(entry.digits, set()).add(entry.code)
            stated.setdefault((entry.code, entry.name), entry.digits)
    wanted = {mark: entry.digits for entry in entries if not entry.code for mark in phones.indexes(entry.digits)}
    for some in _pieces(list(wanted)):
        for member in await Member.filter(phone_index__in=some).select_related("household"):
            phone, code = wanted[member.phone_index or ""], member.household.code
            if stated.get((code, member.name), phone) == phone:
                owners.setdefault(phone, set()).add(code)
    return owners


def _pieces(items: list[str]) -> Iterator[list[str]]:
    return (items[start : start + IDS_AT_ONCE] for start in range(0, len(items), IDS_AT_ONCE))


async def _free_codes(entries: list[Entry], marks: forgotten.Marks | None) -> Iterator[str]:
    """H0124, H0125 … after the last one in the database and in the file; none of a household that is forgotten."""
    taken = [household.code for household in await Household.filter(code__startswith="H").only("code")]
    taken += [entry.code for entry in entries]
    last = max((int(hit[1]) for code in taken if (hit := NUMBERED.fullmatch(code))), default=0)
    codes = (f"H{number:04d}" for number in count(last + 1))
    return (code for code in codes if marks is None or not marks.has(forgotten.Row(code, "", "")))
