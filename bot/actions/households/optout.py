"""A family that wants no messages gets none: from the next claim on, and of what already waits."""

from bot import clock
from bot.actions.privacy import audit
from bot.actions.staff import people
from bot.errors import NotFound
from bot.models import Household, db
from bot.models.fields import to_ms

# Answers to what they write themselves still go out; so do alerts, which are never meant for a family.
HOLD_WAITING = """
UPDATE delivery SET status = 'held', reason = 'opted_out', settled_at = ?
WHERE status = 'queued' AND purpose = 'tip' AND chat_kind = 'direct' AND EXISTS (
    SELECT 1 FROM identity i JOIN member m ON m.id = i.member_id
    WHERE m.household_id = ? AND i.channel = delivery.channel AND i.user_id = delivery.chat_id)
RETURNING id
"""


async def messages_off(household_id: int, *, by: int | None = None) -> bool:
    """They unsubscribe (退订). Returns False when they already had."""
    return await _put(household_id, True, by)


async def messages_on(household_id: int, *, by: int | None = None) -> bool:
    """They want messages again. What was held back stays held: it is old news by now."""
    return await _put(household_id, False, by)


async def _put(household_id: int, off: bool, by: int | None) -> bool:
    async with db.transaction():
        household = await Household.get_or_none(id=household_id)
        if household is None:
            raise NotFound("名册上没有这一户，请核对户编号")
        if by is not None:
            await people.act_as(by, ("chair", "volunteer"), household.unit_id)
        if household.messages_off == off:
            return False
        household.messages_off = off
        await household.save(update_fields=["messages_off"])
        held = await db.fetch(HOLD_WAITING, to_ms(clock.now()), household.id) if off else []
        await audit.note(
            "messages.off" if off else "messages.on", "household", household.id, staff_id=by, held=len(held)
        )
    return True
