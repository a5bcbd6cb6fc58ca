"""Who saw or changed what is kept about a family, when and why: the answer to PIPL articles 44, 45 and 50.

Read from the audit, which the database itself keeps from being rewritten. Making the report leaves a row as well.
"""

from collections.abc import Iterable
from datetime import date, datetime
from typing import NamedTuple

from tortoise.expressions import Q

from bot.actions.figures.reports import Span
from bot.actions.households.viewing import CLEAR, LISTED, OPENED
from bot.actions.outreach.callbacks import SHOWN
from bot.actions.privacy import access_words, audit
from bot.actions.privacy.tracing import Traces, trace
from bot.actions.staff import people
from bot.models import Audit, Delivery, HelpRequest, Household, Staff, db

EXPORT = "roster.export"
OF_ALL = ("backup.", "key.", "roster.import", "restore.", "incident.")  # what touches every household at once
SHOWN_MAX = 100_000
AT_ONCE = 500
IN_LISTS = """
SELECT id FROM (SELECT id, replace(CAST(detail AS TEXT), ' ', '') AS said FROM audit
                WHERE subject = 'staff' AND (action = ? OR action LIKE 'assignment.%')) listed
WHERE said LIKE ? OR said LIKE ? OR said LIKE ? OR said LIKE ?"""


class Line(NamedTuple):
    at: datetime
    who: str
    unit: str
    what: str
    why: str
    request: int | None
    household: str = ""  # in the report on a staff person


class Whole(NamedTuple):
    """Something that was done with everything that is kept, so many times."""

    action: str
    times: int
    first: datetime
    last: datetime


class Access(NamedTuple):
    code: str
    people: list[str]
    lines: list[Line]
    whole: list[Whole]
    alerts: int  # messages to staff about a request of theirs
    messages: int  # messages to the family itself


async def report(code: str, *, member: str | None = None, by: int | None = None) -> Access:
    """Of a household, or of one person in it. Raises NotFound, BadInput, and NotAllowed outside the chair's unit."""
    async with db.transaction():
        found = await trace(code, member)
        if by is not None:
            await people.act_as(by, ("chair",), found.household.unit_id)
        rows = await _rows(found)
        made = Access(
            found.household.code,
            [one.name for one in found.members],
            await _lines(rows),
            await _whole(),
            await Delivery.filter(request_id__in=found.request_ids, purpose="alert").count(),
            await _to_family(found),
        )
        subject = ("household", found.household.id) if member is None else ("member", found.members[0].id)
        await audit.note("access.report", *subject, staff_id=by, lines=len(made.lines))
    return made


async def _rows(found: Traces) -> list[Audit]:
    """What is about them by number, and what was done with a list or file that they were in."""
    ids = [one.id for one in found.members]
    direct = (
        Q(subject="household", subject_id=found.household.id)
        | Q(subject="member", subject_id__in=ids)
        | Q(subject="request", subject_id__in=found.request_ids)
    )
    rows = await Audit.filter(direct).order_by("id")
    rows += await _named_in_lists(found.household.id)
    await found.household.fetch_related("unit")
    path = found.household.unit.path
    rows += [row for row in await Audit.filter(action__in=[EXPORT, OPENED]) if path.startswith(_scope(row))]
    return sorted({row.id: row for row in rows if row.action != SHOWN}.values(), key=lambda row: (row.at, row.id))


async def _named_in_lists(household_id: int) -> list[Audit]:
    """The database looks for the number, for there are very many such rows; what it took for it is checked."""
    pieces = [edge % household_id for edge in ("%%[%d]%%", "%%[%d,%%", "%%,%d,%%", "%%,%d]%%")]
    ids = [row["id"] for row in await db.fetch(IN_LISTS, LISTED, *pieces)]
    pages = [ids[start : start + AT_ONCE] for start in range(0, len(ids), AT_ONCE)]
    rows = [row for some in pages for row in await Audit.filter(id__in=some)]
    return [row for row in rows if household_id in _households(row)]


def _households(row: Audit) -> list[int]:
    listed = (row.detail or {}).get("households", [])
    return listed if isinstance(listed, list) else []


def _scope(row: Audit) -> str:
    scope: str = (row.detail or {}).get("scope", "/")
    return scope


async def _lines(rows: Iterable[Audit], houses: dict[int, str] | None = None) -> list[Line]:
    staff = {one.id: one for one in await Staff.all().select_related("unit")}
    lines = []
    for row in rows:
        doer = staff.get(row.staff_id or 0)
        number = row.subject_id if row.subject == "request" else (row.detail or {}).get("request")
        lines.append(
            Line(
                row.at,
                _name(doer) or access_words.nobody(row.action),
                doer.unit.name if doer is not None else "",
                access_words.named(row, _name(staff.get(_receiver(row)))),
                access_words.reason(row),
                number,
                (houses or {}).get(row.id, ""),
            )
        )
    return lines


def _receiver(row: Audit) -> int:
    """The colleague to whom a household or request was given by this."""
    if row.subject == "staff":
        return row.subject_id or 0
    detail = row.detail or {}
    return int(detail.get("to") or detail.get("person") or 0)


def _name(person: Staff | None) -> str:
    return person.name if person is not None else ""


async def _whole() -> list[Whole]:
    any_of = Q(*(Q(action__startswith=start) for start in OF_ALL), join_type="OR")
    found: dict[str, list[datetime]] = {}
    for row in await Audit.filter(any_of).order_by("id").only("id", "action", "at"):
        found.setdefault(row.action, []).append(row.at)
    return [Whole(action, len(times), min(times), max(times)) for action, times in found.items()]


async def _to_family(found: Traces) -> int:
    chats = [Q(channel=channel, chat_id=user) for channel, user in found.accounts]
    if not chats:
        return 0
    return await Delivery.filter(Q(*chats, join_type="OR"), chat_kind="direct").count()


async def looks_of(staff_id: int, first: date | None = None, last: date | None = None) -> list[Line]:
    """What one staff person has looked at or taken out, household by household."""
    since, until = Span(first, last).bounds()
    async with db.transaction():
        mine = Audit.filter(staff_id=staff_id, action__in=[CLEAR, LISTED, OPENED, EXPORT, "view.request"])
        mine = mine.filter(at__gte=since) if since is not None else mine
        mine = mine.filter(at__lt=until) if until is not None else mine
        rows = await mine.order_by("at", "id").limit(SHOWN_MAX)
        lines = await _lines(rows, await _codes(rows))
        await audit.note("access.of_staff", "staff", staff_id, lines=len(lines))
    return lines


async def _codes(rows: list[Audit]) -> dict[int, str]:
    """By the id of the row: which household it is about."""
    requests = {row.subject_id for row in rows if row.subject == "request"}
    of_request = {one.id: one.household_id for one in await HelpRequest.filter(id__in=list(requests))}
    house = {row.id: row.subject_id for row in rows if row.subject == "household"}
    house |= {row.id: of_request.get(row.subject_id or 0) for row in rows if row.subject == "request"}
    wanted = {one for one in house.values() if one is not None}
    codes = {one.id: one.code for one in await Household.filter(id__in=list(wanted)).only("id", "code")}
    found = {row: codes.get(one or 0, "") for row, one in house.items()}
    for row in rows:
        if listed := _households(row):
            found[row.id] = f"{len(listed)} 户"
    return found
