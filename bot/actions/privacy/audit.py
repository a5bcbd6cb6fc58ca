"""Leaves the audit row of a change or of a look, in the transaction of that change. No row, no change, no look."""

from bot import clock
from bot.actions.upkeep import news
from bot.models import Audit


async def note(
    action: str,
    subject: str,
    subject_id: int | None = None,
    *,
    staff_id: int | None = None,
    reason: str = "",
    **detail: object,
) -> None:
    """`reason` is what the person wrote and is kept encrypted; `detail` is codes and numbers, in clear."""
    await Audit.create(
        at=clock.now(),
        staff_id=staff_id,
        action=action,
        subject=subject,
        subject_id=subject_id,
        detail=detail,
        reason=reason or None,
    )
    news.tell(action)
