"""送达, 更正 and the ledger: what was promised, brought and put right counts once; and who speaks for whom."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from bot.actions.requests import confirming, lifecycle
from bot.errors import Conflict
from bot.models import HelpRequest, Relief
from bot.quantities import read_gifts
from tests import people
from tests.asked import ledger, one_family_has_asked, request, steps_of
from tests.people import (
    CHAIR,
    DEPUTY,
    FAMILY_GROUP,
    LIU,
    TOP_CHAIR,
    VOLUNTEER,
)
from tests.room import Room


@pytest.fixture
async def room(database: str) -> Room:
    return await one_family_has_asked()


async def test_of_several_at_the_same_moment_one_has_done_it(room: Room) -> None:
    """Past the chat, whose answers wait for each other: straight into the actions, as pages will do."""
    chair, deputy, top = [await people.staff_id(who) for who in (CHAIR, DEPUTY, TOP_CHAIR)]
    gifts = read_gifts("米10斤 50元")
    deeds: list[Callable[[int], Awaitable[object]]] = [
        lambda who: lifecycle.deliver(1, who, gifts, room.rules),
        lambda who: confirming.by_staff(1, who, "confirmed", "", room.rules),
        lambda who: lifecycle.reopen(1, who, "", room.rules),
        lambda who: lifecycle.close(1, who, "no_need", "", room.rules),
    ]
    for deed in deeds:
        came = await asyncio.gather(*(deed(who) for who in (chair, deputy, top)), return_exceptions=True)
        lost = [one for one in came if isinstance(one, BaseException)]
        assert len(lost) == 2 and all(type(one) is Conflict for one in lost), came
        assert all("1 号" in str(one) for one in lost)
    assert await steps_of() == ["raised", "delivered", "confirmed", "closed", "reopened", "closed"]
    assert await ledger() == [("confirmed", "米", 10000, 5000)]


async def test_the_same_errand_written_down_twice_counts_once(room: Room) -> None:
    await room.say("派 1 陈小满", CHAIR)
    await room.say("送达 1 米10斤 50元", VOLUNTEER)
    [said] = await room.say("送达 1 米10斤 50元", CHAIR)
    assert "陈小满 已经记过送达" in said.text and "送达 1 又" in said.text
    assert len(await ledger()) == 1
    await room.say("送达 1 又 米10斤 50元", CHAIR)
    assert len(await ledger()) == 2


async def test_what_was_promised_is_brought_with_one_word(room: Room) -> None:
    await room.say("派 1 陈小满 米10斤 油1桶 186元", CHAIR)
    [said] = await room.say("送达 1", VOLUNTEER)
    assert "送达 米10斤、油1桶（186元）。" in said.text
    assert {row[0] for row in await ledger()} == {"delivered"} and await Relief.all().count() == 2
    assert "已经记过送达" in (await room.say("送达 1", VOLUNTEER))[0].text


async def test_a_part_of_it_leaves_the_rest_promised(room: Room) -> None:
    await room.say("派 1 陈小满 米10斤 油1桶", CHAIR)
    [said] = await room.say("送达 1 米9斤", VOLUNTEER)
    assert "还有答应了没送的：油1桶。" in said.text
    assert sorted(await ledger()) == [("delivered", "米", 9000, 0), ("promised", "油", 1000, 0)]
    said = (await room.say("回访确认 1", VOLUNTEER))[-1]
    assert "还有答应了没送的：油1桶。" in said.text and (await request()).state == "assigned"
    await room.say("送达 1", VOLUNTEER)
    await room.say("回访确认 1", VOLUNTEER)
    assert (await request()).state == "closed"


async def test_a_correction_is_a_new_row(room: Room) -> None:
    await room.say("派 1 陈小满", CHAIR)
    await room.say("送达 1 米10斤 油1桶 186元", VOLUNTEER)
    [said] = await room.say("更正 1 米8斤 40元", VOLUNTEER)
    assert said.text.splitlines()[1:] == [
        "原来：米10斤、油1桶（186元）",
        "现在：米8斤（40元）。",
        "还不对，再写一次“更正 1 …”。",
    ]
    rows = await Relief.all().order_by("id")
    assert [(row.state, row.item, row.value_fen) for row in rows[:2]] == [
        ("delivered", "米", 0),
        ("delivered", "油", 18600),
    ]
    assert [(row.state, row.item, row.value_fen, row.corrects_id) for row in rows[2:]] == [
        ("delivered", "米", 4000, rows[0].id),
        ("void", "油", 0, rows[1].id),
    ]
    await room.say("更正 1 无", VOLUNTEER)
    assert await ledger() == [] and (await request()).state == "assigned"
    assert "还没有记过" in (await room.say("更正 1 无", VOLUNTEER))[0].text


async def test_closing_as_helped_waits_for_the_family(room: Room) -> None:
    await room.say("派 1 陈小满 米10斤", CHAIR)
    assert "还有答应了没送到的：米10斤" in (await room.say("办结 1", CHAIR))[0].text
    await room.say("送达 1", VOLUNTEER)
    assert "家属还没说收到" in (await room.say("办结 1", CHAIR))[0].text
    await room.say("回访确认 1 没收到", VOLUNTEER)
    assert "家属说没收到：米10斤" in (await room.say("办结 1 已解决", CHAIR))[0].text
    assert (await request()).state == "assigned"
    await room.say("办结 1 联系不上", CHAIR)
    assert (await request()).closed_as == "unreachable"


async def test_a_promise_goes_with_the_request(room: Room) -> None:
    await room.say("派 1 陈小满 米10斤 100元", CHAIR)
    await room.say("办结 1 不需要", CHAIR)
    assert await ledger() == []


async def test_speaking_for_a_household(room: Room) -> None:
    alert, said = await room.say("代报 H0124 降压药断了 老人一个人", VOLUNTEER)
    assert alert.purpose == "alert" and "代报：降压药断了 老人一个人" in alert.text and "H0124 吴德顺" in alert.text
    assert said.text.splitlines()[0] == "已记：替 H0124 求助（药品，一般）。" and "求助单号 2" in said.text
    made = await request(2)
    assert (made.source, made.reported_by_id, list(made.kinds)) == (
        "behalf",
        await people.staff_id(VOLUNTEER),
        ["medicine"],
    )
    again = await room.say("代报 124 米也没了", CHAIR)
    assert "已并入还没办完的 2 号" in again[-1].text and await HelpRequest.all().count() == 2
    real, none = [(await room.say(f"代报 H0{n} 缺药", VOLUNTEER))[0].text for n in ("201", "999")]
    assert real.replace("201", "999") == none == "没找到 H0999 这一户，请核对户编号。"
    await room.say("代报 吴德顺 冷，屋里没煤", VOLUNTEER)
    assert "daily" in (await request(2)).kinds, "by name as well"
    assert "没找到“吴得顺”，是不是：H0124？" in (await room.say("代报 吴得顺 缺药", VOLUNTEER))[0].text
    assert "缺什么" in (await room.say("代报 H0124", VOLUNTEER))[0].text
    assert await room.say("代报 H0124 缺药", LIU, FAMILY_GROUP) == []


async def test_who_reported_hears_that_it_arrived(room: Room) -> None:
    await room.say("代报 H0124 缺药", VOLUNTEER)
    await room.say("派 2 我", CHAIR)
    await room.say("送达 2 降压药2盒 64.5元", CHAIR)
    said = await room.say("回访确认 2", CHAIR)
    assert [(one.chat, one.text) for one in said[:-1]] == [
        (VOLUNTEER, "2 号（H0124）家属说收到了：降压药2盒（64.5元）。这一单办结了，谢谢您。")
    ]


async def test_cash_follows_the_grade(room: Room) -> None:
    await room.say("派 1 陈小满 现金", CHAIR)
    assert await ledger() == [("promised", "现金", 0, 20000)], "a household without a grade: 200 yuan"
    [said] = await room.say("送达 1 现金2000元", VOLUNTEER)
    assert "没有困难等级的户一次现金最多 200 元，这里合计 2000 元" in said.text
    request_ = await request()
    await request_.fetch_related("household")
    assert request_.household is not None
    request_.household.grade = "深度"
    await request_.household.save(update_fields=["grade"])
    await room.say("送达 1 慰问金1500元", VOLUNTEER)
    assert await ledger() == [("delivered", "慰问金", 0, 150000)]
    assert "深度困难户一次现金最多 2000 元" in (await room.say("送达 1 又 现金501元", VOLUNTEER))[0].text
