"""A call that a phone wrote down, perhaps long before it had a network again: taken once, at the time it was made.

The phone gives each call a key of its own and sends it until it is answered. The mark that the key was seen, and the
call, are one transaction; a repeat finds the call by the key in the audit row and gets the same answer.
"""

import re
from datetime import datetime, timedelta
from typing import NamedTuple

from bot import clock
from bot.actions.households import lookup
from bot.actions.outreach import callbacks
from bot.actions.outreach.callbacks import Call, Recorded
from bot.actions.outreach.calling import Calling
from bot.actions.outreach.outcomes import OUTCOMES
from bot.actions.requests.alerts import Rules
from bot.actions.staff.people import act_as
from bot.errors import BadInput, Conflict
from bot.models import Audit, FollowUp, HelpRequest, Household, db
from bot.models.fields import to_ms

KEY = re.compile(r"[0-9A-Za-z-]{8,64}")
WAITED_MOST = timedelta(days=7)  # a phone that claims more has lost its clock
RECORDED = "callback.recorded"


class Other(NamedTuple):
    """A colleague called the same household, and the person had not seen it when they did."""

    name: str
    at: datetime
    outcome: str
    visited: bool


class Taken(NamedTuple):
    recorded: Recorded
    others: list[Other]
    again: bool  # it was there already


def moment(waited: timedelta) -> datetime:
    """When the call was, by our clock: the phone says how long ago, for its own clock may be wrong."""
    return clock.now() - min(max(waited, timedelta()), WAITED_MOST)


async def record(
    code: str, call: Call, staff_id: int, rules: Rules, times: Calling, *, key: str, at: datetime, seen: int = 0
) -> Taken:
    """`seen` is the id of the latest follow-up that the person had before them.

    Raises as `callbacks.record` does; BadInput for what is no key, Conflict when the same key was used elsewhere.
    """
    if not KEY.fullmatch(key):
        raise BadInput("这一条没有记号，请刷新页面再记一次。")
    async with db.transaction():
        household = await lookup.exact(code, staff_id)
        await act_as(staff_id, callbacks.CALLERS, household.unit_id)
        before = await _known(household, staff_id, key)
        if before is None and await _first(staff_id, key):
            done = await callbacks.record(household.code, call, staff_id, rules, times, at=at, key=key)
            return Taken(done, await _others(household, staff_id, seen), again=False)
        before = before or await _known(household, staff_id, key)
        if before is None:
            raise Conflict("这个记号已经记过另一户了，请刷新页面再记一次。")
        return Taken(before, await _others(household, staff_id, seen), again=True)


async def _first(staff_id: int, key: str) -> bool:
    rows = await db.fetch(
        "INSERT INTO seen (key, at) VALUES (?, ?) ON CONFLICT (key) DO NOTHING RETURNING key",
        f"web:{staff_id}:{key}",
        to_ms(clock.now()),
    )
    return bool(rows)


async def _known(household: Household, staff_id: int, key: str) -> Recorded | None:
    """The call that the key made, as it was answered then."""
    theirs = Audit.filter(subject="household", subject_id=household.id, action=RECORDED, staff_id=staff_id)
    row = next((row for row in await theirs.order_by("-id") if row.detail.get("key") == key), None)
    if row is None:
        return None
    call = await FollowUp.get(id=row.detail["follow_up"])
    request = await HelpRequest.get_or_none(id=call.request_id) if call.request_id else None
    return Recorded(call, OUTCOMES[call.outcome], household, "", request)


async def _others(household: Household, staff_id: int, seen: int) -> list[Other]:
    since = clock.now() - WAITED_MOST
    calls = FollowUp.filter(household_id=household.id, id__gt=seen, at__gte=since, undone_at=None)
    rows = await calls.exclude(staff_id=staff_id).order_by("id").limit(3).select_related("staff")
    return [Other(one.staff.name, one.at, one.outcome, one.visited) for one in rows]
