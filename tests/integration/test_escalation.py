"""An alert that nobody answers climbs, chair, deputy, chair above, until someone says 收到; and people may sleep."""

from datetime import UTC, datetime, timedelta

import pytest

from bot import clock
from bot.actions.requests import alerts
from bot.actions.staff import directory
from bot.jobs import escalation
from bot.models import Delivery, HelpRequest, db
from tests import people
from tests.people import ADMIN, CHAIR, DEPUTY, LIFE, LIU, NEED, STAFF_GROUP, STRANGER, TOP_CHAIR, URGENT, WORKERS_GROUP
from tests.room import Room

NOON = datetime(2026, 12, 1, 4, tzinfo=UTC)  # 12:00 in Shanghai
EVENING = datetime(2026, 12, 1, 13, 20, tzinfo=UTC)  # 21:20, quiet from 21:30 to 7:00
NIGHT = datetime(2026, 12, 1, 18, tzinfo=UTC)  # 2:00
NIGHTLY = {"channels": {"qq": {"type": "onebot", "token": "warm-token", "quiet_hours": "21:30-07:00"}}}


class Day:
    """A clock that the test moves, and what goes out at which minute."""

    def __init__(self, start: datetime) -> None:
        self.start = self.now = start
        clock.use(lambda: self.now)

    def minutes(self) -> int:
        return round((self.now - self.start).total_seconds() / 60)

    async def pass_(self, room: Room, minutes: int, step: int = 1) -> list[tuple[int, str]]:
        """Let the time pass as the running bot would; returns (minute, who was alerted)."""
        seen = []
        end = self.now + timedelta(minutes=minutes)
        while True:
            await escalation.tick(room.rules)
            seen += [(self.minutes(), one.chat) for one in await room.deliver() if one.purpose == "alert"]
            if self.now >= end:
                return seen
            self.now += timedelta(minutes=step)


@pytest.fixture
async def room(database: str) -> Room:
    clock.use(lambda: NOON)
    await people.settle()
    return Room()


async def test_left_alone_it_climbs_and_stays_at_the_top(room: Room) -> None:
    day = Day(NOON)
    await room.say(NEED, LIU)
    assert (await HelpRequest.get()).urgency == "normal"
    assert await day.pass_(room, 270) == [
        (0, CHAIR), (30, CHAIR), (60, DEPUTY), (90, DEPUTY), (120, TOP_CHAIR), (150, TOP_CHAIR),
        (180, ADMIN), (210, ADMIN), (240, ADMIN), (270, ADMIN),
    ]  # fmt: skip


async def test_a_reminder_says_that_it_is_one(room: Room) -> None:
    day = Day(NOON)
    first = [one.text for one in await room.say(NEED, LIU) if one.purpose == "alert"]
    await day.pass_(room, 30, 30)
    again = [one.text for one in await room.news() if one.purpose == "alert"]
    assert "再提醒一次" not in first[0] and "【求助 1 号】（还没有人收到，再提醒一次）\nH0123" in again[0]


async def test_urgent_is_faster(room: Room) -> None:
    day = Day(NOON)
    await room.say(URGENT, LIU)
    assert (await HelpRequest.get()).urgency == "urgent"
    seen = await day.pass_(room, 30)
    assert seen == [(0, CHAIR), (5, CHAIR), (10, DEPUTY), (15, DEPUTY), (20, TOP_CHAIR), (25, TOP_CHAIR), (30, ADMIN)]


async def test_a_life_is_told_to_two_rungs_at_once(room: Room) -> None:
    day = Day(NOON)
    await room.say(LIFE, LIU)
    seen = await day.pass_(room, 10)
    assert seen[:2] == [(0, CHAIR), (0, DEPUTY)] and seen[2:4] == [(5, CHAIR), (5, DEPUTY)]
    assert seen[4:] == [(10, DEPUTY), (10, TOP_CHAIR)]


async def test_it_goes_on_after_a_restart(room: Room, database: str) -> None:
    day = Day(NOON)
    await room.say(NEED, LIU)
    before = await day.pass_(room, 45, 15)
    await db.close()
    await db.open_(database, upgrade=False)
    await directory.refresh()
    assert before + await day.pass_(Room(), 45, 15) == [(0, CHAIR), (30, CHAIR), (60, DEPUTY), (90, DEPUTY)]


