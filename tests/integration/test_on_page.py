"""Where a chat answer is cut, its last line is the address of the page: for whom it opens, and nobody else."""

import pytest

from bot import clock
from bot.handlers.desk import PAGES
from bot.models import HelpRequest, Household, Member, RequestStep, Unit
from bot.web import routes
from bot.web.routing import Route
from tests import people
from tests.people import CHAIR, CHANNEL, EDITOR, FAMILY_GROUP, LIU, NEED, STAFF_GROUP, VOLUNTEER
from tests.room import Room
from tests.rounds import opened
from tests.web import console

URL = "https://songnuan.example.org"
LINE = f"在页面上看全部：{URL}"


@pytest.fixture
async def room(database: str) -> Room:
    await people.settle()
    return Room(web={"public_url": URL})


async def many_requests() -> None:
    unit = await Unit.get(code="M1")
    for _ in range(17):
        await HelpRequest.create(
            unit=unit, source="message", urgency="normal", state="open", kinds=["food"], opened_at=clock.now()
        )


async def many_homes(name: str, count: int) -> None:
    unit = await Unit.get(code="M1")
    for number in range(count):
        home = await Household.create(code=f"H05{number:02d}", unit=unit, category="孤寡老人")
        await Member.create(household=home, name=name, relation="本人")


async def last_line(room: Room, words: str, who: str, group: str | None = None) -> str:
    said = await room.say(words, who, group)
    return said[-1].text.splitlines()[-1]


async def test_the_list_of_requests(room: Room) -> None:
    assert LINE not in (await room.say("求助", CHAIR))[0].text, "nothing was cut"
    await many_requests()
    assert await last_line(room, "求助", CHAIR) == f"{LINE}/requests"
    assert URL not in (await room.say("求助", EDITOR))[0].text, "the page would not open"


async def test_the_list_of_calls(room: Room) -> None:
    await many_homes("周福来", 14)
    await opened()
    assert await last_line(room, "我的回访", VOLUNTEER) == f"{LINE}/calls"
    [said] = await room.say("我的回访", VOLUNTEER, STAFF_GROUP)
    assert said.kind == "direct" and said.text.endswith(f"{LINE}/calls")


async def test_a_name_that_many_have(room: Room) -> None:
    await many_homes("周福来", 4)
    assert URL not in (await room.say("回访 周福来 平安", CHAIR))[0].text
    await Member.filter(household__code="H0123").update(name="周福来")
    assert await last_line(room, "回访 周福来 平安", CHAIR) == f"{LINE}/roster", "no name stands in an address"
    assert URL not in (await room.say("回访 周福来 平安", VOLUNTEER))[0].text


async def test_a_long_story(room: Room) -> None:
    await room.say(NEED, LIU)
    assert URL not in (await room.say("详情 1", CHAIR))[0].text
    for _ in range(16):
        await RequestStep.create(request_id=1, at=clock.now(), step="joined", words="还没来")
    assert await last_line(room, "详情 1", CHAIR) == f"{LINE}/requests/1"


async def test_the_numbers_of_the_day(room: Room) -> None:
    assert await last_line(room, "今天", CHAIR) == await last_line(room, "今天", CHAIR, STAFF_GROUP) == f"{LINE}/today"
    assert await room.say("今天", CHAIR, FAMILY_GROUP, mentions_me=True) == []


async def test_without_an_address_only_the_sandbox_has_links(database: str) -> None:
    await people.settle()
    assert "http" not in (await Room().say("今天", CHAIR))[0].text
    room = Room(channels={CHANNEL: {"type": "sandbox"}})
    assert await last_line(room, "今天", CHAIR) == f"在页面上看全部：{room.desk.pages}/today"
    both = Room(channels={CHANNEL: {"type": "onebot", "token": "warm-token"}, "sandbox": {"type": "sandbox"}})
    assert "http" not in (await both.say("今天", CHAIR))[0].text, "the one who asks is not on this machine"


async def test_who_may_is_what_the_pages_say(database: str) -> None:
    async with console(database) as site:
        pages: dict[str, Route] = {one.path: one for one in routes.table(site.site) if one.kind == "page"}
        assert {path: pages[path].who for path in PAGES} == {path: frozenset(roles) for path, roles in PAGES.items()}
        assert pages["/requests/{id}"].who == pages["/requests"].who
