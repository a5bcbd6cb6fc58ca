"""A volunteer's call to a household: recorded with its outcome, the next attempt and a help request if it says so."""

from datetime import datetime, timedelta
from typing import Any, NamedTuple

from tortoise.expressions import Q

from bot import clock
from bot.actions.households import lookup, members
from bot.actions.outreach import assignments, attempts, calling
from bot.actions.outreach.calling import Calling
from bot.actions.outreach.outcomes import NEXT_STEPS, OUTCOMES, Outcome
from bot.actions.privacy import audit
from bot.actions.requests import help, notices
from bot.actions.requests.alerts import Rules
from bot.actions.staff.people import act_as
from bot.errors import Conflict, NotFound
from bot.models import Assignment, Audit, FollowUp, HelpRequest, Household, Staff, db

CALLERS = lookup.CALLERS
NEVER_AGAIN = ("do_not_call", "deceased")
UNDO_WITHIN = timedelta(hours=24)
SHOWN_FOR = timedelta(hours=12)
SHOWN = "call.shown"  # the audit action that remembers whom 下一户 showed


class Call(NamedTuple):
    """What a volunteer says of a call, or of a visit. `asked`: when the family itself wants to be called."""

    outcome: str
    note: str = ""
    kinds: tuple[str, ...] = ()
    urgency: str = "normal"
    asked: datetime | None = None
    visited: bool = False


class Recorded(NamedTuple):
    """What was written: enough to answer the volunteer with."""

    follow_up: FollowUp
    outcome: Outcome
    household: Household
    name: str
    request: HelpRequest | None
    joined: bool = False  # the need was added to a request that was open already
    step: str = ""  # what comes instead of another call
    holder: str = ""  # the colleague whose list the household is on, if that is somebody else


async def record(
    who: str,
    call: Call,
    staff_id: int,
    rules: Rules,
    times: Calling,
    *,
    at: datetime | None = None,
    key: str = "",
) -> Recorded:
    """Write one call-back to the household that `who` means (code, name or phone ending).

    `at`: when the call was, if it is told of only now. By `key` the audit row is found again.
    Raises NotFound for a household outside the caller's unit, as for one that is not there.
    """
    async with db.transaction():
        household = await lookup.find(who, staff_id)
        return await _record(household, call, staff_id, rules, times, at or clock.now(), key)


async def record_shown(call: Call, staff_id: int, rules: Rules, times: Calling) -> Recorded:
    """The same for the household that 下一户 showed this person last. NotFound when there is none to be recorded."""
    async with db.transaction():
        household = await last_shown(staff_id)
        if household is None:
            raise NotFound("先写“下一户”，再写结果；或者写明哪一户，例如“回访 H0123 未接”。")
        return await _record(household, call, staff_id, rules, times, clock.now())


async def amend(call: Call, staff_id: int, rules: Rules, times: Calling) -> Recorded:
    """The person's latest call-back had another outcome: taken back and written anew, at the time of the call."""
    async with db.transaction():
        before = await undo(staff_id, rules)
        household = await Household.get(id=before.household.id)
        call = call._replace(visited=call.visited or before.follow_up.visited)  # who was there has been there
        return await _record(household, call, staff_id, rules, times, before.follow_up.at)


async def reachable(code: str, staff_id: int) -> None:
    """Raises NotFound when the household is not within the person's units."""
    await lookup.exact(code, staff_id)


async def hand_back(who: str, staff_id: int) -> str:
    """The person cannot call this household, or with "" the one shown last: another will. Returns its code."""
    async with db.transaction():
        household = await lookup.find(who, staff_id) if who else await last_shown(staff_id)
        if household is None:
            raise NotFound("退回哪一户？请写上户编号，例如“退回 H0123”。")
        await assignments.hand_back(household, staff_id)
    return household.code


async def last_shown(staff_id: int) -> Household | None:
    """Whom 下一户 showed this person last, if no call to them has been recorded since."""
    since = clock.now() - SHOWN_FOR
    mine = Audit.filter(subject="staff", subject_id=staff_id, action=SHOWN, at__gte=since)
    shown = await mine.order_by("-id").first()
    if shown is None:
        return None
    calls = FollowUp.filter(household_id=shown.detail["household"], staff_id=staff_id, undone_at=None)
    if await calls.filter(at__gte=shown.at).exists():
        return None
    return await Household.get_or_none(id=shown.detail["household"])


