"""收到 and 求助: who may take a request, who may know of it, and that an outsider cannot tell it from none."""

import asyncio

import pytest

from bot.models import HelpRequest
from tests import people
from tests.people import (
    ADMIN,
    CHAIR,
    DEPUTY,
    EDITOR,
    FAMILY_GROUP,
    LIU,
    MA,
    NEED,
    OTHER_NEED,
    OUTSIDER,
    STAFF_GROUP,
    STRANGER,
    TOP_CHAIR,
    URGENT,
    VOLUNTEER,
    WU,
)
from tests.room import Room


@pytest.fixture
async def room(database: str) -> Room:
    await people.settle()
    room = Room()
    await room.say(NEED, LIU, FAMILY_GROUP)
    return room


async def test_the_chair_takes_it_and_the_alerts_stop(room: Room) -> None:
    [said] = await room.say("收到 1", CHAIR)
    assert (said.kind, said.chat) == ("direct", CHAIR)
    lines = said.text.splitlines()
    assert lines[0] == "1 号交给您了：H0123 刘桂芳。"
    assert lines[1].startswith("从求助到您收到，用了") and lines[1].endswith("。提醒已停。") and "  " not in lines[1]
    assert lines[2:] == ["派谁去，写：派 1 姓名；自己去，写：派 1 我", "要打电话，私聊我写：看电话 1 问问情况"]
    request = await HelpRequest.get(id=1)
    assert request.state == "acknowledged" and request.next_alert_at is None
    assert [one.purpose for one in await room.deliver()] == ["reply"] * 3, "the waiting alert goes to nobody any more"


@pytest.mark.parametrize("words", ["收到1", "收到 1号", "收到#1", "收到：1", "收到１", "收\u200b到 1", "收到第1号！"])
async def test_however_it_is_typed(room: Room, words: str) -> None:
    assert (await room.say(words, CHAIR))[0].text.startswith("1 号交给您了")


async def test_in_a_group_the_answer_goes_to_the_chair_alone(room: Room) -> None:
    for words in ("收到 1", "收到 1", "收到 9"):
        [said] = await room.say(words, CHAIR, FAMILY_GROUP)
        assert (said.kind, said.chat) == ("direct", CHAIR)


async def test_who_was_first_is_told_to_the_second(room: Room) -> None:
    await room.say("收到 1", CHAIR)
    assert "已经收到过了，不会再催" in (await room.say("收到 1", CHAIR))[0].text
    assert "王秀兰" in (await room.say("收到 1", TOP_CHAIR))[0].text


async def test_two_chairs_at_once(room: Room) -> None:
    await asyncio.gather(room.say("收到 1", CHAIR), room.say("收到 1", DEPUTY))
    answers = [one.text for one in await Room().news() if one.purpose == "reply"]
    assert len([text for text in answers if text.startswith("1 号交给您了")]) == 1
    assert len([text for text in answers if "已经收到，您不用再管" in text]) == 1


@pytest.mark.parametrize("who", [DEPUTY, TOP_CHAIR, ADMIN])
async def test_others_of_the_unit_and_above_may_take_it(room: Room, who: str) -> None:
    assert (await room.say("收到 1", who))[0].text.startswith("1 号交给您了")


async def test_for_an_outsider_it_is_as_if_there_were_none(room: Room) -> None:
    real, none = (await room.say("收到 1", OUTSIDER))[0].text, (await room.say("收到 2", OUTSIDER))[0].text
    assert real.replace("1", "2") == none == "没有 2 号求助单。写“求助”看看都有哪些。"
    assert (await room.say("求助", OUTSIDER))[0].text.startswith("没有等着办的求助单。")
    assert (await HelpRequest.get(id=1)).state == "open"


@pytest.mark.parametrize("who", [STRANGER, LIU, WU, MA])
async def test_nobody_outside_the_staff_gets_any_answer(room: Room, who: str) -> None:
    for words in ("收到 1", "收到 2", "收到"):
        assert await room.say(words, who) == []
    assert (await HelpRequest.get(id=1)).state == "open"


@pytest.mark.parametrize("who", [VOLUNTEER, EDITOR])
async def test_volunteers_and_editors_may_not_take_it(room: Room, who: str) -> None:
    assert (await room.say("收到 1", who))[0].text == (await room.say("收到 9", who))[0].text.replace("9", "1")
    assert (await HelpRequest.get(id=1)).state == "open"


async def test_who_the_alert_has_climbed_to_may_take_it(room: Room) -> None:
    """A request of a mine without staff reaches the group's chair; the outsider still knows nothing."""
    said = await room.say(URGENT, STRANGER, people.WORKERS_GROUP)
    assert [one.chat for one in said if one.purpose == "alert"] == [TOP_CHAIR]
    assert "没有 2 号" in (await room.say("收到 2", OUTSIDER))[0].text
    assert (await room.say("收到 2", TOP_CHAIR))[0].text.startswith("2 号交给您了。")


async def test_small_talk_with_the_word_is_nobodys_business(room: Room) -> None:
    for words in ("收到", "收到了", "收到，谢谢", "收到 明天办", "收到 1 2", "收到 99999999999999999999"):
        assert await room.say(words, CHAIR, FAMILY_GROUP) == []
    assert (await HelpRequest.get(id=1)).state == "open"


async def test_the_list_names_no_one_but_by_code(room: Room) -> None:
    await room.say(OTHER_NEED, WU)
    await room.say("收到 1", CHAIR)
    [said] = await room.say("求助", CHAIR)
    lines = said.text.splitlines()
    assert lines[0] == "还没办完的求助单："
    assert lines[1].startswith("2 号 H0124 ") and "等人收到" in lines[1], "who still waits comes first"
    assert lines[2].startswith("1 号 H0123 ") and "已收到" in lines[2]
    assert lines[-1] == "接下一条就写“收到 号码”。"
    assert "  " not in said.text and "刘桂芳" not in said.text and "吴德顺" not in said.text


async def test_an_empty_list_does_not_ask_to_take_one(room: Room) -> None:
    assert (await room.say("求助", OUTSIDER))[0].text == "没有等着办的求助单。"


async def test_the_list_is_not_read_out_in_a_group(room: Room) -> None:
    [said] = await room.say("求助", CHAIR, STAFF_GROUP)
    assert (said.chat, said.text) == (STAFF_GROUP, "这件事请私聊我，群里不方便。")
    assert await room.say("求助", CHAIR, FAMILY_GROUP) == []
