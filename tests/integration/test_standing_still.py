"""Taken is not helped: requests that stand still are reminded of up the ladder; the rest comes once a day together."""

from datetime import UTC, datetime, timedelta

import pytest

from bot import clock
from bot.actions.staff import directory
from bot.jobs import digest, escalation
from bot.models import HelpRequest, db
from tests import people
from tests.people import CHAIR, DEPUTY, LIFE, LIU, NEED, STRANGER, TOP_CHAIR, URGENT, VOLUNTEER, WORKERS_GROUP, WU
from tests.room import Room

MORNING = datetime(2026, 12, 1, 1, tzinfo=UTC)  # Tuesday 9:00
HOUR = timedelta(hours=1)


class Day:
    """A clock that the test moves; what is said to whom at which hour, replies as well."""

    def __init__(self, start: datetime) -> None:
        self.start = self.now = start
        clock.use(lambda: self.now)

    async def pass_(self, room: Room, hours: float, step: float = 1) -> list[tuple[float, str]]:
        await room.deliver()
        seen = []
        end = self.now + hours * HOUR
        while self.now < end:
            self.now += step * HOUR
            await escalation.tick(room.rules)
            said = [one.chat for one in await room.deliver()]
            seen += [((self.now - self.start) / HOUR, chat) for chat in said]
        return seen


@pytest.fixture
async def room(database: str) -> Room:
    clock.use(lambda: MORNING)
    await people.settle()
    return Room()


async def test_taken_but_nobody_sent(room: Room) -> None:
    day = Day(MORNING)
    await room.say(NEED, LIU)
    await room.say("收到 1", CHAIR)
    # After 24 hours, then every six; what falls into the night waits until seven.
    assert await day.pass_(room, 56) == [(24, CHAIR), (30, CHAIR), (46, DEPUTY), (52, DEPUTY)]
    assert (await HelpRequest.get()).state == "acknowledged"


async def test_urgent_does_not_wait_for_the_morning(room: Room) -> None:
    day = Day(MORNING + 11 * HOUR)  # 20:00
    await room.say(URGENT, LIU)
    await room.say("收到 1", CHAIR)
    assert await day.pass_(room, 4, 0.5) == [
        (2, CHAIR), (2.5, CHAIR), (3, DEPUTY), (3.5, DEPUTY), (4, TOP_CHAIR),
    ]  # fmt: skip


async def test_sent_but_not_brought(room: Room) -> None:
    day = Day(MORNING)
    await room.say(URGENT, LIU)
    await room.say("派 1 陈小满", CHAIR)
    assert await day.pass_(room, 24, 0.5) == [
        (12, VOLUNTEER), (15, VOLUNTEER), (18, CHAIR), (21, CHAIR), (24, DEPUTY),
    ]  # fmt: skip


async def test_the_reminder_says_what_to_do(room: Room) -> None:
    day = Day(MORNING)
    await room.say(URGENT, LIU)
    await room.say("派 1 陈小满", CHAIR)
    day.now += 12 * HOUR
    await escalation.tick(room.rules)
    await escalation.tick(room.rules)
    said = (await room.news())[-1]
    assert said.text.splitlines() == [
        "【1 号】H0123 刘桂芳，向阳煤矿，需要：米面粮油（急）",
        "12月01日 09:00 派了人，还没送到。送到了回：送达 1 米10斤 油1桶 186元",
    ]


async def test_every_step_starts_the_time_anew(room: Room, database: str) -> None:
    day = Day(MORNING)
    await room.say(URGENT, LIU)
    await room.say("收到 1", CHAIR)
    assert await day.pass_(room, 1.5, 0.5) == []
    await room.say("派 1 陈小满", CHAIR)
    await db.close()
    await db.open_(database, upgrade=False)
    await directory.refresh()
    again = Room()
    assert await day.pass_(again, 11.5, 0.5) == []
    assert await day.pass_(again, 0.5, 0.5) == [(13.5, VOLUNTEER)]
    await again.say("送达 1 米10斤", VOLUNTEER)
    assert await day.pass_(again, 30) == [], "now it is the family's turn"


async def test_a_life_in_danger_is_told_to_the_counsellor_too(database: str) -> None:
    clock.use(lambda: MORNING + 17 * HOUR)  # 2:00
    await people.settle()
    room = Room(escalation={"counsellors": ["陈小满", "没有这个人"]})
    said = await room.say(LIFE, LIU)
    assert {one.chat for one in said if one.purpose == "alert"} == {CHAIR, DEPUTY, VOLUNTEER}
    assert {one.chat for one in await room.deliver() if one.purpose == "alert"} == {CHAIR, DEPUTY, VOLUNTEER}
    [taken] = await room.say("收到 1", VOLUNTEER)
    assert taken.text.startswith("1 号交给您了")
    assert "派给 陈小满 了" in (await room.say("派 1 我", VOLUNTEER))[0].text, "who has taken it may decide"


async def test_a_counsellor_hears_nothing_of_rice(database: str) -> None:
    clock.use(lambda: MORNING)
    await people.settle()
    room = Room(escalation={"counsellors": ["陈小满"]})
    assert VOLUNTEER not in {one.chat for one in await room.say(URGENT, LIU)}
    assert "只有主席和管理员" in (await room.say("收到 1", VOLUNTEER))[0].text


async def test_outside_working_hours_it_climbs_more_slowly(room: Room) -> None:
    day = Day(MORNING + 4 * 24 * HOUR)  # a Saturday
    await room.say(NEED, LIU)
    alerts = await day.pass_(room, 3, 0.5)
    assert alerts == [(1, CHAIR), (2, DEPUTY), (3, DEPUTY)]


async def test_the_digest_of_a_dull_day(room: Room) -> None:
    day = Day(MORNING)
    await room.say(NEED, LIU)
    await room.say("派 1 陈小满", CHAIR)
    await room.say(NEED, WU)
    await room.say(URGENT, STRANGER, WORKERS_GROUP)
    day.now = MORNING + 23 * HOUR + timedelta(minutes=29)
    await room.news()
    assert await digest.tick(room.rules) == 0, "not before half past eight"
    day.now += timedelta(minutes=1)
    assert await digest.tick(room.rules) == 1
    [said] = await room.news()
    assert (said.purpose, said.chat) == ("reply", CHAIR)
    assert said.text.splitlines() == [
        "今天还要办的求助单，共 2 单（急的我会单独提醒）：",
        "等人收到 1 单",
        "　2 号 H0124 米面粮油，1 天前",
        "派了人还没送到 1 单",
        "　1 号 H0123 米面粮油，1 天前",
        "写“详情 号码”看一单，写“求助”看全部。",
    ]
    assert "刘桂芳" not in said.text
    assert await digest.tick(room.rules) == 0 and await room.news() == []
    day.now += 24 * HOUR
    assert await digest.tick(room.rules) == 1


async def test_no_digest_of_nothing_and_none_in_the_evening(room: Room) -> None:
    day = Day(MORNING)
    assert await digest.tick(room.rules) == 0 and await room.news() == []
    day.now += 24 * HOUR
    await room.say(NEED, LIU)
    await room.news()
    day.now += 3 * HOUR
    assert await digest.tick(room.rules) == 0 and await room.news() == []
