"""Lists of calls for paper, for the day when nothing else works. A list leaves one row, numbers one a household."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from bot.actions.households import phones, viewing
from bot.actions.households.lookup import CALLERS
from bot.actions.outreach import calllists, rounds
from bot.actions.outreach.calllists import LAST_AT
from bot.actions.outreach.rounds import LATEST, LEADERS
from bot.actions.requests.alerts import Rules
from bot.actions.staff import people
from bot.errors import BadInput, NotFound
from bot.models import Member, Staff, db
from bot.models.fields import from_ms

MOST = 120  # households on one list: more paper than one person can look after

WAITING = """
SELECT a.household_id AS id FROM assignment a JOIN household h ON h.id = a.household_id
WHERE a.round_id = ? AND a.state = 'waiting' AND a.held_household_id IS NULL AND NOT h.do_not_call
ORDER BY a.household_id LIMIT ?"""
LINES = f"""
SELECT h.id, h.code, h.category, h.best_time, u.name AS unit, {LATEST} AS outcome, {LAST_AT} AS last_at
FROM household h JOIN unit u ON u.id = h.unit_id WHERE h.id IN ({{}})"""


class Line(NamedTuple):
    """One household. `phone` is masked, or in clear when a reason was given."""

    id: int
    code: str
    name: str
    relation: str
    phone: str
    category: str
    unit: str
    best_time: str
    outcome: str
    last_at: datetime | None


class CallList(NamedTuple):
    """`of`: the volunteer or the round that it belongs to. `more`: there are others that do not stand on it."""

    of: str
    lines: list[Line]
    more: bool


async def masked(by: int, *, staff_id: int = 0, round_id: int = 0) -> CallList:
    """A volunteer's list (`by`'s own without `staff_id`), or what still waits for somebody in a round.

    Raises NotFound for a volunteer or a round of another unit.
    """
    of, ids = await _chosen(by, staff_id, round_id)
    lines = await _lines(ids[:MOST], clear=False)
    await viewing.listed(by, "print", [one.code for one in lines])
    return CallList(of, lines, len(ids) > MOST)


async def in_clear(by: int, reason: str, rules: Rules, *, staff_id: int = 0, round_id: int = 0) -> CallList:
    """The same with the numbers; one row of a look a household, in one transaction. BadInput without a reason."""
    reason = " ".join(reason.split())
    if not (sum(map(str.isalnum, reason)) >= viewing.LEAST and len(reason) <= viewing.MOST):
        raise BadInput(f"为什么要打印号码？请写 {viewing.LEAST} 到 {viewing.MOST} 个字，例如：停电，照名单打电话。")
    async with db.transaction():
        of, ids = await _chosen(by, staff_id, round_id)
        staff = await people.act_as(by, CALLERS)
        lines = await _lines(ids[:MOST], clear=True)
        for one in lines:
            if one.phone:
                await viewing.note(one.id, ["phone"], staff, rules, reason=reason, code="print")
        await viewing.listed(by, "print", [one.code for one in lines if not one.phone])
    return CallList(of, lines, len(ids) > MOST)


async def _chosen(by: int, staff_id: int, round_id: int) -> tuple[str, list[int]]:
    """Whose list, and one household more than fit on it."""
    if round_id:
        found = await rounds.reach(round_id, by)
        rows = await db.fetch(WAITING, found.id, MOST + 1)
        return found.name, [row["id"] for row in rows]
    owner = await _owner(by, staff_id or by)
    return owner.name, [entry.household_id for entry in (await calllists.mine(owner.id))[: MOST + 1]]


async def _owner(by: int, staff_id: int) -> Staff:
    owner = await Staff.get_or_none(id=staff_id, active=True)
    if owner is None or owner.role not in CALLERS:
        raise NotFound("没有这位志愿者，请核对。")
    if staff_id != by:
        await people.act_as(by, LEADERS, owner.unit_id)
    return owner


async def _lines(ids: Sequence[int], *, clear: bool) -> list[Line]:
    """In the order of `ids`."""
    if not ids:
        return []
    rows = {row["id"]: row for row in await db.fetch(LINES.format(db.marks(ids)), *ids)}
    persons = await _persons(ids)
    return [_line(rows[one], persons.get(one), clear=clear) for one in ids]


async def _persons(ids: Collection[int]) -> dict[int, Member | None]:
    """Whom one asks for, of each household."""
    members: dict[int, list[Member]] = {}
    known = Member.filter(household_id__in=list(ids), erased_at=None).order_by("id").select_related("guardian")
    for one in await known:
        members.setdefault(one.household_id, []).append(one)
    return {household: viewing.contact_of(theirs) for household, theirs in members.items()}


def _line(row: dict[str, Any], person: Member | None, *, clear: bool) -> Line:
    phone = (person.phone or "") if person is not None else ""
    return Line(
        row["id"],
        row["code"],
        person.name if person is not None else "",
        person.relation if person is not None else "",
        phone if clear or not phone else phones.masked(phone),
        row["category"],
        row["unit"],
        row["best_time"],
        row["outcome"] or "",
        from_ms(row["last_at"]) if row["last_at"] is not None else None,
    )


async def callers(by: int) -> list[Staff]:
    """Whose lists this person may print, themselves first."""
    me = await people.act_as(by, CALLERS)
    if me.role == "volunteer":
        return [me]
    others = Staff.filter(active=True, unit__path__startswith=me.unit.path, role__in=("volunteer", "chair"))
    return [me, *await others.exclude(id=me.id).order_by("name", "id").limit(300)]
