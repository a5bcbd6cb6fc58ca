"""A staff person leaves: cut off and relieved of everything in one transaction, so that no family waits for a ghost."""

from typing import NamedTuple

from tortoise.expressions import F

from bot import clock
from bot.actions.delivery.resending import LEFT
from bot.actions.households import families
from bot.actions.outreach import assignments
from bot.actions.privacy import audit
from bot.actions.requests import alerts, lifecycle, notices, steps
from bot.actions.requests.alerts import Recipient, Rules
from bot.actions.staff import people
from bot.actions.staff.colleagues import SENT
from bot.errors import BadInput
from bot.models import Assignment, Delivery, HelpRequest, Identity, Staff, db
from bot.models.fields import to_ms

IN_HAND = ("assigned", "delivering")


class Left(NamedTuple):
    """Who left, who has what they held (None: it waits for others), and how much that was."""

    staff: Staff
    to: Staff | None
    households: int
    pool: int  # of these, back with nobody in particular
    requests: int
    alerted: int  # open requests whose alert goes to the next person at once


async def leave(staff_id: int, to_id: int | None = None, *, by: int | None = None, rules: Rules | None = None) -> Left:
    """Cut off and hand on: to one colleague, or households to the pool and requests to the chair.

    Raises NotFound, NotAllowed, BadInput for a colleague who cannot take over. Without `rules` nobody is told.
    """
    async with db.transaction():
        to = await _successor(staff_id, to_id, by)
        accounts = await Identity.filter(staff_id=staff_id)
        staff = await people.deactivate(staff_id, by=by)
        alerted = await _alert_others(await _void(accounts))
        households, pool = await _households(staff, to, by)
        requests = await _requests(staff, to, by, rules)
        await _remind_of_taken(staff)
        counts = {"households": households, "requests": requests, "alerts": alerted, "to": to.id if to else 0}
        await audit.note("staff.leave", "staff", staff.id, staff_id=by, reason="", **counts)
    return Left(staff, to, households, pool, requests, alerted)


async def _successor(staff_id: int, to_id: int | None, by: int | None) -> Staff | None:
    if to_id is None:
        return None
    to = await Staff.get_or_none(id=to_id, active=True)
    if to is None or to.role not in SENT or to.id == staff_id:
        raise BadInput("接手的人要是另一位在用的志愿者、主席或管理员，请换一位。")
    if by is not None:  # what a family said goes to nobody whom the admin does not answer for
        await people.act_as(by, (), to.unit_id)
    return to


async def _void(accounts: list[Identity]) -> set[int]:
    """Nothing goes out to them any more; returns the requests that they were alerted of."""
    told: set[int] = set()
    for account in accounts:
        theirs = Delivery.filter(channel=account.channel, chat_kind="direct", chat_id=account.user_id)
        told.update(row.request_id for row in await theirs.filter(purpose="alert") if row.request_id is not None)
        await theirs.filter(status__in=("queued", "held")).update(status="expired", reason=LEFT, settled_at=clock.now())
    return told


async def _alert_others(told: set[int]) -> int:
    """Of what they were alerted of, the next person hears now. Returns how many requests that is."""
    waiting = HelpRequest.filter(id__in=list(told), state__in=("open", "review"), alert_step__gt=0)
    # Without them the ladder is a rung shorter: the step is made again, or the one who moved down would be left out.
    return await waiting.update(next_alert_at=clock.now(), alert_step=F("alert_step") - 1) if told else 0


async def _households(staff: Staff, to: Staff | None, by: int | None) -> tuple[int, int]:
    """Returns how many they had to call, and how many of these nobody has now."""
    held = await Assignment.filter(staff_id=staff.id).exclude(held_household_id=None).count()
    if to is not None and held:
        await assignments.move(staff.id, [to.id], by=by)
    rest = await db.fetch(
        "UPDATE assignment SET held_household_id = NULL, staff_id = NULL, assigned_at = NULL"
        " WHERE staff_id = ? AND held_household_id IS NOT NULL RETURNING id",
        staff.id,
    )
    return held, len(rest)


async def _requests(staff: Staff, to: Staff | None, by: int | None, rules: Rules | None) -> int:
    mine = await HelpRequest.filter(assigned_to_id=staff.id, state__in=IN_HAND).order_by("id")
    for request in mine:
        to_bring = request.state == "assigned"  # of the others, whoever has them now is reminded in time
        await _hand_on(request, to)
        said = f"{staff.name} 离开" + (f"，交给 {to.name}" if to is not None else "")
        step = await steps.note(request.id, "handed", staff_id=by, words=said)
        if to is not None and to_bring and rules is not None:
            await lifecycle.hand_task(request, to, "", step.id, rules)
    if to is None and mine and rules is not None:
        await _tell_chairs(staff, mine, rules)
    return len(mine)


async def _hand_on(request: HelpRequest, to: Staff | None) -> None:
    changes: dict[str, object] = {"alert_step": 0, "next_alert_at": None}
    if to is not None:
        changes |= {"assigned_to_id": to.id, "assigned_at": clock.now()}
    elif request.state == "assigned":
        changes |= {"state": "acknowledged", "assigned_to_id": None, "assigned_at": None}
        changes |= {"acknowledged_at": clock.now()}  # from now on it waits for somebody anew
    else:
        changes |= {"assigned_to_id": None}  # it was brought: what is missing is the family's word
    await HelpRequest.filter(id=request.id).update(**changes)


async def _tell_chairs(staff: Staff, requests: list[HelpRequest], rules: Rules) -> None:
    """Each chair one message with all that came back to them."""
    lines: dict[Recipient, list[str]] = {}
    for request in requests:
        family = await families.family_of(request)
        line = f"{request.id} 号　{family.code or '名册外'}"
        for rung in (await alerts.ladder(request.unit_id, rules))[:1]:
            for one in rung:
                lines.setdefault(one, []).append(line)
    mark = f"left:{staff.id}:{to_ms(clock.now())}"
    for one, theirs in lines.items():
        parts = rules.texts.render("replies/handed-back", name=staff.name, lines=theirs)
        await notices.tell([one], parts, "normal", mark, rules)


async def _remind_of_taken(staff: Staff) -> None:
    """What they had taken and not yet given to anybody: the next of the ladder is reminded at once."""
    taken = HelpRequest.filter(acknowledged_by_id=staff.id, state="acknowledged", assigned_to_id=None)
    await taken.update(alert_step=0, next_alert_at=clock.now())
