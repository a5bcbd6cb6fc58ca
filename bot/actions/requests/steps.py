"""A request's history: one line a step, with the words as they were said, in the transaction of the step."""

from datetime import datetime
from typing import NamedTuple

from bot import clock
from bot.models import RequestStep

NAMES = {
    "raised": "求助",
    "joined": "又说",
    "acknowledged": "收到",
    "assigned": "派人",
    "promised": "答应",
    "delivered": "送达",
    "corrected": "更正",
    "asked": "问家属",
    "confirmed": "确认收到",
    "not_received": "说没收到",
    "issues": "说有问题",
    "reminded": "提醒",
    "linked": "关联",
    "kinds": "改类",
    "urgency": "改急缓",
    "closed": "办结",
    "reopened": "重开",
    "withdrawn": "收回",
    "handed": "交接",
}


class Step(NamedTuple):
    """One line of the history, to be shown."""

    at: datetime
    step: str
    who: str
    words: str


async def note(request_id: int, step: str, *, staff_id: int | None = None, words: str = "") -> RequestStep:
    return await RequestStep.create(
        request_id=request_id, at=clock.now(), staff_id=staff_id, step=step, words=words[:4000] or None
    )


async def history(request_id: int) -> list[Step]:
    """From the first word on. The caller has checked who is asking."""
    rows = await RequestStep.filter(request_id=request_id).order_by("id").select_related("staff")
    return [Step(row.at, row.step, row.staff.name if row.staff is not None else "", row.words or "") for row in rows]
