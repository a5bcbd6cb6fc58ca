"""Lists of requests on pages: narrowed, searched and paged, each person in their own units; and the chair's desk."""

import re
from typing import Any

from bot import clock
from bot.actions.outreach.outcomes import OUTCOMES
from bot.actions.requests import lifecycle, steps
from bot.actions.requests.alerts import KIND_NAMES, URGENCY_NAMES
from bot.actions.requests.reaching import CLOSED_AS
from bot.models import HelpRequest, Household, Staff
from bot.web import words
from bot.web.reads import requests as reads
from tests import people
from tests.deeds import do
from tests.people import CHAIR, LIU, NEED, OUTSIDER, TOP_CHAIR, URGENT, VOLUNTEER, WU
from tests.room import Room
from tests.web import Page, console


async def some(count: int, **fields: Any) -> None:
    family = await Household.get(code="H0123")
    base: dict[str, Any] = {"source": "message", "urgency": "normal", "kinds": ["food"], "unit_id": family.unit_id}
    first = await HelpRequest.create(household_id=family.id, opened_at=clock.now(), **base | fields)
    await HelpRequest.bulk_create(
        [HelpRequest(household_id=family.id, opened_at=first.opened_at, **base | fields) for _ in range(count - 1)]
    )


def numbers(page: Page) -> list[int]:
    return [int(one) for one in re.findall(r'data-number="(\d+)"', page.html)]


async def test_a_long_list_is_read_page_by_page_without_gaps(database: str) -> None:
    async with console(database) as site:
        await some(reads.PAGE * 2 + 3)
        found, address = [], "/requests"
        while address:
            page = await site.get(address, as_=CHAIR)
            found += numbers(page)
            older = re.search(r'rel="next" href="([^"]*)"', page.html)
            address = older[1].replace("&amp;", "&") if older else ""
        assert found == list(range(reads.PAGE * 2 + 3, 0, -1))


async def test_filters_leave_what_fits(database: str) -> None:
    async with console(database) as site:
        me = await people.staff_id(CHAIR)
        await some(1)
        await some(1, state="review")
        await some(1, state="acknowledged", acknowledged_by_id=me, kinds=["medicine", "money"], urgency="urgent")
        await some(1, state="closed", closed_as="helped", closed_at=clock.now())
        for query, wanted in (
            ("", [3, 2, 1]),
            ("?state=open", [1]),
            ("?state=review", [2]),
            ("?state=closed", [4]),
            ("?kind=money", [3]),
            ("?urgency=urgent&kind=medicine", [3]),
            ("?mine=1", [3]),
            ("?household=H0123", [4, 3, 2, 1]),
            ("?household=H0124", []),
            ("?kind=%25", [3, 2, 1]),  # no kind of ours is no filter
            ("?view=board", [1, 3, 4, 2]),
        ):
            assert numbers(await site.get(f"/requests{query}", as_=CHAIR)) == wanted, query


async def test_each_sees_their_own_units(database: str) -> None:
    async with console(database) as site:
        room = Room()
        for who in (LIU, WU, people.MA):
            await room.say(URGENT, who)
        assert numbers(await site.get("/requests", as_=TOP_CHAIR)) == [3, 2, 1]
        assert numbers(await site.get("/requests?unit=M2", as_=TOP_CHAIR)) == [3]
        assert numbers(await site.get("/requests", as_=CHAIR)) == [2, 1]
        assert numbers(await site.get("/requests", as_=OUTSIDER)) == [3]
        assert numbers(await site.get("/today", as_=OUTSIDER)) == [3]
        assert numbers(await site.get("/requests", as_=VOLUNTEER)) == []
        for path in ("/requests?unit=M1", "/today?unit=M1", "/figures?unit=M1", "/figures.csv?unit=M1"):
            assert (await site.get(path, as_=OUTSIDER)).status == 403, path
        await do(site, "assign", ("name", "陈小满"))
        assert numbers(await site.get("/requests", as_=VOLUNTEER)) == [1]


