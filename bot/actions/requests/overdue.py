"""Requests that were taken and then stood still: first their owner is reminded, then deputy, then the chair above."""

from datetime import datetime

from tortoise.queryset import QuerySet

from bot import clock
from bot.actions.households.families import family_of
from bot.actions.privacy import audit
from bot.actions.requests import alerts, notices, steps
from bot.actions.requests.alerts import Recipient, Rules
from bot.actions.requests.pace import STAGES
from bot.models import HelpRequest, db

MOST = 200  # of one beat


async def remind(rules: Rules) -> int:
    """Time what is new in its state, and remind of what is due. Returns how many were reminded of."""
    for request in await HelpRequest.filter(state__in=STAGES, next_alert_at=None).order_by("id").limit(MOST):
        due = rules.pace.due(request.state, request.urgency, since(request))
        await _same(request).update(next_alert_at=due, alert_step=0)
    reminded = 0
    for request in (
        await HelpRequest.filter(state__in=STAGES, next_alert_at__lte=clock.now()).order_by("id").limit(MOST)
    ):
        async with db.transaction():
            reminded += await _remind(request, rules)
    return reminded


def _same(request: HelpRequest) -> QuerySet[HelpRequest]:
    return HelpRequest.filter(id=request.id, state=request.state, next_alert_at=request.next_alert_at)


def since(request: HelpRequest) -> datetime:
    """When it came into its state."""
    moments = {
        "acknowledged": request.acknowledged_at,
        "assigned": request.assigned_at,
        "delivering": request.confirm_asked_at or request.delivered_at,
    }
    return moments[request.state] or request.opened_at


async def _remind(request: HelpRequest, rules: Rules) -> int:
    following = rules.pace.again(request.state, request.urgency, clock.now())
    step = request.alert_step
    if not await _same(request).update(next_alert_at=following, alert_step=step + 1):
        return 0  # somebody did something a moment ago
    to = await _whom(request, step // rules.times_each, rules)
    note = await steps.note(request.id, "reminded")
    await audit.note("help.reminded", "request", request.id, state=request.state, step=step)
    family = await family_of(request)
    parts = rules.texts.render(
        "replies/overdue",
        number=request.id,
        state=request.state,
        since=clock.local(since(request)).strftime("%m月%d日 %H:%M"),
        again=step > 0,
        **family.shown(request),
    )
    await notices.tell(to, parts, request.urgency, str(note.id), rules)
    return 1


async def _whom(request: HelpRequest, rung: int, rules: Rules) -> list[Recipient]:
    """The owner, then up the ladder of the request's unit; at the top it stays."""
    owner = request.acknowledged_by_id if request.state == "acknowledged" else request.assigned_to_id
    first = [one for one in await notices.accounts([owner]) if rules.hears(one.channel)]
    levels = [first, *(level for level in await alerts.ladder(request.unit_id, rules) if level != first)]
    reachable = [level for level in levels if level]
    return reachable[min(rung, len(reachable) - 1)] if reachable else []
