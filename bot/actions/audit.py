"""Leaves the audit row of a change, in the transaction of that change."""

from bot import clock
from bot.models import Audit


async def note(
    action: str, subject: str, subject_id: int | None = None, *, staff_id: int | None = None, **detail: object
) -> None:
    """`detail` is for codes and numbers; words, names and numbers of a family do not belong here."""
    await Audit.create(
        at=clock.now(), staff_id=staff_id, action=action, subject=subject, subject_id=subject_id, detail=detail
    )
