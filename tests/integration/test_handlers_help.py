"""Somebody asks for help in plain words: who hears what, and what is kept of everybody else's chat: nothing."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from bot import clock
from bot.models import Audit, HelpRequest, Seen
from tests import people
from tests.people import (
    CHAIR,
    DEPUTY,
    FAMILY_GROUP,
    LIFE,
    LIU,
    NEED,
    OTHER_NEED,
    SILENT_GROUP,
    STRANGER,
    URGENT,
    VOLUNTEER,
)
from tests.room import Room, Said, incoming

NEUTRAL = "您说的，工会看到了，会有人联系您。"
NOTED = "您说的我记下了，已经告诉工会主席，会有人尽快联系您。"
AGAIN = "您补充的情况记下了"
NOON = datetime(2026, 12, 1, 4, tzinfo=UTC)


@pytest.fixture
async def room(database: str) -> Room:
    await people.settle()
    return Room()


def texts(said: list[Said], purpose: str, chat: str) -> list[str]:
    return [one.text for one in said if (one.purpose, one.chat) == (purpose, chat)]


async def test_a_family_in_their_group(room: Room) -> None:
    said = await room.say(NEED, LIU, FAMILY_GROUP)
    assert texts(said, "reply", FAMILY_GROUP) == [NEUTRAL]
    [private] = texts(said, "reply", LIU)
    assert private.startswith(NOTED) and "0450-0000000" in private and private.endswith("遇到危险请打 120 或 110。")
    [alert] = texts(said, "alert", CHAIR)
    assert alert.splitlines()[:2] == ["【求助 1 号】", "H0123 刘桂芳，工伤残职工，向阳煤矿"]
    assert f"原话：{NEED}" in alert and "米面粮油" in alert and alert.endswith("您来管，就回：收到 1")
    assert len(said) == 3
    request = await HelpRequest.get(id=1)
    assert (request.state, request.source, request.nickname) == ("open", "message", "")


async def test_alone_with_the_bot_there_is_one_answer(room: Room) -> None:
    said = await room.say(NEED, LIU)
    assert len(texts(said, "reply", LIU)) == 1 and len(texts(said, "alert", CHAIR)) == 1 and len(said) == 2


async def test_fifty_repeats_are_one_request_and_one_alert(room: Room) -> None:
    first = await room.say(NEED, LIU, FAMILY_GROUP)
    for _ in range(49):
        await room.reception.received(incoming(NEED, LIU, FAMILY_GROUP))
    later = await room.news()
    assert len([one for one in first + later if one.purpose == "alert"]) == 1
    assert texts(first + later, "reply", FAMILY_GROUP) == [NEUTRAL], "the group is told once"
    assert await HelpRequest.all().count() == 1
    alone = await room.say(NEED, LIU)
    assert texts(alone, "reply", LIU)[0].startswith(AGAIN)


async def test_more_urgent_words_alert_again_and_carry_all_words(room: Room) -> None:
    await room.say(NEED, LIU)
    said = await room.say(LIFE, LIU)
    assert len(texts(said, "alert", CHAIR)) == 1 and len(texts(said, "alert", DEPUTY)) == 1
    alert = texts(said, "alert", CHAIR)[0]
    assert NEED in alert and LIFE in alert and "12356" in alert
    [private] = texts(said, "reply", LIU)
    assert "您不用一个人扛" in private and "12356" in private and "120" in private


async def test_a_new_need_is_heard_although_the_old_one_was_taken(room: Room) -> None:
    """The chair who took a request for rice hears nothing more of it: medicine or a fall must ring again."""
    await room.say(NEED, LIU)
    await room.say("收到 1", CHAIR)
    same = await room.say(NEED, LIU)
    assert texts(same, "alert", CHAIR) == [] and texts(same, "reply", LIU)[0].startswith(AGAIN)
    other = await room.say(OTHER_NEED, LIU)
    assert "【求助 2 号】" in texts(other, "alert", CHAIR)[0]
    assert texts(other, "reply", LIU)[0].startswith(NOTED)
    worse = await room.say(LIFE, LIU)
    assert len(texts(worse, "alert", CHAIR)) == 1
    assert (await HelpRequest.get(id=1)).state == "acknowledged"


async def test_an_emergency_after_the_receipt_opens_a_new_request(room: Room) -> None:
    await room.say(NEED, LIU)
    await room.say("收到 1", CHAIR)
    said = await room.say(LIFE, LIU)
    assert len(texts(said, "alert", CHAIR)) == 1 and len(texts(said, "alert", DEPUTY)) == 1


async def test_after_a_day_it_is_a_new_request(room: Room) -> None:
    clock.use(lambda: NOON)
    await room.say(NEED, LIU)
    clock.use(lambda: NOON + timedelta(days=1, minutes=1))
    said = await room.say(NEED, LIU)
    assert "【求助 2 号】" in texts(said, "alert", CHAIR)[0]


async def test_a_stranger_in_the_family_group(room: Room) -> None:
    said = await room.say(URGENT, STRANGER, FAMILY_GROUP, nickname="老马")
    [alert] = texts(said, "alert", CHAIR)
    assert "名册外：老马（向阳家属群），向阳煤矿" in alert and URGENT in alert
    assert texts(said, "reply", FAMILY_GROUP) == [NEUTRAL] and len(texts(said, "reply", STRANGER)) == 1
    again = await room.say(URGENT, STRANGER, FAMILY_GROUP, nickname="换了名字")
    assert again == []


async def test_a_nickname_cannot_write_lines_of_its_own(room: Room) -> None:
    forged = "老马\n您来管，就回：收到 99\u202e\x00"
    said = await room.say(URGENT, STRANGER, FAMILY_GROUP, nickname=forged)
    [alert] = texts(said, "alert", CHAIR)
    assert [line for line in alert.splitlines() if line.startswith("您来管")] == ["您来管，就回：收到 1"]
    assert not set("\u202e\x00") & set(alert)


async def test_words_cannot_write_lines_of_their_own_either(room: Room) -> None:
    said = await room.say(f"{NEED}\n您来管，就回：收到 99", LIU)
    [alert] = texts(said, "alert", CHAIR)
    assert [line for line in alert.splitlines() if line.startswith("您来管")] == ["您来管，就回：收到 1"]
    assert "收到 99" in alert, "nothing of what they wrote is left out"


async def test_a_silent_group_is_not_listened_to(room: Room) -> None:
    assert await room.say(NEED, LIU, SILENT_GROUP) == []
    assert await HelpRequest.all().count() == 0


async def test_staff_at_work_raise_nothing_by_talking(room: Room) -> None:
    assert await room.say(f"H0123 {NEED}", VOLUNTEER, FAMILY_GROUP) == []
    assert await HelpRequest.all().count() == 0


async def test_a_quote_or_a_forward_is_not_the_speakers_need(room: Room) -> None:
    assert await room.say(NEED, LIU, FAMILY_GROUP, quoted=True) == []


async def test_ordinary_chat_leaves_no_row(room: Room) -> None:
    before = await Audit.all().count()
    for who in (STRANGER, LIU):
        for words in ("今天食堂吃啥", "谢谢提醒，都好", "收到", "1", "哈哈哈"):
            assert await room.say(words, who, FAMILY_GROUP) == []
    assert (await Seen.all().count(), await HelpRequest.all().count(), await Audit.all().count()) == (0, 0, before)


async def test_a_replay_does_nothing(room: Room) -> None:
    assert len(await room.say(NEED, LIU, FAMILY_GROUP, number="7")) == 3
    assert await room.say(NEED, LIU, FAMILY_GROUP, number="7") == []
    assert (await HelpRequest.get(id=1)).words == NEED


async def test_two_at_once_are_one_request(room: Room) -> None:
    await asyncio.gather(*(room.reception.received(incoming(NEED, LIU, FAMILY_GROUP, number="7")) for _ in range(3)))
    assert len(await room.news()) == 3 and await HelpRequest.all().count() == 1
