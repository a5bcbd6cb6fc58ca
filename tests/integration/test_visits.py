"""上门: what is not settled by phone is settled at the door, and is told apart from calls."""

from datetime import UTC, datetime

import pytest

from bot import clock
from bot.models import FollowUp
from tests import people
from tests.people import VOLUNTEER
from tests.room import Room
from tests.rounds import held, opened, state_of
from tests.web import console

NOON = datetime(2026, 12, 1, 4, tzinfo=UTC)


@pytest.fixture
async def room(database: str) -> Room:
    clock.use(lambda: NOON)
    await people.settle()
    return Room()


async def say(room: Room, words: str) -> str:
    return (await room.say(words, VOLUNTEER))[-1].text


async def test_who_has_been_there_says_so(room: Room) -> None:
    [said] = await room.say("回访 H0123 上门 平安", VOLUNTEER)
    assert said.text == "已记：H0123 上门-平安。\n记错了就写“撤销”。"
    assert (await room.say("改 不在家", VOLUNTEER))[0].text.startswith("已记：H0123 刘桂芳 上门-没遇到人。\n下次：")
    assert (await FollowUp.get(undone_at=None)).visited, "another outcome of the same visit"
    assert (await room.say("撤销", VOLUNTEER))[0].text == "已撤销：H0123 上门-没遇到人。"
    alert, said = await room.say("回访 H0123 走访 需帮助 米", VOLUNTEER)
    assert "回访时说：米" in alert.text and "上门-需帮助" in said.text


async def test_a_visit_settles_what_calls_did_not(room: Room) -> None:
    await opened()
    for _ in range(4):
        await room.say("回访 H0123 没人接", VOLUNTEER)
    assert (
        await say(room, "回访 H0123 上门 平安")
        == "已记：H0123 上门-平安。\n还有 1 户要打，写“下一户”。\n记错了就写“撤销”。"
    )
    assert await state_of("H0123") == ("done", 5)
    await room.say("撤销", VOLUNTEER)
    assert await state_of("H0123") == ("visit", 4) and "H0123" not in await held(), "it still wants a visit"
    assert "请上门看看" in await say(room, "回访 H0123 上门 没人在")
    await room.say("改 已故", VOLUNTEER)
    assert await state_of("H0123") == ("done", 5), "somebody has been there"


async def test_after_the_next_one_a_visit_is_one_word_more(room: Room) -> None:
    await opened()
    await room.say("下一户", VOLUNTEER)
    assert (await say(room, "上门 平安")).startswith("已记：H0123 刘桂芳 上门-平安。")
    assert await room.say("上门看看", VOLUNTEER) == [], "talk about a visit"


async def test_nobody_at_the_door_is_another_visit_even_after_a_death(room: Room) -> None:
    await opened()
    await say(room, "回访 H0123 已故")
    said = await say(room, "回访 H0123 上门 没人在家")
    assert said.splitlines()[1] == "接下来：请上门看看。"
    assert await state_of("H0123") == ("visit", 2), "nobody rings there again"


async def test_the_history_on_the_pages_tells_a_visit(database: str) -> None:
    async with console(database) as site:
        room = Room()
        await say(room, "回访 H0123 上门 平安")
        for path in ("/roster/H0123", "/calls/H0123"):
            assert "上门 · " in (await site.get(path, as_=people.CHAIR)).text
