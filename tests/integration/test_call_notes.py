"""The job of the call lists: each morning the right people hear what is due and what was overlooked, once."""

from datetime import UTC, datetime, timedelta

import pytest

from bot import clock
from bot.actions.outreach.calling import Calling
from bot.actions.staff import people as actions
from bot.actions.upkeep import settings
from bot.jobs import releases
from bot.models import Household
from tests import people
from tests.people import CHAIR, OUTSIDER, TOP_CHAIR, VOLUNTEER, staff_id
from tests.room import Room, Said
from tests.rounds import held, opened

NOON = datetime(2026, 12, 1, 4, tzinfo=UTC)
MORNING = datetime(2026, 12, 2, 0, 30, tzinfo=UTC)  # 08:30 in Shanghai
TIMES = Calling()


@pytest.fixture
async def room(database: str) -> Room:
    clock.use(lambda: NOON)
    await people.settle()
    return Room()


async def morning(room: Room, at: datetime = MORNING) -> dict[str, list[Said]]:
    await room.news()
    clock.use(lambda: at)
    await releases.tick(room.rules, TIMES)
    found: dict[str, list[Said]] = {}
    for said in await room.news():
        found.setdefault(said.chat, []).append(said)
    return found


async def test_the_morning(room: Room) -> None:
    await opened()
    await room.say("回访 H0123 明天上午8点再打", VOLUNTEER)
    assert (await Household.get(code="H0123")).next_call_at == MORNING, "not before calling hours"
    clock.use(lambda: MORNING - timedelta(minutes=1))
    assert await releases.tick(room.rules, TIMES) == 0 and await room.news() == []
    heard = await morning(room, MORNING + timedelta(minutes=1))
    [note] = heard[VOLUNTEER]
    assert note.text == "早上好，今天您有 2 户要打，1 户是答应过的。写“下一户”就开始。"
    [chair] = heard[CHAIR]
    assert chair.text.splitlines()[:3] == [
        "回访里有这些还没着落：",
        "答应了没打 1 户：H0123",
        "从没打通 1 户：H0124",
    ]
    assert "刘桂芳" not in chair.text
    assert OUTSIDER not in heard, "the other mine has no round, and nothing was promised there"
    assert TOP_CHAIR in heard
    assert await morning(room, MORNING + timedelta(minutes=5)) == {}, "once a day"
    assert await morning(room, MORNING + timedelta(days=1)) != {}


async def test_without_a_round_and_a_promise_nobody_is_bothered(room: Room) -> None:
    assert await morning(room) == {}


async def test_on_hold_nothing_moves(room: Room) -> None:
    await opened()
    await settings.put(settings.HOLD, "2026-12-01")
    assert await morning(room, MORNING + timedelta(days=9)) == {} and len(await held()) == 2


async def test_the_job_lets_go_of_what_is_left(room: Room) -> None:
    await opened()
    await morning(room, MORNING + timedelta(days=9))
    assert await held() == {}


async def test_who_left_hears_nothing(room: Room) -> None:
    await opened()
    await actions.deactivate(await staff_id(VOLUNTEER))
    assert VOLUNTEER not in await morning(room)
