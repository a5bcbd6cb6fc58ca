"""Whose request it is, and what may be said of the family to the person who helps."""

from typing import NamedTuple

from bot.actions.households import members
from bot.actions.requests.alerts import KIND_NAMES, URGENCY_NAMES, one_line
from bot.models import HelpRequest, Household, Unit


class FamilyOf(NamedTuple):
    """Whose request it is, as a colleague may hear it alone."""

    code: str
    name: str
    category: str
    unit: str
    nickname: str

    def shown(self, request: HelpRequest) -> dict[str, object]:
        """The variables that texts about a request have in common."""
        return {
            "household": self.code,
            "name": self.name,
            "category": self.category,
            "unit": self.unit,
            "nickname": self.nickname,
            "words": one_line(request.words or ""),
            "kinds": "、".join(KIND_NAMES.get(kind, kind) for kind in request.kinds) or "没说清",
            "urgency": URGENCY_NAMES[request.urgency],
        }


async def family_of(request: HelpRequest) -> FamilyOf:
    household = await Household.get_or_none(id=request.household_id) if request.household_id else None
    member = await members.named(request)
    unit = await Unit.get_or_none(id=request.unit_id) if request.unit_id else None
    return FamilyOf(
        household.code if household is not None else "",
        one_line(member.name) if member is not None else "",
        household.category if household is not None else "",
        one_line(unit.name) if unit is not None else "",
        one_line(request.nickname or ""),
    )
