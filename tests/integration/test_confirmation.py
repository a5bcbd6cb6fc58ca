"""The next day the family is asked whether it arrived and answers with one character; what else they say is heard."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from bot import clock
from bot.actions.requests import relief
from bot.actions.upkeep import settings
from bot.jobs import confirmation
from bot.models import FollowUp, HelpRequest, Household, HouseholdDate, Identity, Member
from tests import people
from tests.people import CHAIR, DEPUTY, FAMILY_GROUP, LIU, NEED, STRANGER, VOLUNTEER, WU
from tests.room import Room, Said

NOON = datetime(2026, 12, 1, 4, tzinfo=UTC)
MORNING = datetime(2026, 12, 2, 1, tzinfo=UTC)  # 9:00 the next day


@pytest.fixture
async def room(database: str) -> Room:
    clock.use(lambda: NOON)
    await people.settle()
    room = Room()
    await brought(room)
    return room


async def brought(room: Room, number: int = 1, who: str = LIU) -> None:
    await room.say(NEED, who)
    await room.say(f"派 {number} 陈小满", CHAIR)
    await room.say(f"送达 {number} 米10斤 油1桶 186元", VOLUNTEER)


async def ask(room: Room, at: datetime = MORNING) -> list[Said]:
    clock.use(lambda: at)
    await confirmation.tick(room.rules)
    return await room.news()


async def state(number: int = 1) -> tuple[str, list[str]]:
    rows = await relief.standing(number)
    return (await HelpRequest.get(id=number)).state, [row.state for row in rows]


async def test_asked_the_next_day_once(room: Room) -> None:
    assert await ask(room, NOON + timedelta(hours=4)) == [], "not on the same day"
    assert await ask(room, MORNING - timedelta(minutes=1)) == [], "not before nine"
    [said] = await ask(room)
    assert (said.purpose, said.kind, said.chat) == ("reply", "direct", LIU)
    assert said.text == (
        "刘桂芳，您好。工会给您送的米10斤、油1桶，收到了吗？\n回一个数字就行：\n1 收到了\n2 没收到\n3 有问题"
    )
    assert await ask(room, MORNING + timedelta(hours=1)) == []


@pytest.mark.parametrize("words", ["1", "１", "1。", "1 收到了", "收到了", "收到了，谢谢", "收到", "1收到了"])
async def test_it_came(room: Room, words: str) -> None:
    await ask(room)
    said = await room.say(words, LIU)
    assert sorted(one.chat for one in said) == sorted([VOLUNTEER, CHAIR, LIU])
    by_chat = {one.chat: one.text for one in said}
    assert by_chat[VOLUNTEER] == "1 号（H0123）家属说收到了：米10斤、油1桶（186元）。这一单办结了，谢谢您。"
    assert by_chat[LIU] == "好的，收到就好，谢谢您告诉我。有难处随时写给我。"
    assert await state() == ("closed", ["confirmed", "confirmed"])


@pytest.mark.parametrize(
    ("words", "ends", "note"),
    [
        ("2", "not_received", None),
        ("2 没收到", "not_received", None),
        ("没收到，门口也没有", "not_received", "门口也没有"),
        ("3 米有虫", "issues", "米有虫"),
        ("有问题", "issues", None),
    ],
)
async def test_it_did_not(room: Room, words: str, ends: str, note: str | None) -> None:
    await ask(room)
    said = await room.say(words, LIU)
    told = {one.chat: one.text for one in said}
    assert {VOLUNTEER, CHAIR, LIU} == set(told) and "请查一查" in told[CHAIR]
    assert (note or "原话") in told[VOLUNTEER] or note is None
    assert await state() == ("assigned", [ends, ends])
    assert {row.note for row in await relief.standing(1)} == {note}
    await room.say("送达 1 又 米10斤 油1桶 186元" if ends == "issues" else "送达 1", VOLUNTEER)
    assert (await state())[0] == "delivering"
    [again] = await ask(room, MORNING + timedelta(days=1))
    assert again.chat == LIU
    await room.say("1", LIU)
    assert (await state())[0] == "closed"


async def test_nothing_was_asked_nothing_is_answered(room: Room) -> None:
    for words in ("1", "收到了", "3", "有问题"):
        assert await room.say(words, LIU) == []
    assert (await state())[0] == "delivering"
    assert await ask(room) != []
    assert await room.say("1", WU) == [] and await room.say("1", STRANGER) == []
    assert await room.say("1", LIU, FAMILY_GROUP) == [], "in a group a 1 is small talk"
    assert (await state())[0] == "delivering"


async def test_three_days_without_food_is_no_answer(room: Room) -> None:
    await ask(room)
    said = await room.say("3天没吃饭了，救命", LIU)
    assert "alert" in [one.purpose for one in said]
    assert (await state())[0] == "delivering"


async def test_a_need_beside_the_answer_is_heard(room: Room) -> None:
    await ask(room)
    said = await room.say("1 我不想活了", LIU)
    assert "alert" in [one.purpose for one in said]
    mine = [one.text for one in said if one.chat == LIU]
    assert len(mine) == 1 and "12356" in mine[0] and "收到就好" in mine[0]
    assert (await state())[0] == "closed"
    assert (await HelpRequest.get(id=2)).urgency == "emergency"


async def test_who_made_the_call_hears_it_too(room: Room) -> None:
    household = await Household.get(code="H0123")
    caller = await people.staff_id(DEPUTY)
    await FollowUp.create(household_id=household.id, staff_id=caller, outcome="needs_help", at=NOON, request_id=1)
    await ask(room)
    told = {one.chat for one in await room.say("1", LIU)}
    assert told == {DEPUTY, VOLUNTEER, CHAIR, LIU}


async def test_the_answer_is_good_for_a_week(room: Room) -> None:
    await ask(room)
    clock.use(lambda: MORNING + timedelta(days=7, minutes=1))
    assert await room.say("1", LIU) == []


async def test_all_that_was_brought_is_asked_about_at_once(room: Room) -> None:
    clock.use(lambda: NOON + timedelta(minutes=5))
    await room.say("代报 H0123 缺降压药", VOLUNTEER)
    await room.say("派 2 陈小满", CHAIR)
    await room.say("送达 2 降压药2盒 64元", VOLUNTEER)
    [said] = await ask(room)
    assert "米10斤、油1桶、降压药2盒，收到了吗" in said.text
    await room.say("1", LIU)
    assert [(await state(number))[0] for number in (1, 2)] == ["closed", "closed"]


@pytest.mark.parametrize("why", ["no account", "left", "a child"])
async def test_who_cannot_be_asked_here_is_asked_by_phone(room: Room, why: str) -> None:
    if why == "no account":
        await Identity.filter(user_id=LIU).delete()
    elif why == "left":
        await Household.filter(code="H0123").update(messages_off=True)
    else:
        await Member.filter(name="刘桂芳").update(under_14=True)
    [said] = await ask(room)
    assert said.chat == VOLUNTEER and "请您打个电话：米10斤、油1桶（186元），收到了吗？" in said.text
    await room.say("回访确认 1", VOLUNTEER)
    assert await state() == ("closed", ["confirmed", "confirmed"])


async def test_not_on_a_day_to_keep_away_from(room: Room) -> None:
    household = await Household.get(code="H0123")
    await HouseholdDate.create(household_id=household.id, kind="avoid", month=12, day=2)
    assert await ask(room) == []
    assert len(await ask(room, MORNING + timedelta(days=1))) == 1


async def test_on_hold_nobody_is_asked(room: Room) -> None:
    await settings.put(settings.HOLD, "2026-12-02")
    assert await ask(room) == []


async def test_family_and_volunteer_at_once(room: Room) -> None:
    await ask(room)
    await asyncio.gather(room.say("1", LIU), room.say("回访确认 1", VOLUNTEER), room.say("回访确认 1", DEPUTY))
    assert await state() == ("closed", ["confirmed", "confirmed"])


async def test_who_says_so_second_hears_who_was_first(room: Room) -> None:
    await ask(room)
    await room.say("1", LIU)
    [said] = await room.say("回访确认 1", VOLUNTEER)
    assert said.text.startswith("1 号 12月02日 09:00 家属说收到了，已经办结（已解决）。")
    assert await room.say("1", LIU) == []


async def test_confirming_what_nobody_brought(room: Room) -> None:
    await room.say(NEED, WU)
    assert "2 号还没有人收到" in (await room.say("回访确认 2", CHAIR))[0].text
    await room.say("收到 2", CHAIR)
    assert "还没有记送达" in (await room.say("回访确认 2", CHAIR))[0].text