async def test_a_long_stop_is_not_made_up_for_by_a_flood(room: Room) -> None:
    day = Day(NOON)
    await room.say(NEED, LIU)
    await day.pass_(room, 0)
    day.now += timedelta(hours=5)
    assert await day.pass_(room, 0) == [(300, CHAIR)]


async def test_receipt_stops_it(room: Room) -> None:
    day = Day(NOON)
    await room.say(NEED, LIU)
    await day.pass_(room, 30, 30)
    await room.say("收到 1", DEPUTY)
    assert await day.pass_(room, 600, 30) == []


async def test_an_alert_that_waits_to_be_sent_is_dropped_by_the_receipt(room: Room) -> None:
    Day(NOON)
    await room.say(NEED, LIU)
    await room.say("收到 1", CHAIR)
    assert "alert" not in [one.purpose for one in await room.deliver()]
    row = await Delivery.get(purpose="alert")
    assert (row.status, row.reason) == ("expired", "acknowledged")


async def test_a_normal_need_in_the_night_waits_for_the_morning(room: Room) -> None:
    night, day = Room(**NIGHTLY), Day(NIGHT)
    await night.say(NEED, LIU)
    assert await day.pass_(night, 4 * 60 + 59, 13) == []
    seen = await day.pass_(night, 66)
    assert [who for _, who in seen] == [CHAIR, CHAIR, DEPUTY], "one alert, and then the usual pace"
    assert [at - 300 for at, _ in seen] == pytest.approx([0, 30, 60], abs=13)


async def test_the_night_does_not_climb_unheard(room: Room) -> None:
    evening, day = Room(**NIGHTLY), Day(EVENING)
    await evening.say(NEED, LIU)
    seen = await day.pass_(evening, 11 * 60, 10)
    assert seen == [(0, CHAIR), (580, CHAIR), (610, DEPUTY), (640, DEPUTY)]


@pytest.mark.parametrize("words", [URGENT, LIFE])
async def test_urgent_ones_wake_people(room: Room, words: str) -> None:
    night, day = Room(**NIGHTLY), Day(NIGHT)
    await night.say(words, LIU)
    assert (0, CHAIR) in await day.pass_(night, 0)


async def test_words_that_turn_urgent_wake_people_as_well(room: Room) -> None:
    night, day = Room(**NIGHTLY), Day(NIGHT)
    await night.say(NEED, LIU)
    assert await day.pass_(night, 1) == []
    await night.say(LIFE, LIU)
    assert set(await day.pass_(night, 0)) == {(1, CHAIR), (1, DEPUTY)}


async def test_a_mine_without_staff_begins_above(room: Room) -> None:
    day = Day(NOON)
    await room.say(URGENT, STRANGER, WORKERS_GROUP)
    assert await day.pass_(room, 10, 5) == [(0, TOP_CHAIR), (5, TOP_CHAIR), (10, ADMIN)]


async def test_a_stranger_of_no_known_unit_is_heard_at_the_top(room: Room) -> None:
    day = Day(NOON)
    await room.say(URGENT, STRANGER)
    assert await day.pass_(room, 0) == [(0, TOP_CHAIR)]


async def test_with_nobody_bound_the_staff_group_hears_that_there_is_something(database: str) -> None:
    clock.use(lambda: NOON)
    await people.settle(without=[worker.user_id for worker in people.WORKERS])
    room, day = Room(), Day(NOON)
    said = [one for one in await room.say(URGENT, LIU) if one.purpose == "alert"]
    assert [(one.kind, one.chat) for one in said] == [("group", STAFF_GROUP)]
    assert "1 号" in said[0].text and "绑定" in said[0].text
    assert not [word for word in ("刘桂芳", "H0123", "断粮", "向阳") if word in said[0].text]
    assert await day.pass_(room, 5, 5) == [(0, STAFF_GROUP), (5, STAFF_GROUP)]


async def test_the_staff_group_sleeps_too(database: str) -> None:
    clock.use(lambda: NIGHT)
    await people.settle(without=[worker.user_id for worker in people.WORKERS])
    room, day = Room(**NIGHTLY), Day(NIGHT)
    await room.say(NEED, LIU)
    assert await day.pass_(room, 290, 10) == []
    assert await day.pass_(room, 10, 10) == [(300, STAFF_GROUP)]


async def test_accounts_on_a_channel_that_is_off_are_nobody(room: Room) -> None:
    """After the sandbox is switched off its people are still on record: a real request must not be lost on them."""
    assert await alerts.ladder(None, room.rules)
    assert await alerts.ladder(None, room.rules._replace(quiet_hours={"another": ""})) == []
