"""A volunteer's call to a household: recorded with its outcome, the next attempt and a help request if it says so."""

from datetime import timedelta
from typing import NamedTuple

from bot import clock
from bot.actions import audit, help
from bot.actions.alerts import Rules
from bot.actions.outcomes import OUTCOMES, Outcome
from bot.actions.people import act_as
from bot.errors import Conflict, NotAllowed, NotFound
from bot.models import FollowUp, HelpRequest, Household, db

CALLERS = ("chair", "volunteer")
NEVER_AGAIN = ("do_not_call", "deceased")
UNDO_WITHIN = timedelta(hours=24)


class Recorded(NamedTuple):
    """What was written: enough to answer the volunteer with."""

    follow_up: FollowUp
    outcome: Outcome
    household: Household
    request: HelpRequest | None
    joined: bool = False  # the need was added to a request that was open already


async def record(
    code: str, outcome: str, note: str, kinds: tuple[str, ...], urgency: str, staff_id: int, rules: Rules
) -> Recorded:
    """Write one call-back. Raises NotFound for a household outside the caller's unit, as for one that is not there."""
    rule = OUTCOMES[outcome]
    async with db.transaction():
        household = await _household(code, staff_id)
        before = household.next_call_at
        now = clock.now()
        household.next_call_at = None if rule.again is None else now + rule.again
        household.do_not_call = household.do_not_call or outcome in NEVER_AGAIN
        await household.save(update_fields=["next_call_at", "do_not_call"])
        request, new = None, True
        if outcome == "needs_help":
            request, new = await help.raise_request(
                help.Need("callback", kinds, urgency, note, household.unit_id, household.id), rules
            )
        follow_up = await FollowUp.create(
            household_id=household.id,
            staff_id=staff_id,
            outcome=outcome,
            note=note or None,
            at=now,
            next_call_before=before,
            request_id=None if request is None else request.id,
        )
        await audit.note("callback.recorded", "household", household.id, staff_id=staff_id, outcome=outcome)
    return Recorded(follow_up, rule, household, request, joined=not new)


async def _household(code: str, staff_id: int) -> Household:
    household = await Household.get_or_none(code=code)
    unknown = NotFound(f"没找到 {code} 这一户，请核对户编号。")
    if household is None:
        raise unknown
    try:
        await act_as(staff_id, CALLERS, household.unit_id)
    except NotAllowed:
        raise unknown from None
    return household


async def undo(staff_id: int) -> Recorded:
    """Take back the person's latest call-back of the last day; `request` is the one that went with it."""
    async with db.transaction():
        last = (
            await FollowUp.filter(staff_id=staff_id, undone_at=None, at__gte=clock.now() - UNDO_WITHIN)
            .order_by("-id")
            .first()
        )
        if last is None:
            raise NotFound("最近一天没有可以撤销的回访。")
        household = await Household.get(id=last.household_id)
        withdrawn = await _take_back(last, staff_id)
        last.undone_at = clock.now()
        await last.save(update_fields=["undone_at"])
        household.next_call_at = last.next_call_before
        household.do_not_call = await FollowUp.filter(
            household_id=household.id, undone_at=None, outcome__in=NEVER_AGAIN
        ).exists()
        await household.save(update_fields=["next_call_at", "do_not_call"])
        await audit.note("callback.undone", "household", household.id, staff_id=staff_id, outcome=last.outcome)
    return Recorded(last, OUTCOMES[last.outcome], household, withdrawn)


async def _take_back(last: FollowUp, staff_id: int) -> HelpRequest | None:
    """Withdraw the call-back's request, if it has one; None as well if words from elsewhere have joined it."""
    if last.request_id is None:
        return None
    others = await FollowUp.filter(request_id=last.request_id, undone_at=None).exclude(id=last.id).exists()
    request = await HelpRequest.get(id=last.request_id)
    if others or request.source != "callback":
        return None  # it stands on other feet too: only the call-back goes
    if not await help.withdraw(request.id, staff_id):
        raise Conflict(f"{request.id} 号求助单主席已经收到，不能撤销，请直接和主席说。")
    return request
