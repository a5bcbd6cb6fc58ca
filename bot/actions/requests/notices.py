"""Tells staff what became of a request, on every account they have bound. News, not alerts: they never climb."""

from collections.abc import Iterable

from bot.actions.delivery import outbox
from bot.actions.requests.alerts import LIFE, Recipient, Rules, loud_from, quiet_hours
from bot.events import Chat, Part
from bot.models import Delivery, FollowUp, HelpRequest, Identity

MAY_HAVE_ARRIVED = ("sending", "sent", "unknown")


async def accounts(staff_ids: Iterable[int | None]) -> list[Recipient]:
    """The accounts of active people, in the order of the people."""
    wanted = [one for one in dict.fromkeys(staff_ids) if one is not None]
    rows = await Identity.filter(staff_id__in=wanted, staff__active=True).order_by("id") if wanted else []
    found = [Recipient(row.staff_id, row.channel, row.user_id) for row in rows if row.staff_id is not None]
    return sorted(found, key=lambda one: wanted.index(one.staff_id))


async def alerted(request: HelpRequest) -> list[Recipient]:
    """The accounts of staff who have, or may have, read an alert of it."""
    gone = Delivery.filter(request_id=request.id, purpose="alert", chat_kind="direct", status__in=MAY_HAVE_ARRIVED)
    seen = {(row.channel, row.chat_id) for row in await gone}
    rows = await Identity.filter(user_id__in=[user for _, user in seen], staff__active=True).order_by("id")
    found = [Recipient(row.staff_id, row.channel, row.user_id) for row in rows if row.staff_id is not None]
    return [one for one in found if (one.channel, one.user_id) in seen]


async def tell(to: Iterable[Recipient], parts: tuple[Part, ...], urgency: str, mark: str, rules: Rules) -> int:
    """Write the same words to each account, once for each `mark`; returns how many accounts there were."""
    drafts = []
    for one in filter(lambda one: rules.hears(one.channel), dict.fromkeys(to)):
        hours = quiet_hours(urgency, one.channel, rules)
        drafts.append(
            outbox.Draft(
                key=f"n:{mark}:{one.channel}:{one.user_id}",
                purpose="reply",
                channel=one.channel,
                chat=Chat("direct", one.user_id),
                parts=parts,
                quiet_hours=hours,
                expires_at=loud_from(hours) + LIFE,
            )
        )
    await outbox.enqueue(drafts)
    return len(drafts)


async def concerned(request: HelpRequest, *, but: int | None = None) -> list[int]:
    """Who wants to hear how it ended: who brought it, who called, who reported, who took it."""
    calls = FollowUp.filter(request_id=request.id, undone_at=None).order_by("id")
    callers = [call.staff_id for call in await calls]
    everyone = [request.assigned_to_id, *callers, request.reported_by_id, request.acknowledged_by_id]
    return [one for one in dict.fromkeys(everyone) if one is not None and one != but]