async def test_search_leads_on_without_a_name_in_the_address(database: str) -> None:
    async with console(database) as site:
        await Room().say(NEED, LIU)
        for typed, leads_to in (
            ("1", "/requests/1"),
            ("#1 号", "/requests/1"),
            ("h0124", "/requests?household=H0124"),
            ("124", "/requests?household=H0124"),
            ("吴德顺", "/requests?household=H0124"),
            ("", "/requests"),
        ):
            page = await site.post("/requests/search", {"q": typed}, as_=CHAIR)
            assert (page.status, page.location) == (303, leads_to)


async def test_a_search_for_another_units_family_finds_nobody(database: str) -> None:
    async with console(database) as site:
        await Room().say(NEED, LIU)
        for typed in ("刘桂芳", "1", "H0123"):
            page = await site.post("/requests/search", {"q": typed}, as_=OUTSIDER)
            assert page.status == 404 and "没找到" in page.text, typed
            assert f'value="{typed}"' in page.html


async def test_the_desk_says_how_long_there_is(database: str) -> None:
    async with console(database) as site:
        await Room().say(URGENT, LIU)
        page = await site.get("/today", as_=CHAIR)
        assert re.search(r"(9|4) 分钟后再催", page.text) and "H0123" in page.text
        await HelpRequest.filter(id=1).update(alert_step=site.site.rules.times_each)
        assert "往上报" in (await site.get("/today", as_=CHAIR, hx=True)).text
        await do(site, "acknowledge")
        page = await site.get("/today", as_=CHAIR)
        assert "现在没有等您的事" in page.text
        await HelpRequest.filter(id=1).update(alert_step=1, next_alert_at=clock.now())
        assert "已经超时" in (await site.get("/today", as_=CHAIR)).text


async def test_the_desk_begins_with_what_was_slept_through(database: str) -> None:
    async with console(database) as site:
        await some(2, state="review", urgency="emergency", kinds=["psychological"])
        await some(12, state="review")
        await some(1, urgency="urgent")
        page = await site.get("/today", as_=CHAIR)
        assert numbers(page) == [2, 1, 15, *range(14, 4, -1)]
        text = " ".join(page.text.split())
        assert "可能有人心里很难 2 " in text and "待核实 12 " in text
        assert text.index("可能有人心里很难") < text.index("等人收到 1 ")
        assert 'href="/requests?state=review&amp;urgency=emergency"' not in page.html
        assert "可能有人心里很难" not in (await site.get("/today", as_=OUTSIDER)).text
        await some(10, state="review", urgency="emergency")
        page = await site.get("/today", as_=CHAIR)
        assert 'href="/requests?state=review&amp;urgency=emergency"' in page.html
        assert "可能有人心里很难 12 " in " ".join(page.text.split())


async def test_the_load_of_each_colleague_stands_beside_the_name(database: str) -> None:
    async with console(database) as site:
        volunteer = await Staff.get(name="陈小满")
        await some(2, state="assigned", assigned_to_id=volunteer.id)
        await Room().say(NEED, WU)
        page = await site.get("/requests/3", as_=CHAIR)
        assert re.search(r"陈小满\s+向阳煤矿\s+手上 2 单、0 个电话", page.text)


def test_the_pages_call_things_as_the_chat_does() -> None:
    assert words.KINDS == KIND_NAMES and words.STEPS == steps.NAMES and words.CLOSED_AS == CLOSED_AS
    assert {key: name for key, (name, _) in words.URGENCY.items()} == URGENCY_NAMES
    assert {key: one.name for key, one in OUTCOMES.items()} == words.OUTCOMES
    assert {key: one.said(visited=True) for key, one in OUTCOMES.items()} == words.AT_THE_DOOR
    assert set(lifecycle.UNTIL_BROUGHT) < set(words.STATES)
