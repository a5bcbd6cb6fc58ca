"""The audit as an admin reads it: newest first, page by page, within their unit."""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from bot.actions.figures.reports import Span
from bot.actions.privacy import access_words, audit
from bot.actions.staff.sessions import Me
from bot.models import Audit, Group, HelpRequest, Household, Member, Staff, Unit, db

AT_ONCE = 100
EXPORT_MAX = 50_000


class Wanted(NamedTuple):
    """What to look for; empty is everything."""

    staff_id: int = 0
    action: str = ""  # how it begins
    code: str = ""  # of a household
    first: date | None = None
    last: date | None = None


class Line(NamedTuple):
    row: Audit
    who: str
    what: str
    about: str
    why: str


async def look(me: Me, wanted: Wanted, before: int = 0, limit: int = AT_ONCE) -> list[Line]:
    """Lines older than the id `before` (0: the newest), at most `limit`."""
    rows = Audit.all().order_by("-id").limit(limit)
    if before:
        rows = rows.filter(id__lt=before)
    if me.unit_path.count("/") > 2:
        colleagues = await Staff.filter(unit__path__startswith=me.unit_path).values_list("id", flat=True)
        rows = rows.filter(staff_id__in=list(colleagues))
    if wanted.staff_id:
        rows = rows.filter(staff_id=wanted.staff_id)
    if wanted.action:
        rows = rows.filter(action__startswith=wanted.action)
    since, until = Span(wanted.first, wanted.last).bounds()
    rows = rows.filter(at__gte=since) if since is not None else rows
    rows = rows.filter(at__lt=until) if until is not None else rows
    if wanted.code:
        ids = await _about(me, wanted.code)
        rows = rows.filter(id__in=ids)
    return await _lines(await rows)


async def _about(me: Me, code: str) -> list[int]:
    """Ids of the rows on a household, its members and its requests."""
    house = await Household.get_or_none(code=code, unit__path__startswith=me.unit_path)
    if house is None:
        return []
    found = await db.fetch(
        "SELECT id FROM audit WHERE (subject = 'household' AND subject_id = ?)"
        " OR (subject = 'member' AND subject_id IN (SELECT id FROM member WHERE household_id = ?))"
        " OR (subject = 'request' AND subject_id IN (SELECT id FROM help_request WHERE household_id = ?))"
        " ORDER BY id DESC LIMIT 5000",
        house.id,
        house.id,
        house.id,
    )
    return [row["id"] for row in found]


async def _lines(rows: Sequence[Audit]) -> list[Line]:
    names = {
        one.id: one.name for one in await Staff.filter(id__in=list({row.staff_id for row in rows if row.staff_id}))
    }
    about = await _subjects(rows)
    return [
        Line(
            row,
            names.get(row.staff_id or 0, "") or access_words.nobody(row.action),
            access_words.named(row, names.get(_to(row), "")),
            about.get((row.subject, row.subject_id or 0), ""),
            access_words.reason(row),
        )
        for row in rows
    ]


def _to(row: Audit) -> int:
    detail = row.detail or {}
    return int(detail.get("to") or detail.get("person") or 0)


async def _subjects(rows: Sequence[Audit]) -> dict[tuple[str, int], str]:
    """Codes and numbers of what the rows are about; no name of a family."""
    ids: dict[str, set[int]] = {}
    for row in rows:
        ids.setdefault(row.subject, set()).add(row.subject_id or 0)
    houses = await Household.filter(id__in=list(ids.get("household", ()))).only("id", "code")
    members = await Member.filter(id__in=list(ids.get("member", ()))).select_related("household")
    requests = await HelpRequest.filter(id__in=list(ids.get("request", ()))).select_related("household")
    staff = await Staff.filter(id__in=list(ids.get("staff", ()))).only("id", "name")
    found = {("household", one.id): one.code for one in houses}
    found |= {("member", one.id): one.household.code for one in members}
    found |= {
        ("request", one.id): f"{one.id} 号" + (f" {one.household.code}" if one.household else "") for one in requests
    }
    units = await Unit.filter(id__in=list(ids.get("unit", ()))).only("id", "name")
    groups = await Group.filter(id__in=list(ids.get("group", ()))).only("id", "name", "chat_id")
    found |= {("unit", one.id): one.name for one in units}
    found |= {("group", one.id): one.name or one.chat_id for one in groups}
    return found | {("staff", one.id): one.name for one in staff}


async def taken_out(me: Me, wanted: Wanted) -> list[Line]:
    """For a file: up to fifty thousand lines; that it was taken out is a line as well."""
    async with db.transaction():
        lines = await look(me, wanted, limit=EXPORT_MAX)
        await audit.note("audit.export", "audit", None, staff_id=me.id, lines=len(lines))
    return lines
