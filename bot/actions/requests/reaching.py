"""One request, for one staff person: may they know of it, may they decide on it, and has somebody been faster?"""

from typing import NamedTuple

from bot import clock
from bot.actions.requests import alerts, help
from bot.actions.staff import people
from bot.errors import Conflict, NotAllowed, NotFound
from bot.models import HelpRequest, RequestStep, Staff

LEADERS = ("chair",)  # deputies are chairs too; an admin may always
FAMILY = "家属"  # who did what no colleague did
CLOSED_AS = {
    "helped": "已解决",
    "no_need": "不需要了",
    "referred": "已转介",
    "duplicate": "重复",
    "unreachable": "联系不上",
    "withdrawn": "已收回",
    "mistaken": "不是求助",
}


class Reached(NamedTuple):
    """A request as it was read in this transaction, and what the person is to it."""

    staff: Staff
    request: HelpRequest
    leads: bool  # a chair of its unit or above, or whoever has taken it
    carries: bool  # it was assigned to them


async def reach(number: int, staff_id: int, *, lead: bool = False, carry: bool = False) -> Reached:
    """Read a request. With `lead` only for who decides on it, with `carry` also for who brings the help.

    NotFound for a person who may not know of it, exactly as for a number that does not exist.
    """
    staff = await Staff.get_or_none(id=staff_id, active=True)
    if staff is None:
        raise NotAllowed(people.MAY_NOT)
    request = await HelpRequest.get_or_none(id=number) if 0 < number < 2**31 else None
    if request is None:
        raise unknown(number)
    leads, carries = await _leads(staff, request), request.assigned_to_id == staff.id
    if not (leads or carries or await help.may_see(staff, request)):
        raise unknown(number)
    if lead and not leads:
        raise NotAllowed("这一步请主席来办。")
    if carry and not (leads or carries):
        raise NotAllowed(f"{number} 号不是派给您的，请和主席说。")
    return Reached(staff, request, leads, carries)


def unknown(number: int) -> NotFound:
    return NotFound(f"没有 {number} 号求助单。", "写“求助”看看都有哪些。")


async def _leads(staff: Staff, request: HelpRequest) -> bool:
    """Who took it or was told of it, and is of another unit, leads until it is closed: people move on."""
    try:
        await people.act_as(staff.id, LEADERS, request.unit_id)
    except NotAllowed:
        if request.state == "closed":
            return False
        told = staff.role in ("chair", "admin") and await alerts.was_told(request.id, staff.id)
        return told or request.acknowledged_by_id == staff.id
    return True


async def move(seen: HelpRequest, **changes: object) -> None:
    """Change a request if it still is as it was read; Conflict, which says what happened, if somebody was faster.

    Whatever was waiting to remind of the old state is forgotten: the new one is timed anew.
    """
    same = HelpRequest.filter(
        id=seen.id, state=seen.state, assigned_to_id=seen.assigned_to_id, delivered_at=seen.delivered_at
    )
    if not await same.update(**{"alert_step": 0, "next_alert_at": None} | changes):
        raise await happened(seen.id)


async def happened(number: int) -> Conflict:
    """What became of a request, in a sentence for who came too late. The caller raises it."""
    request = await HelpRequest.get(id=number).select_related("assigned_to")
    last = await RequestStep.filter(request_id=number).exclude(step="reminded").order_by("-id").first()
    if last is not None:
        await last.fetch_related("staff")
    who = last.staff.name if last is not None and last.staff is not None else FAMILY
    when = clock.local(last.at).strftime("%m月%d日 %H:%M") if last is not None else ""
    if request.state == "closed":
        how = CLOSED_AS.get(request.closed_as or "", "")
        how_come = f"{when} {who} 已经办结" if who != FAMILY else f"{when} 家属说收到了，已经办结"
        return Conflict(f"{number} 号 {how_come}（{how}）。", f"要再办，写“重开 {number}”。")
    if request.state == "delivering":
        return Conflict(f"{number} 号 {when} {who} 已经记过送达，等家属确认。")
    if request.state == "assigned" and request.assigned_to is not None:
        return Conflict(f"{number} 号已经派给 {request.assigned_to.name}（{when} {who}）。")
    if request.state == "acknowledged":
        return Conflict(f"{number} 号 {when} {who} 已经收到，还没派人。")
    return Conflict(f"{number} 号还没有人收到。", f"主席先写“收到 {number}”。")
