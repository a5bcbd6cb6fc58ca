"""The history of one household at a glance, for who calls it: the last calls, what it asked for, what it was given."""

from datetime import datetime
from typing import NamedTuple

from bot.actions.households import viewing
from bot.actions.outreach import calllists
from bot.actions.requests import relief
from bot.models import FollowUp, HelpRequest, Household, Relief, Unit

CALLS, REQUESTS, RELIEFS = 12, 6, 12


class Given(NamedTuple):
    """What was promised or brought, in words with its worth."""

    at: datetime
    what: str
    state: str


class Story(NamedTuple):
    household: Household
    unit: str
    name: str
    relation: str
    on_list: bool
    calls: list[FollowUp]
    requests: list[HelpRequest]
    given: list[Given]

    @property
    def seen(self) -> int:
        """As a mark of what the person has before them."""
        return max((one.id for one in self.calls), default=0)


async def story(code: str, staff_id: int) -> Story:
    """NotFound outside the person's units, NotAllowed for a volunteer who has nothing to do with the household."""
    household, staff = await viewing.in_hand(code, staff_id)
    await viewing.listed(staff.id, "history", [household.code])
    member, _ = await viewing.contact(household.id)
    calls = FollowUp.filter(household_id=household.id, undone_at=None).order_by("-at", "-id")
    requests = await HelpRequest.filter(household_id=household.id).order_by("-id").limit(REQUESTS)
    return Story(
        household,
        (await Unit.get(id=household.unit_id)).name,
        member.name if member is not None else "",
        member.relation if member is not None else "",
        any(one.household_id == household.id and one.due for one in await calllists.mine(staff.id)),
        await calls.limit(CALLS).select_related("staff"),
        requests,
        await given([one.id for one in requests]),
    )


async def given(requests: list[int]) -> list[Given]:
    """The newest first, without those that a later row corrects."""
    rows = await Relief.filter(request_id__in=requests).order_by("-id").limit(3 * RELIEFS) if requests else []
    return [
        Given(row.delivered_at or row.at, relief.words_of([row]), row.state) for row in relief.counted(rows)[:RELIEFS]
    ]
