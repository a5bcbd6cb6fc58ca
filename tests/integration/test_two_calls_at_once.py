"""Two volunteers reach the same family in one moment: what the family asked of either of them stands."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest

from bot import clock
from bot.actions.households import lookup
from bot.actions.outreach import callbacks
from bot.actions.outreach.callbacks import Call, Recorded
from bot.models import FollowUp, Household, db
from tests import people
from tests.rounds import opened, second_volunteer, state_of
from tests.web import quiet_site

NOON = datetime(2026, 12, 1, 4, tzinfo=UTC)


async def test_the_second_call_does_not_undo_the_wish_of_the_first(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock.use(lambda: NOON)
    await people.settle()
    await opened()
    site, found, find = quiet_site(), asyncio.Event(), lookup.find
    first, second = await people.staff_id(people.VOLUNTEER), await second_volunteer()

    async def seen(who: str, staff_id: int) -> Household:
        household = await find(who, staff_id)
        if staff_id == second:
            found.set()
        return household

    async def record(outcome: str, staff_id: int) -> Recorded:
        return await callbacks.record("H0123", Call(outcome), staff_id, site.rules, site.calling)

    async def wish() -> None:
        async with db.transaction():
            await record("do_not_call", first)
            begun.set()
            if not db.on_sqlite():  # there the other one waits for this transaction before it reads anything
                await found.wait()

    async def other() -> Any:
        await begun.wait()
        return await record("no_answer", second)

    begun = asyncio.Event()
    monkeypatch.setattr(lookup, "find", seen)
    await asyncio.gather(wish(), other())
    assert (await Household.get(code="H0123")).do_not_call
    assert await FollowUp.all().count() == 2
    assert await state_of("H0123") == ("done", 1)  # the second one was over already
