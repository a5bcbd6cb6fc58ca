"""One request with its whole history, for who works on it."""

from typing import NamedTuple

from bot.actions import steps
from bot.actions.families import family_of
from bot.actions.reaching import reach
from bot.actions.steps import Step
from bot.models import HelpRequest, Staff, db


class Detail(NamedTuple):
    state: str
    closed_as: str
    person: str
    shown: dict[str, object]  # what texts about a request have in common
    steps: list[Step]


async def look(number: int, staff_id: int) -> Detail:
    """The words of a family are for who decides and who brings the help; NotAllowed for other colleagues."""
    async with db.transaction():
        _, request, _, _ = await reach(number, staff_id, carry=True)
        person = await Staff.get_or_none(id=request.assigned_to_id) if request.assigned_to_id else None
        family = await family_of(request)
        name = person.name if person is not None else ""
        return Detail(request.state, request.closed_as or "", name, family.shown(request), await steps.history(number))


async def code_of(request: HelpRequest) -> str:
    return (await family_of(request)).code
