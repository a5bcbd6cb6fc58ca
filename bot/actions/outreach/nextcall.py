"""下一户: whom to call now, with what one has to know before dialling. It is a look in clear, and noted as one."""

from datetime import datetime
from typing import NamedTuple

from bot import clock
from bot.actions.households import lookup, viewing
from bot.actions.households.lookup import CALLERS
from bot.actions.outreach import assignments, calllists
from bot.actions.outreach.callbacks import SHOWN
from bot.actions.outreach.calling import Calling
from bot.actions.outreach.calllists import Entry
from bot.actions.outreach.outcomes import OUTCOMES
from bot.actions.privacy import audit
from bot.actions.requests.alerts import Rules
from bot.actions.staff.people import act_as
from bot.errors import Conflict, NotAllowed, NotFound
from bot.models import Assignment, FollowUp, Household, Member, Round, Staff, db
from bot.models.fields import to_ms


class Shown(NamedTuple):
    """One household, for the volunteer alone: all but `code` and `relation` must not be said in a group."""

    code: str
    name: str
    relation: str
    phone: str
    category: str
    unit: str
    why: str
    last_at: datetime | None
    last_outcome: str
    last_note: str
    asked_at: datetime | None
    best_time: str
    may_tell: str
    note: str
    script_key: str
    left: int  # how many more are due


async def show(staff_id: int, times: Calling, rules: Rules) -> Shown:
    """The first household that is due. Raises NotFound or Conflict, whose sentence says when there will be one."""
    async with db.transaction():
        staff = await act_as(staff_id, CALLERS)
        if not times.open(clock.now()):
            raise Conflict(f"现在不是打电话的时候（{times.hours}），到点了再写“下一户”。")
        entries = await calllists.mine(staff.id)
        due = await _under_cap([entry for entry in entries if entry.due], staff.id)
        if not due:
            taken = await assignments.take(staff, to_ms(clock.now()))
            due = [one for one in await calllists.mine(staff.id) if one.household_id == taken and one.due]
        if not due:
            raise NotFound(_when([one for one in entries if not one.due]))
        return await _shown(due[0], staff, len(due) - 1, rules)


async def _under_cap(due: list[Entry], staff_id: int) -> list[Entry]:
    """Rounds have a cap a day a volunteer; a promise to a family counts more."""
    calls = await calllists.calls_today(staff_id)
    kept = [one for one in due if one.why == calllists.PROMISED or not one.cap or calls.get(one.round_id, 0) < one.cap]
    if due and not kept:
        raise Conflict(f"今天已经打了 {sum(calls.values())} 户，够多了，歇一歇，明天接着打。")
    return kept


def _when(later: list[Entry]) -> str:
    at = min((one.next_call_at for one in later if one.next_call_at is not None), default=None)
    if at is not None:
        return f"现在没有要打的。下一户是 {clock.local(at):%m月%d日 %H:%M} 以后。"
    return "今天没有要打的了，明天再看。" if later else "没有分给您的户，也没有等着打的。"


async def _shown(entry: Entry, staff: Staff, left: int, rules: Rules) -> Shown:
    household = await Household.get(id=entry.household_id).select_related("unit")
    member, phone = await _opened(household, staff, rules)
    assignment = await Assignment.get_or_none(held_household_id=household.id, staff_id=staff.id)
    round_ = await Round.get(id=assignment.round_id) if assignment is not None else None
    last = await FollowUp.filter(household_id=household.id, undone_at=None).order_by("-at", "-id").first()
    return Shown(
        household.code,
        member.name if member is not None else "",
        member.relation if member is not None else "",
        phone,
        household.category,
        household.unit.name,
        calllists.WHY[entry.why],
        last.at if last is not None else None,
        OUTCOMES[last.outcome].said(last.visited) if last is not None else "",
        (last.note or "") if last is not None else "",
        household.next_call_at if entry.why == calllists.PROMISED else None,
        household.best_time,
        household.may_tell or "",
        household.note or "",
        round_.script_key if round_ is not None else "",
        left,
    )


async def _opened(household: Household, staff: Staff, rules: Rules) -> tuple[Member | None, str]:
    """Whom to ask for, and their number. That they were shown is remembered, and is a look in clear."""
    member, phone = await viewing.contact(household.id)
    await Assignment.filter(held_household_id=household.id, staff_id=staff.id).update(touched_at=clock.now())
    await audit.note(SHOWN, "staff", staff.id, staff_id=staff.id, household=household.id)
    told = {"phone": phone, "note": household.note or household.may_tell}
    await viewing.note(household.id, [what for what, text in told.items() if text], staff, rules, code="call")
    return member, phone


class Number(NamedTuple):
    """What is needed to dial, for the person who asked, alone."""

    code: str
    name: str
    relation: str
    phone: str
    may_tell: str
    note: str


async def dial(code: str, staff_id: int, times: Calling, rules: Rules) -> Number:
    """The number of one household on the person's list, that may be called now.

    Raises NotFound outside their unit, NotAllowed when it is not on their list, Conflict when it is not the time.
    """
    async with db.transaction():
        staff = await act_as(staff_id, CALLERS)
        household = await lookup.exact(code, staff_id)
        entry = next((one for one in await calllists.mine(staff_id) if one.household_id == household.id), None)
        if entry is None:
            raise NotAllowed(f"{household.code} 现在不在您手上，请打下一户。")
        if not times.open(clock.now()):
            raise Conflict(f"现在不是打电话的时候（{times.hours}），到点了再打。")
        if not entry.due:
            raise Conflict(f"{household.code} 还没到要打的时候，先打别的。")
        await _under_cap([entry], staff_id)
        member, phone = await _opened(household, staff, rules)
    name, relation = (member.name, member.relation) if member is not None else ("", "")
    return Number(household.code, name, relation, phone, household.may_tell or "", household.note or "")


async def take(staff_id: int, times: Calling) -> str:
    """With nothing left to call, a household that waits for nobody in particular is theirs now. Returns a code.

    Raises NotFound when there is none, Conflict when it is not the time.
    """
    async with db.transaction():
        staff = await act_as(staff_id, CALLERS)
        if not times.open(clock.now()):
            raise Conflict(f"现在不是打电话的时候（{times.hours}），到点了再来。")
        entries = await calllists.mine(staff_id)
        due = next((one for one in entries if one.due), None)
        if due is not None:
            return due.code
        taken = await assignments.take(staff, to_ms(clock.now()))
        if taken is None:
            raise NotFound(_when(entries))
        return (await Household.get(id=taken)).code
