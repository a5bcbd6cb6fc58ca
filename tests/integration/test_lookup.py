"""回访 张秀英 …: names, codes and phone endings; two that fit bring a numbered question, a typo a suggestion."""

from datetime import UTC, datetime, timedelta

import pytest

from bot import clock
from bot.models import FollowUp, Household, Member
from tests import people
from tests.people import OUTSIDER, STAFF_GROUP, VOLUNTEER
from tests.room import Room
from tests.rounds import households, member

NOON = datetime(2026, 12, 1, 4, tzinfo=UTC)


@pytest.fixture
async def room(database: str) -> Room:
    clock.use(lambda: NOON)
    await people.settle()
    return Room()


async def say(room: Room, text: str, who: str = VOLUNTEER) -> str:
    return (await room.say(text, who))[-1].text


async def recorded() -> list[str]:
    return [row.household.code for row in await FollowUp.all().order_by("id").select_related("household")]


@pytest.mark.parametrize("who", "张秀英 H0301 301 尾号0301 0301 13800000301 138-0000-0301".split())
async def test_one_that_fits(room: Room, who: str) -> None:
    await households("H0301")
    assert (await say(room, f"回访 {who} 平安")).startswith("已记：H0301 ")
    assert await recorded() == ["H0301"]


async def test_any_member_of_the_household(room: Room) -> None:
    await member(await Household.get(code="H0123"), "刘小军", "13800000456", "儿子")
    assert "H0123" in await say(room, "回访 刘小军 平安")
    assert "H0123" in await say(room, "回访 尾号0456 未接")


async def test_a_code_is_meant_before_a_phone_ending(room: Room) -> None:
    await member(await Household.get(code="H0124"), "吴军", "13800000123")
    assert "H0123" in await say(room, "回访 0123 平安")
    assert "H0124" in await say(room, "回访 尾号0123 平安")


async def test_two_that_fit_bring_a_question(room: Room) -> None:
    await households("H0301", "H0302")
    asked = await say(room, "回访 张秀英 需帮助 米 降压药 老人一个人")
    assert asked == (
        "有 2 户符合，是哪一户？\n1 H0301 张秀英，本人，困难职工，向阳煤矿\n2 H0302 张秀英，本人，困难职工，向阳煤矿\n"
        "回数字就记上；都不是，就用户编号再写一遍。"
    )
    assert await recorded() == []
    assert (await say(room, "２")).splitlines()[:2] == [
        "已记：H0302 张秀英 接通-需帮助。",
        "已提醒主席，求助单 1 号（米面粮油、药品）。",
    ]
    assert (await FollowUp.get()).note == "米 降压药 老人一个人"
    assert "没有在等您回数字的问题" in await say(room, "2"), "one question has one answer"
    assert await recorded() == ["H0302"]


async def test_a_number_that_was_not_offered(room: Room) -> None:
    await households("H0301", "H0302")
    await room.say("回访 张秀英 平安", VOLUNTEER)
    assert "没有在等您回数字的问题" in await say(room, "3")
    assert "H0301" in await say(room, "1")


async def test_a_question_waits_ten_minutes_and_no_restart(room: Room) -> None:
    await households("H0301", "H0302")
    await room.say("回访 张秀英 平安", VOLUNTEER)
    clock.use(lambda: NOON + timedelta(minutes=10))
    assert "请把整行再写一遍，写上户编号" in await say(room, "1")
    await room.say("回访 张秀英 平安", VOLUNTEER)
    restarted = Room()
    await restarted.news()
    assert "请把整行再写一遍，写上户编号" in await say(restarted, "1")
    assert await recorded() == []


async def test_a_question_is_for_one_person(room: Room) -> None:
    await households("H0301", "H0302")
    await room.say("回访 张秀英 平安", VOLUNTEER)
    assert "没有在等" in await say(room, "1", OUTSIDER)
    here, private = await room.say("回访 张秀英 平安", VOLUNTEER, STAFF_GROUP)
    assert (here.chat, here.text) == (STAFF_GROUP, "拿不准是哪一户，私聊问您了。")
    assert private.chat == VOLUNTEER and "H0301" in private.text


@pytest.mark.parametrize("typo", ["张秀兰", "张秀", "张英", "H0310", "H0801", "H03O1"])
async def test_a_typo_brings_a_suggestion(room: Room, typo: str) -> None:
    await households("H0301")
    asked = await say(room, f"回访 {typo} 平安")
    if typo == "张英":
        assert asked.startswith("没找到这一户，是不是：\n1 H0301 张秀英，")
    assert asked.startswith("没找到这一户，是不是：\n") and "H0301 张秀英" in asked
    line = next(line for line in asked.splitlines() if "H0301" in line)
    assert "已记：H0301 张秀英" in await say(room, line[0])


@pytest.mark.parametrize("who", ["马素英", "H0201", "201", "尾号0102", "13800000102"])
async def test_of_another_mine_is_as_one_that_is_not_there(room: Room, who: str) -> None:
    await member(await Household.get(code="H0201"), "马小军", "13800000102")
    real = await say(room, f"回访 {who} 平安")
    household = await Household.get(code="H0201")
    await Household.filter(id=household.id).update(code="H0999X")
    await Member.filter(household_id=household.id).update(name="-", phone_index=None, phone_ending=None)
    assert real == await say(room, f"回访 {who} 平安") and "没找到" in real
    assert await recorded() == []


@pytest.mark.parametrize("who", ["%", "_", "张%", "H%", "'; DROP TABLE household; --", "张" * 21, "🙂🙂"])
async def test_odd_words_find_nobody(room: Room, who: str) -> None:
    await households("H0301")
    said = await say(room, f"回访 {who} 平安")
    assert "已记" not in said and await recorded() == [] and await Household.all().count() == 4
