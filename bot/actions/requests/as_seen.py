"""A deed on a page that was open for a while: done only if the request still is what the person had before them.

The steps of a request guard the moment between reading and writing; this guards the minutes in which somebody
looked at the page and filled in a form.
"""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from bot import clock
from bot.actions.requests import steps
from bot.actions.requests.lifecycle import NOT_YET
from bot.actions.requests.reaching import happened, reach
from bot.errors import Conflict
from bot.models import HelpRequest, RequestStep, db

T = TypeVar("T")
QUIET = ("reminded", "asked")  # the clock did these, and nobody need look again for them


async def last_step(number: int) -> int:
    """The mark that a page carries: the latest line of the history, 0 without any."""
    last = await RequestStep.filter(request_id=number).exclude(step__in=QUIET).order_by("-id").first()
    return last.id if last is not None else 0


async def unless_changed(number: int, staff_id: int, seen: int, deed: Callable[[], Awaitable[T]]) -> T:
    """Do it in the transaction that looked. Conflict, which says what happened since `seen`, when something did."""
    async with db.transaction():
        await HelpRequest.filter(id=number).select_for_update().only("id").first()  # whoever comes now waits
        await reach(number, staff_id)
        if await last_step(number) != seen:
            raise await _since(number)
        return await deed()


async def _since(number: int) -> Conflict:
    last = await RequestStep.filter(request_id=number).exclude(step__in=QUIET).order_by("-id").first()
    if last is not None and last.step == "joined":
        return Conflict(f"{number} 号的家属刚才又说了话，请看过再办。")
    request = await HelpRequest.get(id=number)
    if last is None or request.state not in NOT_YET:
        return await happened(number)
    await last.fetch_related("staff")
    who = last.staff.name if last.staff is not None else "家属"
    when = clock.local(last.at).strftime("%m月%d日 %H:%M")
    return Conflict(f"{number} 号 {when} {who} 动过（{steps.NAMES.get(last.step, last.step)}），请看过再办。")
