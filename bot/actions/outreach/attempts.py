"""What attempts to reach a household come to: after how many in vain it is not another call but a visit."""

from datetime import timedelta

from bot import clock
from bot.actions.outreach.outcomes import OUTCOMES, Outcome
from bot.models import Assignment, FollowUp

IN_A_ROW = timedelta(days=60)  # without a round, older attempts belong to another story


async def state_after(rule: Outcome, household_id: int, assignment: Assignment | None, *, visited: bool) -> str:
    """What the household waits for after this attempt: another call, a visit, a roster fix, or nothing."""
    if visited and assignment is not None and assignment.state == "visit":
        if not rule.reached:
            return "visit"  # somebody goes again
        if rule.ends == "visit":
            return "done"
    if rule.final:
        return rule.ends
    return rule.then if await _in_a_row(household_id, assignment) + 1 >= rule.tries else "waiting"


async def state_left(assignment: Assignment) -> str:
    """What the attempts that stand come to."""
    standing = FollowUp.filter(assignment_id=assignment.id, undone_at=None).order_by("-at", "-id")
    last = await standing.first()
    if last is None:
        return "waiting"
    rule = OUTCOMES[last.outcome]
    if rule.final:
        return rule.ends
    return rule.then if await _in_a_row(assignment.household_id, assignment) >= rule.tries else "waiting"


async def _in_a_row(household_id: int, assignment: Assignment | None) -> int:
    """Attempts that settled nothing, up to now: of this round, or without one since the last call that did."""
    calls = FollowUp.filter(household_id=household_id, undone_at=None, at__gte=clock.now() - IN_A_ROW)
    if assignment is not None:
        calls = calls.filter(assignment_id=assignment.id)
    count = 0
    for call in await calls.order_by("-at", "-id").limit(20):
        if OUTCOMES[call.outcome].final:
            break
        count += 1
    return count
