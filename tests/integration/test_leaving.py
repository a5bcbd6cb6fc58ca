"""Who leaves is cut off in one step, and nothing that they held is left lying."""

from datetime import timedelta

import pytest

from bot import clock
from bot.actions.outreach import assignments, rounds
from bot.actions.outreach.rounds import Plan
from bot.actions.requests import help, overdue
from bot.actions.staff import directory, leaving, people
from bot.errors import BadInput, NotAllowed, NotFound
from bot.models import (
    Assignment,
    Audit,
    Delivery,
    HelpRequest,
    Household,
    Identity,
    Password,
    RequestStep,
    Session,
    SignInLink,
    Staff,
)
from tests.people import ADMIN, CHAIR, CHANNEL, DEPUTY, LIU, NEED, TOP_CHAIR, URGENT, VOLUNTEER, WU, settle, staff_id
from tests.room import Room

SECOND_VOLUNTEER = "31000008"


async def busy() -> Room:
    """陈小满 has two households to call, a request to bring and one whose family has not answered yet."""
    await settle()
    room = Room()
    made = await rounds.create(Plan("冬季", "M1"))
    await assignments.assign(made.round.id)
    for number, who in ((1, LIU), (2, WU)):
        await room.say(NEED, who)
        await room.say(f"派 {number} 陈小满", CHAIR)
    await room.say("送达 2 米10斤 20元", VOLUNTEER)
    await room.deliver()
    await room.news()
    return room


async def colleague() -> Staff:
    staff = await people.add_staff("郑小北", "volunteer", "M1")
    await people.bind(CHANNEL, SECOND_VOLUNTEER, await people.issue_code(staff.id))
    return staff


async def test_everything_goes_back_and_the_chair_hears_it(database: str) -> None:
    room = await busy()
    who = await staff_id(VOLUNTEER)
    left = await leaving.leave(who, by=await staff_id(ADMIN), rules=room.rules)
    assert (left.households, left.pool, left.requests) == (2, 2, 2)
    assert not await Assignment.exclude(staff_id=None).exists()
    assert await Assignment.filter(state="waiting", held_household_id=None).count() == 2
    first, second = await HelpRequest.all().order_by("id")
    assert (first.state, first.assigned_to_id) == ("acknowledged", None)
    assert (second.state, second.assigned_to_id) == ("delivering", None)  # it was brought, the family still answers
    [told] = await room.news()
    assert told.chat == CHAIR and "陈小满" in told.text and "1 号　H0123" in told.text and "2 号　H0124" in told.text
    assert [step.words for step in await RequestStep.filter(step="handed")] == ["陈小满 离开"] * 2
    note = await Audit.get(action="staff.leave")
    assert note.staff_id == await staff_id(ADMIN)
    assert note.detail == {"households": 2, "requests": 2, "alerts": 0, "to": 0}


async def test_everything_goes_to_one_colleague(database: str) -> None:
    room = await busy()
    to = await colleague()
    left = await leaving.leave(await staff_id(VOLUNTEER), to.id, rules=room.rules)
    assert (left.households, left.pool, left.requests) == (2, 0, 2)
    assert await Assignment.filter(staff_id=to.id).exclude(held_household_id=None).count() == 2
    assert {one.assigned_to_id for one in await HelpRequest.all()} == {to.id}
    assert [one.state for one in await HelpRequest.all().order_by("id")] == ["assigned", "delivering"]
    [told] = await room.news()
    assert told.chat == SECOND_VOLUNTEER and told.text.startswith("1 号交给您了")
    assert [step.words for step in await RequestStep.filter(step="handed")] == ["陈小满 离开，交给 郑小北"] * 2


async def test_no_way_in_is_left(database: str) -> None:
    await settle()
    who, now = await staff_id(ADMIN), clock.now()
    later = now + timedelta(days=1)
    await Session.create(token_hash="a", staff_id=who, started_at=now, seen_at=now, expires_at=later)
    other = await Session.create(
        token_hash="b", staff_id=await staff_id(CHAIR), started_at=now, seen_at=now, expires_at=later
    )
    await SignInLink.create(token_hash="a", staff_id=who, made_at=now, expires_at=later)
    await Password.create(staff_id=who, hash="x", totp="y", changed_at=now)
    code = await people.issue_code(who)
    await leaving.leave(who)
    assert [one.id for one in await Session.filter(ended_at=None)] == [other.id]
    assert not await SignInLink.filter(expires_at__gt=clock.now()).exists() and not await Password.exists()
    with pytest.raises(BadInput):
        await people.bind(CHANNEL, "39000001", code)
    await directory.refresh()
    assert directory.speaker(CHANNEL, ADMIN) is None and not await Identity.filter(staff_id=who).exists()
    assert (await Audit.get(action="staff.deactivate")).detail == {"accounts": 1, "sessions": 1}


async def test_an_alert_that_only_they_had_rings_at_the_next(database: str) -> None:
    await settle()
    room = Room()
    await room.say(URGENT, LIU)
    alert = await Delivery.get(purpose="alert", chat_id=CHAIR)
    left = await leaving.leave(await staff_id(CHAIR), rules=room.rules)
    assert left.alerted == 1
    await alert.refresh_from_db()
    assert (alert.status, alert.reason) == ("expired", "left")
    await room.news()
    assert await help.climb(room.rules) == 1
    assert [(one.purpose, one.chat) for one in await room.news()] == [("alert", DEPUTY)]


async def test_what_they_had_taken_and_not_given_out_is_remembered(database: str) -> None:
    await settle()
    room = Room()
    await room.say(NEED, LIU)
    await room.say("收到 1", CHAIR)
    await room.news()
    await leaving.leave(await staff_id(CHAIR), rules=room.rules)
    assert await overdue.remind(room.rules) == 1
    assert [(one.chat, "还没派人" in one.text) for one in await room.news()] == [(DEPUTY, True)]


async def test_who_may_and_to_whom(database: str) -> None:
    room = await busy()
    who, chair, top = [await staff_id(one) for one in (VOLUNTEER, CHAIR, TOP_CHAIR)]
    for by in (chair, top):
        with pytest.raises(NotAllowed):
            await leaving.leave(who, by=by, rules=room.rules)
    editor = await Staff.get(role="editor")
    for to in (who, editor.id, 99999):
        with pytest.raises(BadInput, match="接手的人"):
            await leaving.leave(who, to, rules=room.rules)
    assert (await Staff.get(id=who)).active and await Assignment.filter(staff_id=who).count() == 2
    await leaving.leave(who, rules=room.rules)
    with pytest.raises(NotFound):
        await leaving.leave(who, rules=room.rules)


async def test_households_that_the_colleague_cannot_have_wait_for_another(database: str) -> None:
    room = await busy()
    outside = await people.add_staff("钱一帆", "volunteer", "M2")
    left = await leaving.leave(await staff_id(VOLUNTEER), outside.id, rules=room.rules)
    assert (left.households, left.pool) == (2, 2)
    assert await Household.filter(code="H0123").exists()