async def _record(
    household: Household, call: Call, staff_id: int, rules: Rules, times: Calling, at: datetime, key: str = ""
) -> Recorded:
    await act_as(staff_id, CALLERS, household.unit_id)
    household = await _alone_with(household.id)
    rule = OUTCOMES[call.outcome]
    assignment = await assignments.open_round_of(household.id, visited=call.visited)
    state = await attempts.state_after(rule, household.id, assignment, visited=call.visited)
    next_call = await _next_call(rule, household, call, times, at) if state == "waiting" else None
    before, latest = await _slip_in(household, at, next_call)
    newly_off = call.outcome in NEVER_AGAIN and not household.do_not_call
    household.do_not_call = household.do_not_call or newly_off
    await household.save(update_fields=["next_call_at", "do_not_call"])
    request, new = await _need(household, call, rules)
    follow_up = await FollowUp.create(
        household_id=household.id,
        staff_id=staff_id,
        outcome=call.outcome,
        visited=call.visited,
        note=call.note or None,
        at=at,
        next_call_before=before,
        request_id=None if request is None else request.id,
        assignment_id=None if assignment is None else assignment.id,
    )
    holder = await _advance(assignment, state if latest else assignment.state, staff_id, at) if assignment else ""
    mark: dict[str, Any] = {"key": key, "follow_up": follow_up.id} if key else {}
    await audit.note("callback.recorded", "household", household.id, staff_id=staff_id, outcome=call.outcome, **mark)
    if newly_off:
        await audit.note("do_not_call.on", "household", household.id, staff_id=staff_id, follow_up=follow_up.id)
    step = NEXT_STEPS[state] if not rule.final and state != "waiting" else ""
    return Recorded(
        follow_up, rule, household, await _name(household), request, joined=not new, step=step, holder=holder
    )


async def _alone_with(household_id: int) -> Household:
    """As it is now, and nobody else at it until the transaction ends: a wish that was just noted must not be lost."""
    return await Household.select_for_update().get(id=household_id)


async def _slip_in(household: Household, at: datetime, next_call: datetime | None) -> tuple[datetime | None, bool]:
    """Set the next call, unless a later call than this one has said more. Returns (what was set before, is it set)."""
    following = await FollowUp.filter(household_id=household.id, undone_at=None, at__gt=at).order_by("at", "id").first()
    if following is None:
        kept = household.next_call_at
        household.next_call_at = next_call
        return kept, True
    await FollowUp.filter(id=following.id).update(next_call_before=next_call)
    return following.next_call_before, False


async def _need(household: Household, call: Call, rules: Rules) -> tuple[HelpRequest | None, bool]:
    if call.outcome != "needs_help":
        return None, True
    need = help.Need("callback", call.kinds, call.urgency, call.note, household.unit_id, household.id)
    return await help.raise_request(need, rules)


async def _next_call(rule: Outcome, household: Household, call: Call, times: Calling, now: datetime) -> datetime | None:
    if rule.again is None:
        return None
    return calling.next_attempt(
        now,
        call.asked or now + rule.again,
        asked=rule.code == "call_later",
        best_time=household.best_time,
        avoid=await calling.days_to_avoid(household.id),
        calling=times,
    )


async def _advance(assignment: Assignment, state: str, staff_id: int, at: datetime) -> str:
    """One attempt more; whatever is not waiting for a call is with nobody any more. Returns another's name."""
    held = assignment.held_household_id
    assignment.attempts += 1
    assignment.touched_at = at
    assignment.state = state
    assignment.held_household_id = held if state == "waiting" else None
    await assignment.save(update_fields=["attempts", "touched_at", "state", "held_household_id"])
    if held is None or assignment.staff_id in (None, staff_id):
        return ""
    other = await Staff.get_or_none(id=assignment.staff_id)
    return other.name if other is not None else ""


