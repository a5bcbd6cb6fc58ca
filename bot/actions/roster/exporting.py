"""The roster as a table that the import reads back: the same columns, edited and imported again it updates.

Phones, addresses and words of a family are masked unless a reason is given; either way an audit row says who
took the roster out. A cell that comes back masked changes nothing.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from bot import clock, sheets
from bot.actions.households import phones
from bot.actions.privacy import audit
from bot.actions.requests import notices
from bot.actions.requests.alerts import Rules
from bot.actions.roster import values as roster_values
from bot.actions.roster.columns import FIELDS, LABELS
from bot.actions.roster.scope import MANAGERS
from bot.actions.roster.values import HIDDEN, Day
from bot.actions.staff import people
from bot.errors import BadInput
from bot.models import Consent, Household, HouseholdDate, Member, Staff, Unit, db
from bot.models.fields import to_ms

log = logging.getLogger(__name__)

HOUSES_AT_ONCE = 500
REASON_LEAST, REASON_MOST = 4, 100
HEADER = [LABELS[field] for field in FIELDS]

NEEDS_REASON = f"导出完整的电话和地址要写明原因，{REASON_LEAST} 到 {REASON_MOST} 个字，例如 上门慰问核对地址"


class Exported(NamedTuple):
    households: int
    rows: int


async def export_roster(
    path: Path,
    staff_id: int | None = None,
    *,
    unit_code: str | None = None,
    reason: str = "",
    rules: Rules | None = None,
) -> Exported:
    """Write a CSV or XLSX; in clear with a reason, else masked. A chair only gets their own unit and below.

    With `rules`, the admins are told of a roster in clear, at once: of a command too, where nobody knows who typed it.
    """
    reason = " ".join(reason.split())
    check_reason(reason, clear=bool(reason))
    scope = await _scope(staff_id, unit_code)
    rows = [HEADER]
    households = 0
    async for some in _pieces(scope):
        households += len(some)
        rows += [row for one in some for row in _rows(one, in_clear=bool(reason))]
    await _note(staff_id, scope, households, reason, rules)
    await asyncio.to_thread(sheets.write, path, rows)
    return Exported(households, len(rows) - 1)


def check_reason(reason: str, *, clear: bool) -> None:
    """Raises BadInput when somebody wants the roster in clear and does not say why."""
    if clear and not REASON_LEAST <= len(" ".join(reason.split())) <= REASON_MOST:
        raise BadInput(NEEDS_REASON)


async def _scope(staff_id: int | None, unit_code: str | None) -> str:
    """The path that the units of the export begin with. Raises NotAllowed, NotFound."""
    unit = None if unit_code is None else await people.unit_by_code(unit_code)
    if staff_id is None:
        return "/" if unit is None else unit.path
    staff = await people.act_as(staff_id, MANAGERS, *([] if unit is None else [unit.id]))
    return staff.unit.path if unit is None else unit.path


async def _note(staff_id: int | None, scope: str, households: int, reason: str, rules: Rules | None) -> None:
    """Before the file is there: who took it must be known even if the disk is full."""
    detail: dict[str, Any] = {"scope": scope, "households": households, "clear": bool(reason)}
    async with db.transaction():
        await audit.note("roster.export", "roster", staff_id=staff_id, reason=reason, **detail)
        if reason and rules is not None:
            await _tell(staff_id, scope, households, rules)


async def _tell(staff_id: int | None, scope: str, households: int, rules: Rules) -> None:
    """In clear it is the largest leak there can be: who oversees the person asks while it can still be stopped."""
    staff = None if staff_id is None else await Staff.get(id=staff_id)
    now, name = clock.now(), "" if staff is None else staff.name
    at = f"{clock.local(now):%m-%d %H:%M}"
    parts = rules.texts.render("replies/roster-in-clear", name=name, at=at, count=households)
    whom = await (people.answerable(scope) if staff is None else people.overseers(staff))
    mark = f"export:{staff_id or 0}:{to_ms(now)}"
    if not await notices.tell(await notices.accounts(whom), parts, "urgent", mark, rules):
        log.warning("the roster was taken out in clear by staff %s, and nobody can be told", staff_id)


class _House(NamedTuple):
    row: Household
    unit: str
    members: list[Member]
    days: list[HouseholdDate]
    consent: Consent | None


async def _pieces(scope: str) -> AsyncIterator[list[_House]]:
    """Some households at a time, in the order of their codes."""
    units = {unit.id: unit.code for unit in await Unit.filter(path__startswith=scope)}
    last = ""
    while (
        found := await Household.filter(unit_id__in=list(units), code__gt=last, erased_at=None)
        .order_by("code")
        .limit(HOUSES_AT_ONCE)
    ):
        last = found[-1].code
        ids = [house.id for house in found]
        members: dict[int, list[Member]] = {}
        for member in await Member.filter(household_id__in=ids, erased_at=None).order_by("id"):
            members.setdefault(member.household_id, []).append(member)
        days: dict[int, list[HouseholdDate]] = {}
        for day in await HouseholdDate.filter(household_id__in=ids):
            days.setdefault(day.household_id, []).append(day)
        consents = {
            one.household_id: one
            for one in await Consent.filter(household_id__in=ids, withdrawn_at=None).order_by("given_at", "id")
        }
        yield [
            _House(
                house, units[house.unit_id], members.get(house.id, []), days.get(house.id, []), consents.get(house.id)
            )
            for house in found
        ]


def _rows(house: _House, *, in_clear: bool) -> Iterator[list[str]]:
    """One a member; what belongs to the household stands beside the first one only."""
    names = {member.id: member.name for member in house.members}
    for place, member in enumerate(house.members):
        cells = dict.fromkeys(FIELDS, "") | _person(member, names, in_clear=in_clear)
        cells["code"] = house.row.code
        if place == 0:
            cells |= _household(house, in_clear=in_clear) | _consent(house.consent, names, in_clear=in_clear)
        yield list(cells.values())


def _person(member: Member, names: dict[int, str], *, in_clear: bool) -> dict[str, str]:
    phone = member.phone or ""
    return {
        "name": member.name,
        "relation": member.relation,
        "phone": phone if in_clear or not phone else phones.masked(phone),
        "under_14": "是" if member.under_14 else "",
        "guardian": names.get(member.guardian_id or 0, ""),
    }


def _household(house: _House, *, in_clear: bool) -> dict[str, str]:
    row = house.row

    def words(text: str | None) -> str:
        return text if text and in_clear else HIDDEN if text else ""

    return {
        "unit": house.unit,
        "category": row.category,
        "grade": row.grade,
        "address": words(row.address),
        "best_time": row.best_time,
        "may_tell": words(row.may_tell),
        "avoid": words(_days(house.days, "avoid")),
        "remember": words(_days(house.days, "remember")),
        "do_not_call": "是" if row.do_not_call else "",
        "messages_off": "是" if row.messages_off else "",
        "note": words(row.note),
    }


def _days(days: list[HouseholdDate], kind: str) -> str:
    found = frozenset(Day(one.month, one.day, one.title or "") for one in days if one.kind == kind)
    return roster_values.as_text(found)


def _consent(consent: Consent | None, names: dict[int, str], *, in_clear: bool) -> dict[str, str]:
    """The latest one that holds. Without a member there is nobody to write beside it."""
    who = names.get((consent and consent.member_id) or 0, "")
    if consent is None or not who:
        return {}
    words = consent.words or ""
    return {
        "consent_by": who,
        "consent_at": clock.local(consent.given_at).date().isoformat(),
        "consent_to": consent.purpose,
        "consent_words": words if in_clear else HIDDEN if words else "",
    }
