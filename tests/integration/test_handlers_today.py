"""今天: the numbers in chat, on the desk and in the report are the same, to the fen; and who may ask, where."""

from datetime import UTC, date, datetime, timedelta

import pytest

from bot import clock
from bot.actions.figures import today
from bot.actions.figures.reports import Span, report
from bot.actions.staff.scope import scope
from tests import people
from tests.people import (
    ADMIN,
    CHAIR,
    EDITOR,
    FAMILY_GROUP,
    LIU,
    MA,
    NEED,
    OUTSIDER,
    STAFF_GROUP,
    STRANGER,
    TOP_CHAIR,
    URGENT,
    VOLUNTEER,
    WORKERS_GROUP,
    WU,
)
from tests.room import Room
from tests.web import console

NOON = datetime(2026, 12, 1, 4, tzinfo=UTC)
DAY = [
    (NEED, LIU, None),
    ("收到 2", CHAIR, None),
    ("派 2 陈小满", CHAIR, None),
    ("送达 2 米10斤 油1桶 186.51元", VOLUNTEER, None),
    ("更正 2 米8斤 油1桶 170.01元", VOLUNTEER, None),
    ("回访 H0124 需帮助 米", VOLUNTEER, None),
    ("回访 H0123 未接", VOLUNTEER, None),
    ("回访 H0124 上门 平安", VOLUNTEER, None),
    ("回访 H0123 平安", VOLUNTEER, None),
    ("撤销", VOLUNTEER, None),
    (NEED, MA, None),
    ("办结 4 不是求助", OUTSIDER, None),
    (URGENT, STRANGER, WORKERS_GROUP),
]


async def a_day() -> Room:
    clock.use(lambda: NOON - timedelta(days=1))
    room = Room()
    await room.say(NEED, WU)
    await room.say("收到 1", CHAIR)
    await room.say("送达 1 面1袋 99元", CHAIR)
    await room.say("回访确认 1", CHAIR)
    clock.use(lambda: NOON)
    for words, who, group in DAY:
        await room.say(words, who, group)
    return room


async def test_in_chat(database: str) -> None:
    await people.settle()
    room = await a_day()
    [said] = await room.say("今天", CHAIR)
    assert said.text.splitlines() == [
        "向阳煤矿，今天到现在：",
        "新的求助 2 单，收到 1 单",
        "打了 2 个电话，接通 1 个，上门 1 次",
        "说有难处的 2 户",
        "送到 1 户，170.01 元",
    ]
    [private] = await room.say("统计？", CHAIR, STAFF_GROUP)
    assert (private.kind, private.chat, private.text) == ("direct", CHAIR, said.text), "a sum can be one family's"
    [whole] = await room.say("今天", TOP_CHAIR)
    assert whole.text.startswith("北岭集团，今天到现在：\n新的求助 3 单") and "170.01 元" in whole.text
    assert (await room.say("统计", ADMIN))[0].text == whole.text
    [quiet] = await room.say("今天", OUTSIDER)
    assert quiet.text.splitlines()[1:] == [
        "新的求助 0 单，收到 0 单",
        "打了 0 个电话，接通 0 个",
        "说有难处的 0 户",
        "送到 0 户，0 元",
    ]


async def test_who_may_ask_and_where(database: str) -> None:
    await people.settle()
    room = Room()
    for who in (VOLUNTEER, EDITOR, LIU, STRANGER):
        assert await room.say("今天", who) == await room.say("统计", who) == []
    for mentioned in (False, True):
        assert await room.say("今天", CHAIR, FAMILY_GROUP, mentions_me=mentioned) == []
    for words in ("今天 好冷", "今天，下雪", "今天12点开会"):
        assert await room.say(words, CHAIR, STAFF_GROUP) == []


@pytest.mark.parametrize("unit", ["G", "M1", "M2", "M3"])
async def test_the_numbers_are_those_of_the_report(database: str, unit: str) -> None:
    await people.settle()
    await a_day()
    found = await today.numbers(await scope(await people.staff_id(TOP_CHAIR), today.ROLES, unit))
    told = await report(Span(date(2026, 12, 1), date(2026, 12, 1)), unit)
    phone, visit = (told.total(key) for key in ("called-phone", "called-visit"))
    assert (found.called, found.visited) == (phone.times, visit.times)
    assert found.reached + found.met == told.total("reached").times
    opened, given = told.total("opened"), told.total("delivered")
    assert (found.opened, found.opened_households) == (opened.times, opened.households)
    assert (found.given_households, found.given_fen) == (given.households, given.fen)
    asked = {row.household for key in ("opened", "needing") for row in told.total(key).rows if row.household}
    assert found.needing == len(asked)


async def test_the_desk_shows_the_same(database: str) -> None:
    async with console(database) as site:
        await a_day()
        page = " ".join((await site.get("/today", as_=CHAIR)).text.split())
        assert "接通 1 · 上门 1" in page and "170.01" in page