async def undo(staff_id: int, rules: Rules, only: int = 0) -> Recorded:
    """Take back the person's latest call-back of the last day; `request` is the one that went with it.

    Whoever was alerted of that request is told, so that nobody sets out in vain.
    With `only` it must be that follow-up; when it was taken back before, it is as if it were done now.
    """
    async with db.transaction():
        mine = FollowUp.filter(staff_id=staff_id, undone_at=None, at__gte=clock.now() - UNDO_WITHIN)
        last = await mine.order_by("-id").first()
        if only and (last is None or last.id != only):
            return await _undone_before(only, staff_id)
        if last is None:
            raise NotFound("最近一天没有可以撤销的回访。")
        household = await _alone_with(last.household_id)
        await last.refresh_from_db(fields=["undone_at"])
        if last.undone_at is not None:
            return await _undone_before(last.id, staff_id)
        withdrawn = await _take_back(last, staff_id, rules)
        last.undone_at = clock.now()
        await last.save(update_fields=["undone_at"])
        await _restore(household, last)
        await audit.note("callback.undone", "household", household.id, staff_id=staff_id, outcome=last.outcome)
    return Recorded(last, OUTCOMES[last.outcome], household, await _name(household), withdrawn)


async def _undone_before(follow_up_id: int, staff_id: int) -> Recorded:
    one = await FollowUp.get_or_none(id=follow_up_id, staff_id=staff_id)
    if one is None:
        raise NotFound("没有这条回访，可能不是您记的。")
    if one.undone_at is None:
        raise Conflict("只能撤销最近记的一条。")
    household = await Household.get(id=one.household_id)
    return Recorded(one, OUTCOMES[one.outcome], household, await _name(household), None)


async def _restore(household: Household, last: FollowUp) -> None:
    """As it was before the call; what somebody recorded after it stands, and inherits what there was before."""
    after = Q(at__gt=last.at) | Q(at=last.at, id__gt=last.id)
    later = FollowUp.filter(after, household_id=household.id, undone_at=None).order_by("at", "id")
    following = await later.first()
    if following is None:
        household.next_call_at = last.next_call_before
    else:
        following.next_call_before = last.next_call_before
        await following.save(update_fields=["next_call_before"])
    flipped = Audit.filter(subject="household", subject_id=household.id, action="do_not_call.on")
    if any(row.detail["follow_up"] == last.id for row in await flipped):
        household.do_not_call = await later.filter(outcome__in=NEVER_AGAIN).exists()
    await household.save(update_fields=["next_call_at", "do_not_call"])
    if last.assignment_id is not None:
        await _step_back(last.assignment_id, waits=not await later.filter(assignment_id=last.assignment_id).exists())


async def _step_back(assignment_id: int, *, waits: bool) -> None:
    """One attempt less: it waits as before for a visit, or for a call by the same volunteer unless another has it."""
    assignment = await Assignment.get(id=assignment_id).select_related("round", "staff")
    assignment.attempts = max(0, assignment.attempts - 1)
    if waits:
        assignment.state = await attempts.state_left(assignment)
        free = not await Assignment.filter(held_household_id=assignment.household_id).exclude(id=assignment.id).exists()
        staff = assignment.staff
        waiting = assignment.state == "waiting"
        if waiting and free and staff is not None and staff.active and assignment.round.closed_at is None:
            assignment.held_household_id = assignment.household_id
    await assignment.save(update_fields=["attempts", "state", "held_household_id"])


async def _take_back(last: FollowUp, staff_id: int, rules: Rules) -> HelpRequest | None:
    """Withdraw the call-back's request, if it has one; None as well if words from elsewhere have joined it."""
    if last.request_id is None:
        return None
    others = await FollowUp.filter(request_id=last.request_id, undone_at=None).exclude(id=last.id).exists()
    request = await HelpRequest.get(id=last.request_id)
    if others or request.source != "callback":
        return None  # it stands on other feet too: only the call-back goes
    if not await help.withdraw(request.id, staff_id):
        raise Conflict(f"{request.id} 号求助单主席已经收到，不能撤销，请直接和主席说。")
    parts = rules.texts.render("replies/withdrawn", number=request.id, by=(await Staff.get(id=staff_id)).name)
    await notices.tell(await notices.alerted(request), parts, request.urgency, f"w:{request.id}", rules)
    return request


async def _name(household: Household) -> str:
    member = await members.first(household.id)
    return member.name if member is not None else ""
