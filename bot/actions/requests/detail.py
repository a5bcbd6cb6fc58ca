"""One request with its whole history, for who works on it."""

from typing import NamedTuple

from bot.actions.households.families import family_of
from bot.actions.privacy import audit
from bot.actions.requests import steps
from bot.actions.requests.reaching import reach
from bot.actions.requests.steps import Step
from bot.models import HelpRequest, Staff, db

SEEN = "view.request"


class Detail(NamedTuple):
    state: str
    closed_as: str
    person: str
    shown: dict[str, object]  # what texts about a request have in common
    steps: list[Step]
    why: tuple[str, ...] = ()  # the words that decided, as the bot read them


async def look(number: int, staff_id: int) -> Detail:
    """The words of a family are for who decides and who brings the help; NotAllowed for other colleagues."""
    async with db.transaction():
        staff, request, _, _ = await reach(number, staff_id, carry=True)
        await audit.note(SEEN, "request", number, staff_id=staff.id)
        person = await Staff.get_or_none(id=request.assigned_to_id) if request.assigned_to_id else None
        family = await family_of(request)
        name = person.name if person is not None else ""
        why = tuple((request.why or "").split("\n")) if request.why else ()
        state, closed_as = request.state, request.closed_as or ""
        return Detail(state, closed_as, name, family.shown(request), await steps.history(number), why)


async def code_of(request: HelpRequest) -> str:
    return (await family_of(request)).code
