"""A chair says what a request really is: of another kind, more urgent, less urgent. The bot's judgement is a guess."""

from collections.abc import Sequence
from typing import NamedTuple

from bot.actions.households.families import family_of
from bot.actions.privacy import audit
from bot.actions.requests import alerts, labels, notices, steps
from bot.actions.requests.alerts import KIND_NAMES, URGENCY_NAMES, Rules
from bot.actions.requests.help import TAKEN
from bot.actions.requests.reaching import happened, move, reach
from bot.errors import BadInput, Conflict
from bot.models import HelpRequest, Staff, db


class Corrected(NamedTuple):
    number: int
    household: str
    before: str
    after: str


async def kinds(number: int, staff_id: int, wanted: Sequence[str], rules: Rules) -> Corrected:
    """It is of these kinds. Raises BadInput without any, Conflict when it is so already."""
    if not wanted:
        raise BadInput(f"改成哪一类？可以写：{'、'.join(KIND_NAMES.values())}，例如：改类 {number} 药品。")
    async with db.transaction():
        staff, request = await _reach_alone(number, staff_id)
        before = _named(request.kinds)
        if set(request.kinds) == set(wanted):
            raise Conflict(f"{number} 号本来就是：{before}。")
        request.kinds = list(wanted)
        await request.save(update_fields=["kinds"])
        await steps.note(number, "kinds", staff_id=staff.id, words=f"{before} → {_named(wanted)}")
        await audit.note("help.kinds", "request", number, staff_id=staff.id, kinds=list(wanted))
        await labels.keep(request, rules, ask=True)
        family = await family_of(request)
    return Corrected(number, family.code, before, _named(wanted))


async def _reach_alone(number: int, staff_id: int) -> tuple[Staff, HelpRequest]:
    """Locked, so that of two chairs the second one corrects what the first one said, and the history shows it."""
    if 0 < number < 2**31:
        await HelpRequest.filter(id=number).select_for_update()
    staff, request, _, _ = await reach(number, staff_id, lead=True)
    return staff, request


def _named(wanted: Sequence[str]) -> str:
    return "、".join(KIND_NAMES.get(kind, kind) for kind in wanted) or "没说清"


async def urgency(number: int, staff_id: int, wanted: str, rules: Rules) -> Corrected:
    """It is as urgent as `wanted`; whoever waits is reminded at that pace from now on, whoever brings it is told.

    More urgent while nobody has said 收到: it rings again at once.
    """
    async with db.transaction():
        staff, request = await _reach_alone(number, staff_id)
        before = URGENCY_NAMES[request.urgency]
        if request.state == "closed":
            raise await happened(number)
        if request.urgency == wanted:
            raise Conflict(f"{number} 号本来就是“{before}”。")
        more = list(URGENCY_NAMES).index(wanted) > list(URGENCY_NAMES).index(request.urgency)
        await move(request, urgency=wanted, **_timing(request, more))
        step = await steps.note(number, "urgency", staff_id=staff.id, words=f"{before} → {URGENCY_NAMES[wanted]}")
        await audit.note("help.urgency", "request", number, staff_id=staff.id, urgency=wanted)
        request = await HelpRequest.get(id=number)
        await labels.keep(request, rules, ask=True)
        if more and request.state == "open":
            await alerts.raise_alert(request, rules)
        family = await family_of(request)
        if request.assigned_to_id not in (None, staff.id):
            parts = rules.texts.render(
                "replies/hastened", number=number, code=family.code, urgency=URGENCY_NAMES[wanted]
            )
            await notices.tell(await notices.accounts([request.assigned_to_id]), parts, wanted, str(step.id), rules)
    return Corrected(number, family.code, before, URGENCY_NAMES[wanted])


def _timing(request: HelpRequest, more: bool) -> dict[str, object]:
    """Once taken it is timed anew; before, the steps of its alert go on counting."""
    if request.state in TAKEN:
        return {}
    kept = {"alert_step": request.alert_step, "next_alert_at": request.next_alert_at}
    return kept | ({"state": "open"} if more else {})
